#include "supervisord/web/live.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "supervisord/web/page.hpp"

namespace supervisord::web {
namespace {

using process::Status;
using Json = nlohmann::json;

// The log's or the program's bytes need not be UTF-8.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json row_value(const Status& row) {
  Json out{{"name", row.display_name()}, {"state", std::string{state_name(row.state)}}};
  if (row.state == process::State::running) {
    out["pid"] = row.pid;
    out["up"] = row.uptime.count();
    if (!row.status_text.empty()) out["text"] = row.status_text;
  } else {
    out["about"] = about(row);
  }
  return out;
}

bool is_same_process(const Status& a, const Status& b) {
  return a.name == b.name && a.group == b.group;
}

/// Whether the page shows the same of both, the running clock aside.
bool shows_the_same(const Status& a, const Status& b) {
  const auto shown = [](const Status& row) {
    return std::tie(row.state, row.pid, row.started_at, row.stopped_at, row.spawn_error,
                    row.status_text);
  };
  return shown(a) == shown(b);
}

std::string event_text(std::string_view name, const std::string& data) {
  return "event: " + std::string{name} + "\ndata: " + data + "\n\n";
}

}  // namespace

std::string row_json(const Status& row) { return text_of(row_value(row)); }

struct Live::Client {
  std::shared_ptr<Exchange> exchange;
  std::shared_ptr<Stream> stream;
  std::string token;
  std::uint64_t told = 0;   // the last look that it has been told of
  bool is_writing = false;  // it has not taken the last piece yet
};

Live::Live(boost::asio::io_context& io, control::Control& control, LiveTimes times)
    : control_{control}, times_{times}, timer_{io} {}

Live::~Live() {
  *alive_ = false;
  for (const auto& client : clients_) client->stream->end();
}

void Live::serve(const std::shared_ptr<Exchange>& exchange, std::string token) {
  const auto client = std::make_shared<Client>();
  client->exchange = exchange;
  client->token = std::move(token);
  Response head;
  head.content_type = "text/event-stream; charset=utf-8";
  head.fields = {{"Cache-Control", "no-store"},
                 {"X-Accel-Buffering", "no"},
                 {"X-Content-Type-Options", "nosniff"}};
  client->stream = exchange->stream(std::move(head));
  exchange->on_gone([this, alive = std::weak_ptr{alive_}, weak = std::weak_ptr{client}] {
    const auto gone = weak.lock();
    if (gone && alive.lock()) drop(gone);
  });
  clients_.insert(client);
  if (!watch_) {
    watch_ = control_.watch(
        std::nullopt, [this](const control::Event&) { hear(); }, [](std::uint64_t) {});
  }
  look();
}

void Live::drop(const std::shared_ptr<Client>& client) {
  clients_.erase(client);
  if (!clients_.empty()) return;
  watch_.reset();
  timer_.cancel();
  rows_.clear();
}

/// The first change is told at once, those that follow it together.
void Live::hear() {
  if (std::exchange(is_heard_, true)) return;
  const auto next = last_look_ + times_.gather;
  const auto now = std::chrono::steady_clock::now();
  look_in(std::chrono::duration_cast<std::chrono::milliseconds>(
      std::max(next - now, std::chrono::steady_clock::duration::zero())));
}

void Live::look_in(std::chrono::milliseconds delay) {
  timer_.expires_after(delay);
  timer_.async_wait([this, alive = std::weak_ptr{alive_}](const boost::system::error_code& error) {
    if (!error && alive.lock() && watch_) look();
  });
}

void Live::look() {
  const bool ping = !std::exchange(is_heard_, false);
  last_look_ = std::chrono::steady_clock::now();
  auto now = control_.status({});
  if (now) take(sorted_rows(*std::move(now)));
  const auto clients = clients_;  // one that fails to take a piece may be dropped meanwhile
  for (const auto& client : clients) feed(client, ping);
  look_in(times_.ping);
}

/// Notes what differs from the last look.
void Live::take(std::vector<Status> now) {
  const std::uint64_t look = looks_ + 1;
  const bool is_same_shape = std::equal(
      rows_.begin(), rows_.end(), now.begin(), now.end(),
      [](const Row& row, const Status& status) { return is_same_process(row.status, status); });
  bool has_changed = !is_same_shape;
  if (!is_same_shape) {
    rows_.clear();
    for (Status& status : now) rows_.push_back({std::move(status), look});
    reshaped_ = look;
  } else {
    for (std::size_t at = 0; at < now.size(); ++at) {
      if (!shows_the_same(rows_[at].status, now[at])) {
        rows_[at].changed = look;
        has_changed = true;
      }
      rows_[at].status = std::move(now[at]);
    }
  }
  if (has_changed || looks_ == 0) looks_ = look;
}

void Live::feed(const std::shared_ptr<Client>& client, bool ping) {
  if (client->is_writing) return;
  if (client->told == 0 || client->told < reshaped_) {
    write(client, all_event(client->token));
  } else if (client->told < looks_) {
    write(client, rows_event(client->told));
  } else if (ping) {
    write(client, event_text("ping", "{}"));
  }
  client->told = looks_;
}

void Live::write(const std::shared_ptr<Client>& client, std::string piece) {
  client->is_writing = true;
  client->stream->write(std::move(piece),
                        [this, alive = std::weak_ptr{alive_}, weak = std::weak_ptr{client}] {
                          const auto taker = weak.lock();
                          if (!taker || !alive.lock()) return;
                          taker->is_writing = false;
                          if (taker->told < looks_) feed(taker, false);  // it has been slow
                        });
}

std::string Live::all_event(const std::string& token) const {
  Json rows = Json::array();
  for (const Row& row : rows_) rows.push_back(row_value(row.status));
  return event_text("all", text_of({{"token", token}, {"rows", std::move(rows)}}));
}

std::string Live::rows_event(std::uint64_t after) const {
  Json rows = Json::array();
  for (const Row& row : rows_) {
    if (row.changed > after) rows.push_back(row_value(row.status));
  }
  return event_text("rows", text_of(rows));
}

}  // namespace supervisord::web
