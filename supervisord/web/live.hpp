// The page's live updates: one server-sent-events stream a client. While there are clients this
// watches Control, and tells each of them what differs from what it was told last. Owned by Pages;
// on the daemon's loop.
//
//   event: all    every row in the page's order, and the token; first, and when rows came or went
//   event: rows   those that changed
//   event: ping   nothing changed for a while
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "supervisord/control/control.hpp"
#include "supervisord/process/status.hpp"
#include "supervisord/web/http.hpp"

namespace supervisord::web {

struct LiveTimes {
  std::chrono::milliseconds gather{100};  // between two looks while things change
  std::chrono::seconds ping{5};           // between two looks while nothing is heard of
};

class Live {
 public:
  Live(boost::asio::io_context& io, control::Control& control, LiveTimes times = {});
  ~Live();
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;

  /// Streams to the exchange's client until it is gone.
  void serve(const std::shared_ptr<Exchange>& exchange, std::string token);
  std::size_t clients() const { return clients_.size(); }

 private:
  struct Client;
  struct Row {
    process::Status status;
    std::uint64_t changed = 0;  // the look that found it so
  };

  void hear();
  void look_in(std::chrono::milliseconds delay);
  void look();
  void take(std::vector<process::Status> now);
  void feed(const std::shared_ptr<Client>& client, bool ping);
  void write(const std::shared_ptr<Client>& client, std::string piece);
  void drop(const std::shared_ptr<Client>& client);
  std::string all_event(const std::string& token) const;
  std::string rows_event(std::uint64_t after) const;

  control::Control& control_;
  LiveTimes times_;
  boost::asio::steady_timer timer_;
  bool is_heard_ = false;  // something has happened since the last look
  std::chrono::steady_clock::time_point last_look_;
  control::InterestPtr watch_;  // while there are clients
  std::uint64_t looks_ = 0;
  std::uint64_t reshaped_ = 0;  // the look that found rows come or gone
  std::vector<Row> rows_;
  std::set<std::shared_ptr<Client>> clients_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// One row as the page's script has it. Of a RUNNING process pid and uptime instead of a
/// description, so that the page can count the seconds itself.
std::string row_json(const process::Status& row);

}  // namespace supervisord::web
