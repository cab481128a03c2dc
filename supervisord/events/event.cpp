#include "supervisord/events/event.hpp"

#include <nlohmann/json.hpp>

#include "common/cbor.hpp"

namespace supervisord::events {

using nlohmann::json;

std::string encode(const Event& event) {
  const json out =
      json::array({event.epoch, event.serial, event.at.time_since_epoch().count(), event.type,
                   event.group, event.process, static_cast<int>(event.from),
                   static_cast<int>(event.to), event.pid, event.payload});
  std::string bytes;
  json::to_cbor(out, bytes);
  return bytes;
}

std::optional<Event> decode(std::string_view bytes) {
  const json in = common::read_cbor(bytes);
  if (!in.is_array() || in.size() < 10) return std::nullopt;
  try {
    Event event;
    event.epoch = in[0].get<std::uint64_t>();
    event.serial = in[1].get<std::uint64_t>();
    event.at = std::chrono::system_clock::time_point{
        std::chrono::system_clock::duration{in[2].get<std::int64_t>()}};
    event.type = in[3].get<std::string>();
    event.group = in[4].get<std::string>();
    event.process = in[5].get<std::string>();
    event.from = static_cast<process::State>(in[6].get<int>());
    event.to = static_cast<process::State>(in[7].get<int>());
    event.pid = in[8].get<pid_t>();
    event.payload = in[9].get<std::string>();
    return event;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

}  // namespace supervisord::events
