// One pool of event listeners: which events wait for them, which of them is given the next one, and
// what becomes of an event that was not taken.
// Pure: no descriptors, no records, no log. The caller says what happened; the answer is what to
// do, in order. Owned by Listeners, on the daemon's loop.
// Source: Supervisor manual, "Event Listeners and Event Notifications".
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/log.hpp"
#include "supervisord/events/dialogue.hpp"
#include "supervisord/process/state.hpp"

namespace supervisord::events {

/// An event on its way to a listener of one pool.
struct Entry {
  std::uint64_t id = 0;    // of the pool's, never used again: an event can be in a pool twice
  std::int64_t place = 0;  // in the buffer: the lowest goes first
  std::uint64_t serial = 0;
  std::uint64_t pool_serial = 0;
  std::string type;
  std::string payload;
  std::string listener;  // in whose hands it is; "": in the buffer

  friend bool operator==(const Entry&, const Entry&) = default;
};

/// What is known of one listener of the pool.
struct Listener {
  bool is_up = false;         // it has a process, so what it prints is its own
  bool is_running = false;    // RUNNING: it may be given events
  bool is_deaf = false;       // it has closed its standard input
  bool is_receiving = false;  // bytes of an event are on their way, maybe of one it has answered
  std::uint64_t piece = 0;    // of what it printed, the last that was heard
  Dialogue dialogue;
};

// What to do.
struct PutEntry {
  std::uint64_t id;
};  // its record, as entry() has it now
struct DropEntry {
  std::uint64_t id;
};
struct PutListener {
  std::string name;
};  // its record, as listener() has it now
struct Give {
  std::string listener;
  std::uint64_t id;
};  // write the event to it; the records first
struct Line {
  common::Level level;
  std::string text;
};  // for the main log
using PoolAction = std::variant<PutEntry, DropEntry, PutListener, Give, Line>;
using PoolActions = std::vector<PoolAction>;

class Pool {
 public:
  struct Facts {
    std::string name;
    std::vector<std::string> events;  // as subscribed
    std::size_t buffer_size = 10;
    std::vector<std::string> listeners;  // in configuration order, in which they are chosen
  };
  explicit Pool(Facts facts);

  const std::string& name() const { return facts_.name; }
  const Facts& facts() const { return facts_; }
  /// How many of its subscriptions cover the type: it is given the event as often.
  std::size_t subscriptions_to(std::string_view type) const;
  bool has_listener(std::string_view name) const { return find(name) != nullptr; }
  const Listener& listener(std::string_view name) const;
  /// In the buffer or in somebody's hands; null when it is not (any more).
  const Entry* entry(std::uint64_t id) const;
  std::uint64_t next_serial() const { return next_serial_; }
  /// The ids of all entries, those in the buffer first and in their order.
  std::vector<std::uint64_t> entries() const;

  /// Whether events wait, or are in hands, that some listener is still going to take or answer.
  bool is_busy() const;

  // What an earlier daemon left; before all else.
  void restore(Entry entry);
  void restore(std::string_view listener, Listener as);
  void restore_next_serial(std::uint64_t serial) { next_serial_ = serial; }

  /// An event, once for each subscription that covers it.
  PoolActions accept(std::uint64_t serial, std::string_view type, std::string_view payload);
  /// A listener printed something; `piece` names it, so that what an earlier daemon had heard is
  /// not heard again (0: not named).
  PoolActions hear(std::string_view listener, std::string_view bytes, std::uint64_t piece = 0);
  /// A listener's process changed its state.
  PoolActions change(std::string_view listener, process::State to);
  /// Gives waiting events to those who are READY and RUNNING.
  PoolActions dispatch();
  /// All of what it was given has gone into its pipe.
  void sent(std::string_view listener);
  /// Nothing of the event in a listener's hands went out, so it goes back.
  enum class Because { no_memory, closed_stdin };  // the latter: this run of it is given no more
  PoolActions take_back(std::string_view listener, Because because);

 private:
  struct Named {
    std::string name;
    Listener listener;
  };
  const Named* find(std::string_view name) const;
  Named* find(std::string_view name);
  void append(Entry entry, PoolActions& out);
  void put_back(std::string_view listener, PoolActions& out);
  void finish(std::string_view listener, PoolActions& out);
  void make_room(PoolActions& out);
  void take(Named& from, const Meaning& meaning, PoolActions& out);

  Facts facts_;
  std::vector<Named> listeners_;
  std::deque<Entry> buffer_;
  std::map<std::string, Entry, std::less<>> in_hands_;  // by listener
  std::uint64_t next_serial_ = 0;
  std::uint64_t next_id_ = 0;
};

}  // namespace supervisord::events
