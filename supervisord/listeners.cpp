#include "supervisord/listeners.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "common/overloaded.hpp"
#include "supervisord/config/codec.hpp"
#include "supervisord/events/payload.hpp"
#include "supervisord/events/serial.hpp"
#include "supervisord/takeover.hpp"

namespace supervisord {
namespace {

using common::Level;
using events::Pool;

std::string entry_key(const Pool& pool, std::uint64_t id) {
  return fmt::format("event:{}:{}", pool.name(), id);
}
std::string process_key(const Pool& pool, const std::string& listener) {
  return pool.name() + ":" + listener;
}

std::int64_t seconds_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

struct StreamName {
  std::string_view key;  // "group:process"
  std::string_view group;
  std::string_view process;
  std::string_view channel;  // "stdout" or "stderr"
};
StreamName split(std::string_view stream) {
  const auto slash = stream.rfind('/');
  const std::string_view key = stream.substr(0, slash);
  const auto colon = key.find(':');
  return {key, key.substr(0, colon), key.substr(colon + 1), stream.substr(slash + 1)};
}

/// The records whose key begins with "POOL:", out of `from`.
std::map<std::string, common::Held> of_pool(std::map<std::string, common::Held>& from,
                                            const std::string& pool) {
  std::map<std::string, common::Held> out;
  for (auto at = from.lower_bound(pool + ":");
       at != from.end() && at->first.starts_with(pool + ":");)
    out.insert(from.extract(at++));
  return out;
}

}  // namespace

Listeners::Listeners(Parts parts)
    : parts_{std::move(parts)},
      holder_{parts_.surroundings.holder},
      clock_{parts_.surroundings.io, [this] { tick(); }} {}

// ---- what an earlier daemon left ----

void Listeners::take_over(std::vector<common::Held>& records) {
  left_listeners_ = take_records(records, "listener:");
  left_entries_ = take_records(records, "event:");
  left_deliveries_ = take_records(records, "delivery:");
  if (const auto held = take_record(records, "event-serials")) {
    if (auto serials = events::decode_serials(held->bytes)) serials_ = *std::move(serials);
  }
  piece_taken_over_ = serials_.piece;
  ticks_ = events::Ticks{serials_.ticks};
  for (const auto& record : records) {
    if (!record.key.starts_with("group:")) continue;
    if (const auto spec = config::decode_group(record.bytes)) make_pool(*spec);
  }
}

void Listeners::make_pool(const config::GroupSpec& spec) {
  if (!spec.listener || find_pool(spec.name) != nullptr) return;
  Pool::Facts facts;
  facts.name = spec.name;
  facts.events = spec.listener->events;
  facts.buffer_size = static_cast<std::size_t>(spec.listener->buffer_size);
  for (const auto& process : spec.processes) facts.listeners.push_back(process.name);
  Pool pool{std::move(facts)};
  pool.restore_next_serial(serials_.pools[spec.name]);
  for (const auto& [key, held] : of_pool(left_listeners_, spec.name)) {
    auto listener = events::decode_listener(held.bytes);
    if (!listener) continue;  // look_for_unknown_dialogues() tells
    listener->is_receiving = left_deliveries_.contains(key);
    pool.restore(key.substr(spec.name.size() + 1), *std::move(listener));
  }
  for (const auto& [key, held] : of_pool(left_entries_, spec.name)) {
    if (auto entry = events::decode_entry(held.bytes)) {
      pool.restore(*std::move(entry));
    } else {
      parts_.surroundings.report(Level::error, "an event for pool " + key + " cannot be read");
      holder_.drop("event:" + key);
    }
  }
  pools_.emplace(spec.name, std::move(pool));
  if (has_begun_) count_ticks();
}

void Listeners::begin() {
  has_begun_ = true;
  resume_deliveries();
  for (const auto& [key, held] : std::exchange(left_listeners_, {}))
    holder_.drop("listener:" + key);
  for (const auto& [key, held] : std::exchange(left_entries_, {})) holder_.drop("event:" + key);
  look_for_unknown_dialogues();
  for (const auto& output : std::exchange(waiting_output_, {})) publish_output(output);
  count_ticks();
  dispatch_later();
}

void Listeners::resume_deliveries() {
  for (auto& [key, held] : std::exchange(left_deliveries_, {})) {
    const auto colon = key.find(':');
    Pool* const pool = find_pool(key.substr(0, colon));
    const std::string listener = key.substr(colon + 1);
    if (pool == nullptr || !pool->has_listener(listener) || !pool->listener(listener).is_up ||
        held.fds.empty()) {
      holder_.drop("delivery:" + key);
      continue;
    }
    start_delivery(*pool, listener, std::move(held.fds[0]));
  }
}

// What a killed keeper left may be older than what its listeners have said since.
void Listeners::look_for_unknown_dialogues() {
  for (const auto& [name, pool] : pools_) {
    for (const auto& listener : pool.facts().listeners) {
      const process::Process* const process = parts_.table.find(process_key(pool, listener));
      if (process == nullptr || !process->has_child() || pool.listener(listener).is_up) continue;
      parts_.surroundings.report(
          Level::warn, fmt::format("{}: the state of its dialogue is not known, so it receives no "
                                   "events until it is restarted",
                                   listener));
    }
  }
}

// ---- what happens ----

control::GroupHandlers Listeners::group_handlers() {
  const auto announce = [this](std::string_view type, const std::string& group) {
    events::Event event;
    event.type = type;
    event.group = group;
    event.payload = events::group_payload(group);
    parts_.announce(std::move(event));
  };
  return {.made = [this](const config::GroupSpec& spec) { make_pool(spec); },
          .added = [announce](const std::string& group) { announce("PROCESS_GROUP_ADDED", group); },
          .removed =
              [this, announce](const std::string& group) {
                drop_pool(group);
                announce("PROCESS_GROUP_REMOVED", group);
              }};
}

void Listeners::drop_pool(const std::string& group) {
  const auto found = pools_.find(group);
  if (found == pools_.end()) return;
  const Pool& pool = found->second;
  for (const std::uint64_t id : pool.entries()) holder_.drop(entry_key(pool, id));
  for (const auto& listener : pool.facts().listeners) {
    end_delivery(process_key(pool, listener));
    holder_.drop("listener:" + process_key(pool, listener));
  }
  pools_.erase(found);
  serials_.pools.erase(group);
  put_serials();
  count_ticks();
}

void Listeners::publish(std::string_view type, std::string_view payload) {
  std::optional<std::uint64_t> serial;
  for (auto& [name, pool] : pools_) {
    if (pool.subscriptions_to(type) == 0) continue;
    if (!serial) serial = events::take_serial(serials_.next);
    apply(pool, pool.accept(*serial, type, payload));
    serials_.pools[name] = pool.next_serial();
  }
  if (!serial) return;
  put_serials();
  dispatch_later();
}

void Listeners::on_change(const process::StateChange& change) {
  Pool* const pool = find_pool(change.group);
  if (pool == nullptr) return;
  apply(*pool, pool->change(change.name, change.to));
  if (!pool->listener(change.name).is_receiving) end_delivery(process_key(*pool, change.name));
  dispatch_later();
}

void Listeners::on_output(const std::string& stream, std::string_view bytes, std::uint64_t piece) {
  const StreamName name = split(stream);
  Pool* const pool = find_pool(name.group);
  if (pool != nullptr && name.channel == "stdout") {
    apply(*pool, pool->hear(name.process, bytes, piece));
    dispatch_later();
    parts_.heard();
    return;
  }
  Output output{stream, std::string{bytes}, false, piece};
  if (has_begun_) return publish_output(output);
  waiting_output_.push_back(std::move(output));
}

void Listeners::on_captured(const std::string& stream, std::string_view data, std::uint64_t piece) {
  Output output{stream, std::string{data}, true, piece};
  if (has_begun_) return publish_output(output);
  waiting_output_.push_back(std::move(output));
}

bool Listeners::is_busy(std::string_view group) const {
  const auto found = pools_.find(group);
  return found != pools_.end() && found->second.is_busy();
}

void Listeners::publish_output(const Output& output) {
  if (output.piece != 0 && output.piece == piece_taken_over_) return;
  serials_.piece = output.piece;
  const StreamName name = split(output.stream);
  const process::Process* const process = parts_.table.find(name.key);
  if (process == nullptr) return;
  const bool is_stderr = name.channel == "stderr";
  const events::OutputOf of{name.process, name.group, process->pid()};
  if (!output.is_captured) {
    const auto& log = is_stderr ? process->spec().stderr_log : process->spec().stdout_log;
    if (log.events_enabled) {
      publish(is_stderr ? "PROCESS_LOG_STDERR" : "PROCESS_LOG_STDOUT",
              events::log_payload(of, name.channel, output.bytes));
    }
    return;
  }
  events::Event event;
  event.type = is_stderr ? "PROCESS_COMMUNICATION_STDERR" : "PROCESS_COMMUNICATION_STDOUT";
  event.group = name.group;
  event.process = name.process;
  event.pid = of.pid;
  event.payload = events::communication_payload(of, output.bytes);
  parts_.announce(std::move(event));
}

// ---- what the pools answer ----

Pool* Listeners::find_pool(std::string_view group) {
  const auto found = pools_.find(group);
  return found == pools_.end() ? nullptr : &found->second;
}

void Listeners::apply(Pool& pool, const events::PoolActions& actions) {
  for (const auto& action : actions) {
    std::visit(
        common::Overloaded{
            [&](const events::PutEntry& put) {
              if (const auto* const entry = pool.entry(put.id))
                holder_.put(entry_key(pool, put.id), events::encode(*entry), {});
            },
            [&](const events::DropEntry& drop) { holder_.drop(entry_key(pool, drop.id)); },
            [&](const events::PutListener& put) {
              holder_.put("listener:" + process_key(pool, put.name),
                          events::encode(pool.listener(put.name)), {});
            },
            [&](const events::Give& order) {
              if (const auto* const entry = pool.entry(order.id))
                give(pool, order.listener, *entry);
            },
            [&](const events::Line& line) { parts_.surroundings.report(line.level, line.text); },
        },
        action);
  }
}

void Listeners::give(Pool& pool, const std::string& listener, const events::Entry& entry) {
  auto memory =
      events::make_event_memory(events::envelope({.server = parts_.surroundings.identifier,
                                                  .serial = entry.serial,
                                                  .pool = pool.name(),
                                                  .pool_serial = entry.pool_serial,
                                                  .type = entry.type},
                                                 entry.payload));
  if (!memory) {
    parts_.surroundings.report(Level::error, memory.error().context);
    apply(pool, pool.take_back(listener, Pool::Because::no_memory));
    return;
  }
  const int held[] = {memory->get()};
  holder_.put("delivery:" + process_key(pool, listener), "", held);
  start_delivery(pool, listener, *std::move(memory));
}

// Nothing is sent yet: the records come first.
void Listeners::start_delivery(Pool& pool, const std::string& listener, common::UniqueFd memory) {
  const std::string key = process_key(pool, listener);
  const process::Process* const process = parts_.table.find(key);
  auto pipe = common::duplicate(process == nullptr ? -1 : process->stdin_fd());
  if (!pipe) {
    holder_.drop("delivery:" + key);
    apply(pool, pool.take_back(listener, Pool::Because::closed_stdin));
    return;
  }
  const auto ended = [this, group = pool.name(), listener, key](events::Delivery::End end) {
    end_delivery(key);
    Pool* const of = find_pool(group);
    if (of == nullptr) return;
    switch (end) {
      case events::Delivery::End::all_sent: of->sent(listener); break;
      case events::Delivery::End::refused_whole:
        apply(*of, of->take_back(listener, Pool::Because::closed_stdin));
        break;
      case events::Delivery::End::refused_rest: break;  // it has half an event and will not go on
    }
    dispatch_later();
  };
  deliveries_.insert_or_assign(
      key, std::make_unique<events::Delivery>(parts_.surroundings.io, std::move(memory),
                                              *std::move(pipe), ended));
  new_deliveries_.push_back(key);
}

void Listeners::end_delivery(const std::string& key) {
  if (deliveries_.erase(key) > 0) holder_.drop("delivery:" + key);
}

// At the end of the turn: what has led to the events is with the keeper before anybody reads them.
void Listeners::dispatch_later() {
  if (!has_begun_ || std::exchange(dispatch_is_posted_, true)) return;
  boost::asio::post(parts_.surroundings.io, [this] {
    dispatch_is_posted_ = false;
    dispatch();
  });
}

void Listeners::dispatch() {
  for (auto& [name, pool] : pools_) apply(pool, pool.dispatch());
  if (new_deliveries_.empty()) return;
  parts_.surroundings.flush();
  for (const auto& key : std::exchange(new_deliveries_, {})) {
    if (const auto found = deliveries_.find(key); found != deliveries_.end()) found->second->go();
  }
}

void Listeners::put_serials() {
  serials_.ticks = ticks_.seen();
  holder_.put("event-serials", events::encode(serials_), {});
}

// ---- ticks ----

void Listeners::count_ticks() {
  std::vector<int> periods;
  for (const int period : events::Ticks::periods) {
    const std::string type = events::Ticks::type(period);
    const auto subscribes = [&](const auto& named) {
      return named.second.subscriptions_to(type) > 0;
    };
    if (std::ranges::any_of(pools_, subscribes)) periods.push_back(period);
  }
  ticks_.count(periods, seconds_now());
  tick();
}

void Listeners::tick() {
  const std::int64_t now = seconds_now();
  for (const auto& tick : ticks_.look(now))
    publish(events::Ticks::type(tick.period), events::tick_payload(tick.when));
  const auto next = ticks_.next(now);
  if (!next) return clock_.stop();
  if (serials_.ticks != ticks_.seen()) put_serials();
  if (const auto set = clock_.wake_at(*next); !set)
    parts_.surroundings.report(Level::error, "no TICK events: " + set.error().context);
}

}  // namespace supervisord
