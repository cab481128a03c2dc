#include "supervisord/events/pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "common/overloaded.hpp"
#include "supervisord/events/payload.hpp"
#include "supervisord/events/serial.hpp"

namespace supervisord::events {

using common::Level;
using process::State;

Pool::Pool(Facts facts) : facts_{std::move(facts)} {
  for (const auto& name : facts_.listeners) listeners_.push_back({name, {}});
}

std::size_t Pool::subscriptions_to(std::string_view type) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      facts_.events, [type](const auto& subscribed) { return covers(subscribed, type); }));
}

const Pool::Named* Pool::find(std::string_view name) const {
  const auto found = std::ranges::find(listeners_, name, &Named::name);
  return found == listeners_.end() ? nullptr : &*found;
}

Pool::Named* Pool::find(std::string_view name) {
  return const_cast<Named*>(std::as_const(*this).find(name));
}

const Listener& Pool::listener(std::string_view name) const {
  const Named* const found = find(name);
  assert(found != nullptr && "the caller has it from here");
  return found->listener;
}

const Entry* Pool::entry(std::uint64_t id) const {
  if (const auto found = std::ranges::find(buffer_, id, &Entry::id); found != buffer_.end())
    return &*found;
  const auto found =
      std::ranges::find_if(in_hands_, [id](const auto& e) { return e.second.id == id; });
  return found == in_hands_.end() ? nullptr : &found->second;
}

std::vector<std::uint64_t> Pool::entries() const {
  std::vector<std::uint64_t> out;
  for (const Entry& entry : buffer_) out.push_back(entry.id);
  for (const auto& [name, entry] : in_hands_) out.push_back(entry.id);
  return out;
}

void Pool::restore(Entry entry) {
  next_id_ = std::max(next_id_, entry.id + 1);
  if (!entry.listener.empty() && find(entry.listener) != nullptr) {
    std::string listener = entry.listener;
    in_hands_.insert_or_assign(std::move(listener), std::move(entry));
    return;
  }
  entry.listener.clear();
  const auto place = std::ranges::upper_bound(buffer_, entry.place, {}, &Entry::place);
  buffer_.insert(place, std::move(entry));
}

void Pool::restore(std::string_view name, Listener as) {
  if (Named* const found = find(name)) found->listener = std::move(as);
}

PoolActions Pool::accept(std::uint64_t serial, std::string_view type, std::string_view payload) {
  PoolActions out;
  const std::size_t times = subscriptions_to(type);
  if (times == 0) return out;
  const std::uint64_t pool_serial = take_serial(next_serial_);
  for (std::size_t i = 0; i < times; ++i) {
    append({next_id_++, 0, serial, pool_serial, std::string{type}, std::string{payload}, {}}, out);
  }
  return out;
}

void Pool::append(Entry entry, PoolActions& out) {
  make_room(out);
  entry.place = buffer_.empty() ? 0 : buffer_.back().place + 1;
  out.emplace_back(PutEntry{entry.id});
  buffer_.push_back(std::move(entry));
}

void Pool::make_room(PoolActions& out) {
  if (buffer_.size() < facts_.buffer_size || buffer_.empty()) return;
  out.emplace_back(
      Line{Level::error, fmt::format("pool {} event buffer overflowed, discarding event {}",
                                     facts_.name, buffer_.front().serial)});
  out.emplace_back(DropEntry{buffer_.front().id});
  buffer_.pop_front();
}

// To the front: it has waited longest.
void Pool::put_back(std::string_view listener, PoolActions& out) {
  const auto held = in_hands_.find(listener);
  if (held == in_hands_.end()) return;
  Entry entry = std::move(held->second);
  in_hands_.erase(held);
  entry.listener.clear();
  out.emplace_back(Line{
      Level::debug, fmt::format("rebuffering event {} for pool {} (buf size={}, max={})",
                                entry.serial, facts_.name, buffer_.size(), facts_.buffer_size)});
  make_room(out);
  entry.place = buffer_.empty() ? 0 : buffer_.front().place - 1;
  out.emplace_back(PutEntry{entry.id});
  buffer_.push_front(std::move(entry));
}

void Pool::finish(std::string_view listener, PoolActions& out) {
  const auto held = in_hands_.find(listener);
  if (held == in_hands_.end()) return;
  out.emplace_back(DropEntry{held->second.id});
  in_hands_.erase(held);
}

