// The pools of event listeners between the daemon's parts: what the daemon announces goes into the
// pools, what listeners print comes to their dialogues, and each step is with the keeper before
// what follows from it, so that a successor goes on in the middle of a dialogue.
// Owned by the daemon, on its loop. docs/events.md; records: docs/protocols/keeper.md.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/held.hpp"
#include "common/log.hpp"
#include "supervisord/config/process_spec.hpp"
#include "supervisord/control/groups.hpp"
#include "supervisord/events/delivery.hpp"
#include "supervisord/events/event.hpp"
#include "supervisord/events/pool.hpp"
#include "supervisord/events/pool_record.hpp"
#include "supervisord/events/tick_clock.hpp"
#include "supervisord/events/ticks.hpp"
#include "supervisord/process/process.hpp"
#include "supervisord/process/table.hpp"

namespace supervisord {

class Listeners {
 public:
  /// All outlive it. `announce` keeps an event for those who watch, and calls publish().
  struct Parts {
    process::Table& table;
    process::Surroundings& surroundings;
    std::function<void(events::Event)> announce;
    std::function<void()> heard;  // a listener has said something: is_busy() may be over
  };
  explicit Listeners(Parts parts);

  /// Takes what an earlier daemon left out of `records`; before the logs do, since what they
  /// recover may be said by a listener.
  void take_over(std::vector<common::Held>& records);
  /// Groups and processes are as they were: from now on events are given out.
  void begin();

  /// What control::Groups tells.
  control::GroupHandlers group_handlers();
  /// A process has changed its state, after publish() of that.
  void on_change(const process::StateChange& change);
  /// What log::Logs hears of a stream ("group:process/stdout"). They call nothing of Logs.
  void on_output(const std::string& stream, std::string_view bytes, std::uint64_t piece);
  void on_captured(const std::string& stream, std::string_view data, std::uint64_t piece);

  /// Whether the group is a pool that has events for a listener of its own that takes them.
  bool is_busy(std::string_view group) const;
  /// Puts an event into the pools that subscribe to its type.
  void publish(std::string_view type, std::string_view payload);

 private:
  struct Output {
    std::string stream;
    std::string bytes;
    bool is_captured;
    std::uint64_t piece;
  };
  events::Pool* find_pool(std::string_view group);
  void make_pool(const config::GroupSpec& spec);
  void drop_pool(const std::string& group);
  void apply(events::Pool& pool, const events::PoolActions& actions);
  void give(events::Pool& pool, const std::string& listener, const events::Entry& entry);
  void start_delivery(events::Pool& pool, const std::string& listener, common::UniqueFd memory);
  void end_delivery(const std::string& key);
  void dispatch_later();
  void dispatch();
  void resume_deliveries();
  void look_for_unknown_dialogues();
  void put_serials();
  void publish_output(const Output& output);
  void count_ticks();
  void tick();

  Parts parts_;
  common::Holder& holder_;
  std::map<std::string, events::Pool, std::less<>> pools_;
  std::map<std::string, std::unique_ptr<events::Delivery>> deliveries_;  // by "group:process"
  std::vector<std::string> new_deliveries_;  // their records are not with the keeper yet
  events::Serials serials_;
  std::uint64_t piece_taken_over_ = 0;  // the last that an earlier daemon made events of
  events::Ticks ticks_;
  events::TickClock clock_;
  bool has_begun_ = false;
  bool dispatch_is_posted_ = false;

  // Of an earlier daemon, until begin().
  std::map<std::string, common::Held> left_listeners_;   // "group:process"
  std::map<std::string, common::Held> left_entries_;     // "group:id"
  std::map<std::string, common::Held> left_deliveries_;  // "group:process"
  std::vector<Output> waiting_output_;                   // heard before there were processes
};

}  // namespace supervisord
