// One HTTP connection: reads requests, asks for the password, hands each request to the handler and
// writes its answer, one after the other, until one side has had enough. Reading and writing are
// plain calls as the socket allows; a coroutine tells the story. On the daemon's loop; Connections
// owns it, its coroutine keeps it until that has ended.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/unique_fd.hpp"
#include "supervisord/web/auth.hpp"
#include "supervisord/web/http.hpp"
#include "supervisord/web/request_reader.hpp"

namespace supervisord::web {

/// Between requests a client may be silent for as long as it likes: event listeners keep one
/// connection for days, and do not try again when it was closed.
struct Limits {
  SizeLimits sizes;
  std::size_t connections = 1'000;           // at once; those over it are answered 503
  std::chrono::milliseconds head{30'000};    // from a request's first byte to the end of its head
  std::chrono::milliseconds body{120'000};   // from there to the end of its body
  std::chrono::milliseconds taking{60'000};  // until a client takes the next piece of an answer;
                                             // a stream waits for ever
  std::chrono::milliseconds leaving{2'000};  // until a client closes too, after a last answer
};

struct ConnectionSettings {
  Handler handler;
  Limits limits;
};

/// A connection as it was accepted.
struct Accepted {
  common::UniqueFd fd;  // non-blocking
  std::string peer;     // Request::peer
  bool over_unix_socket = false;
  /// Of a request's `authorization` field ("" when there is none); empty: nobody is asked.
  std::function<Authorization(std::string_view)> authorize;
  std::string who = {};  // Request::who
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::io_context& loop, Accepted accepted,
             std::shared_ptr<const ConnectionSettings> settings);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// `over` is called when the connection has ended by itself.
  void start(std::function<void(Connection&)> over);
  /// Ends it. An answer that was given has left as far as the socket's buffer takes it.
  void close();

 private:
  class Live;  // the Exchange, and its Stream
  enum class Came { whole, refused, nothing };
  using Time = std::chrono::steady_clock::time_point;

  boost::asio::awaitable<void> run();
  boost::asio::awaitable<Came> read_request(RequestReader& reader);
  boost::asio::awaitable<void> finish_answer();
  boost::asio::awaitable<void> leave();
  /// False: it has not become so by then.
  boost::asio::awaitable<bool> until(std::function<bool()> is_so, Time deadline);
  void wake() { wake_.cancel(); }

  void hand_over(Request request);
  /// The status that refuses it, or 0.
  unsigned check_password(const RequestReader& reader) const;
  Came refuse(unsigned status);
  void answer(const Response& response);
  void begin_stream(const Response& head);
  void write(std::string piece, std::function<void()> taken);
  void end_stream();
  void on_dropped();
  void lose_exchange();

  void wait_readable();
  void read_some();
  void send(std::string_view bytes);
  void send_some();
  bool is_dead() const { return broken_ || closed_; }

  boost::asio::generic::stream_protocol::socket socket_;
  boost::asio::steady_timer wake_;  // what the coroutine waits on: a change, or its deadline
  Accepted accepted_;
  std::shared_ptr<const ConnectionSettings> settings_;
  std::function<void(Connection&)> over_;

  std::string in_;
  bool waits_readable_ = false;
  bool grew_ = false;      // in_ has bytes that were not looked at
  bool in_ended_ = false;  // the client sends no more
  bool is_leaving_ = false;
  std::string out_;
  bool waits_writable_ = false;
  std::uint64_t sent_ = 0;
  bool broken_ = false;
  bool closed_ = false;

  // The request in hand and its answer.
  Live* live_ = nullptr;  // none: nobody can answer any more
  unsigned minor_version_ = 1;
  bool is_head_ = false;  // HEAD: the answer's body is not sent
  bool keep_alive_ = true;
  bool has_answer_ = false;      // it has begun
  bool is_over_ = false;         // all of it is in out_, or no more will come
  std::function<void()> taken_;  // of the stream's piece in out_
};

}  // namespace supervisord::web
