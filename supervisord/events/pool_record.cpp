#include "supervisord/events/pool_record.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "common/cbor.hpp"

namespace supervisord::events {
namespace {

using nlohmann::json;

std::string cbor(const json& value) {
  std::string bytes;
  json::to_cbor(value, bytes);
  return bytes;
}

/// `read` on the map that the bytes are; none if they are none, or a field is of another type.
template <class Value, class Read>
std::optional<Value> from_cbor(std::string_view bytes, const Read& read) {
  const json in = common::read_cbor(bytes);
  if (!in.is_object()) return std::nullopt;
  try {
    Value out;
    read(in, out);
    return out;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

ListenerState state_of(std::string_view name) {
  constexpr std::array states{ListenerState::acknowledged, ListenerState::ready,
                              ListenerState::busy, ListenerState::unknown};
  const auto found = std::ranges::find(states, name, listener_state_name);
  return found == states.end() ? ListenerState::unknown : *found;
}

}  // namespace

std::string encode(const Entry& entry) {
  return cbor({{"id", entry.id},
               {"place", entry.place},
               {"serial", entry.serial},
               {"pool_serial", entry.pool_serial},
               {"type", entry.type},
               {"payload", entry.payload},
               {"listener", entry.listener}});
}

std::optional<Entry> decode_entry(std::string_view bytes) {
  return from_cbor<Entry>(bytes, [](const json& in, Entry& out) {
    out.id = in.at("id").get<std::uint64_t>();
    out.place = in.value("place", std::int64_t{0});
    out.serial = in.value("serial", std::uint64_t{0});
    out.pool_serial = in.value("pool_serial", std::uint64_t{0});
    out.type = in.at("type").get<std::string>();
    out.payload = in.value("payload", std::string{});
    out.listener = in.value("listener", std::string{});
  });
}

std::string encode(const Listener& listener) {
  const Dialogue::Memory& dialogue = listener.dialogue.memory();
  return cbor({{"is_up", listener.is_up},
               {"is_running", listener.is_running},
               {"is_deaf", listener.is_deaf},
               {"piece", listener.piece},
               {"state", std::string{listener_state_name(dialogue.state)}},
               {"unread", json::binary({dialogue.unread.begin(), dialogue.unread.end()})},
               {"is_in_result", dialogue.is_in_result},
               {"result_rest", dialogue.result_rest},
               {"result", json::binary({dialogue.result.begin(), dialogue.result.end()})}});
}

std::optional<Listener> decode_listener(std::string_view bytes) {
  const auto text = [](const json& in, const char* key) {
    const auto found = in.find(key);
    if (found == in.end() || !found->is_binary()) return std::string{};
    const auto& binary = found->get_binary();
    return std::string{binary.begin(), binary.end()};
  };
  return from_cbor<Listener>(bytes, [&text](const json& in, Listener& out) {
    Dialogue::Memory dialogue;
    out.is_up = in.value("is_up", false);
    out.is_running = in.value("is_running", false);
    out.is_deaf = in.value("is_deaf", false);
    out.piece = in.value("piece", std::uint64_t{0});
    dialogue.state = state_of(in.value("state", std::string{}));
    dialogue.unread = text(in, "unread");
    dialogue.is_in_result = in.value("is_in_result", false);
    dialogue.result_rest = in.value("result_rest", std::uint64_t{0});
    dialogue.result = text(in, "result");
    out.dialogue = Dialogue{std::move(dialogue)};
  });
}

std::string encode(const Serials& serials) {
  json ticks = json::array();
  for (const auto& [period, when] : serials.ticks) ticks.push_back({period, when});
  return cbor({{"next", serials.next},
               {"pools", serials.pools},
               {"ticks", ticks},
               {"piece", serials.piece}});
}

std::optional<Serials> decode_serials(std::string_view bytes) {
  return from_cbor<Serials>(bytes, [](const json& in, Serials& out) {
    out.next = in.value("next", std::uint64_t{0});
    out.pools = in.value("pools", std::map<std::string, std::uint64_t>{});
    out.piece = in.value("piece", std::uint64_t{0});
    for (const json& tick : in.value("ticks", json::array()))
      out.ticks[tick.at(0).get<int>()] = tick.at(1).get<std::int64_t>();
  });
}

}  // namespace supervisord::events