bool Pool::is_busy() const {
  if (buffer_.empty() && in_hands_.empty()) return false;
  return std::ranges::any_of(listeners_, [](const Named& named) {
    const Listener& listener = named.listener;
    return listener.is_running && !listener.is_deaf &&
           listener.dialogue.state() != ListenerState::unknown;
  });
}

PoolActions Pool::hear(std::string_view name, std::string_view bytes, std::uint64_t piece) {
  PoolActions out;
  Named* const from = find(name);
  if (from == nullptr || !from->listener.is_up) return out;
  if (piece != 0 && from->listener.piece == piece) return out;  // an earlier daemon has heard it
  from->listener.piece = piece;
  for (const auto& meaning : from->listener.dialogue.feed(bytes)) take(*from, meaning, out);
  out.emplace_back(PutListener{from->name});
  return out;
}

void Pool::take(Named& from, const Meaning& meaning, PoolActions& out) {
  const auto say = [&](Level level, std::string_view text) {
    out.emplace_back(Line{level, fmt::format("{}: {}", from.name, text)});
  };
  std::visit(common::Overloaded{
                 [&](const Answered& answer) {
                   if (answer.is_ok) {
                     say(Level::debug, "event was processed");
                     finish(from.name, out);
                   } else {
                     say(Level::warn, "event was rejected");
                     put_back(from.name, out);
                   }
                 },
                 [&](const BadResult& bad) {
                   say(Level::warn, fmt::format("bad result line: '{}'", as_text(bad.line)));
                   put_back(from.name, out);
                 },
                 [&](const Became& change) {
                   say(Level::debug, fmt::format("{} -> {}", listener_state_name(change.from),
                                                 listener_state_name(change.to)));
                   if (change.to == ListenerState::unknown) {
                     say(Level::warn,
                         "has entered the UNKNOWN state and will no longer receive events, this "
                         "usually indicates the process violated the eventlistener protocol");
                   }
                 },
             },
             meaning);
}

PoolActions Pool::change(std::string_view name, State to) {
  PoolActions out;
  Named* const whose = find(name);
  if (whose == nullptr) return out;
  switch (to) {
    case State::starting:
      whose->listener = {};
      whose->listener.is_up = true;
      break;
    case State::running: whose->listener.is_running = true; break;
    case State::stopping:
    case State::unknown: whose->listener.is_running = false; break;
    case State::stopped:
    case State::backoff:
    case State::exited:
    case State::fatal:
      put_back(name, out);
      whose->listener = {};
      break;
  }
  out.emplace_back(PutListener{whose->name});
  return out;
}

PoolActions Pool::dispatch() {
  PoolActions out;
  for (auto& [name, listener] : listeners_) {
    if (buffer_.empty()) break;
    if (!listener.is_running || listener.is_deaf || listener.is_receiving ||
        listener.dialogue.state() != ListenerState::ready)
      continue;
    Entry entry = std::move(buffer_.front());
    buffer_.pop_front();
    entry.listener = name;
    listener.dialogue.give_event();
    listener.is_receiving = true;
    out.emplace_back(PutListener{name});
    out.emplace_back(PutEntry{entry.id});
    out.emplace_back(Give{name, entry.id});
    out.emplace_back(
        Line{Level::debug, fmt::format("event {} sent to listener {}", entry.serial, name)});
    in_hands_.insert_or_assign(name, std::move(entry));
  }
  return out;
}

void Pool::sent(std::string_view name) {
  if (Named* const found = find(name)) found->listener.is_receiving = false;
}

PoolActions Pool::take_back(std::string_view name, Because because) {
  PoolActions out;
  const auto held = in_hands_.find(name);
  Named* const from = find(name);
  if (held == in_hands_.end() || from == nullptr) return out;
  if (because == Because::closed_stdin) {
    from->listener.is_deaf = true;
    out.emplace_back(
        Line{Level::debug,
             fmt::format("epipe occurred while sending event {} to listener {}, listener state "
                         "unchanged",
                         held->second.serial, name)});
  }
  from->listener.is_receiving = false;
  put_back(name, out);
  if (from->listener.dialogue.state() == ListenerState::busy)
    from->listener.dialogue.take_event_back();
  out.emplace_back(PutListener{from->name});
  return out;
}

}  // namespace supervisord::events
