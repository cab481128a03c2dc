#include "supervisord/web/connection.hpp"

#include <sys/socket.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <utility>

#include "common/log.hpp"
#include "supervisord/web/response_head.hpp"

namespace supervisord::web {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

constexpr std::size_t read_bytes = 64 * 1024;
constexpr auto never = steady_clock::time_point::max();

/// Asio asks for a family; what matters to it is only that these are stream sockets.
asio::generic::stream_protocol any_stream() { return {AF_UNIX, 0}; }

}  // namespace

/// What a handler answers through. The handler keeps it, the connection knows it: whichever ends
/// first tells the other.
class Connection::Live final : public Exchange,
                               public Stream,
                               public std::enable_shared_from_this<Live> {
 public:
  Live(Connection& connection, Request request)
      : connection_{&connection}, request_{std::move(request)} {}
  ~Live() override {
    if (connection_ != nullptr) connection_->on_dropped();
  }

  const Request& request() const override { return request_; }
  void answer(Response response) override {
    if (connection_ == nullptr) return;
    gone_ = nullptr;
    std::exchange(connection_, nullptr)->answer(response);
  }
  std::shared_ptr<Stream> stream(Response head) override {
    if (connection_ != nullptr) connection_->begin_stream(head);
    return shared_from_this();
  }
  void on_gone(std::function<void()> gone) override {
    if (connection_ != nullptr) gone_ = std::move(gone);
  }

  void write(std::string piece, std::function<void()> taken) override {
    if (connection_ != nullptr) connection_->write(std::move(piece), std::move(taken));
  }
  void end() override {
    if (connection_ == nullptr) return;
    gone_ = nullptr;
    std::exchange(connection_, nullptr)->end_stream();
  }

  /// The client is gone, or the connection.
  void lose() {
    const auto keep = weak_from_this().lock();  // what `gone` lets go of may be this
    connection_ = nullptr;
    if (const auto gone = std::exchange(gone_, nullptr)) gone();
  }

 private:
  Connection* connection_;  // null once nothing can be answered any more
  Request request_;
  std::function<void()> gone_;
};

Connection::Connection(asio::io_context& loop, Accepted accepted,
                       std::shared_ptr<const ConnectionSettings> settings)
    : socket_{loop, any_stream(), accepted.fd.release()},
      wake_{loop},
      accepted_{std::move(accepted)},
      settings_{std::move(settings)} {
  if (accepted_.over_unix_socket) return;
  boost::system::error_code ignored;  // a connection works without these
  socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
  socket_.set_option(asio::socket_base::keep_alive{true}, ignored);  // none is closed for silence
}

void Connection::start(std::function<void(Connection&)> over) {
  over_ = std::move(over);
  wait_readable();
  asio::co_spawn(socket_.get_executor(), run(),
                 [self = shared_from_this()](const std::exception_ptr& bug) {
                   if (bug) common::log(common::Level::error, "http: a handler threw, a bug");
                   self->close();
                   if (const auto tell = std::exchange(self->over_, nullptr)) tell(*self);
                 });
}

void Connection::close() {
  closed_ = true;
  lose_exchange();
  boost::system::error_code ignored;  // nothing to be done about it
  socket_.close(ignored);
  wake();
}

asio::awaitable<void> Connection::run() {
  bool goes_on = true;
  while (goes_on) {
    RequestReader reader{settings_->limits.sizes};
    const Came came = co_await read_request(reader);
    if (came == Came::nothing) co_return;
    if (came == Came::whole) hand_over(reader.take());
    co_await finish_answer();
    goes_on = keep_alive_ && !is_dead();
  }
  if (!is_dead()) co_await leave();
}

asio::awaitable<Connection::Came> Connection::read_request(RequestReader& reader) {
  using Step = RequestReader::Step;
  const Limits& limits = settings_->limits;
  // The first request of a connection has begun already.
  auto deadline = sent_ == 0 ? steady_clock::now() + limits.head : never;
  minor_version_ = 1;
  is_head_ = has_answer_ = is_over_ = false;
  for (;;) {
    grew_ = false;
    const Step step = reader.feed(in_);
    if (step == Step::whole) co_return Came::whole;
    if (step == Step::refused) co_return refuse(reader.refusal());
    if (step == Step::head) {
      minor_version_ = reader.minor_version();
      keep_alive_ = reader.keep_alive();
      if (const unsigned status = check_password(reader); status != 0) co_return refuse(status);
      if (reader.expects_continue()) send("HTTP/1.1 100 Continue\r\n\r\n");
      deadline = steady_clock::now() + limits.body;
      continue;
    }
    if (deadline == never && reader.has_begun()) deadline = steady_clock::now() + limits.head;
    wait_readable();
    const bool came = co_await until([this] { return grew_ || in_ended_ || is_dead(); }, deadline);
    if (!came || is_dead() || !grew_) co_return Came::nothing;
  }
}

Connection::Came Connection::refuse(unsigned status) {
  keep_alive_ = false;  // the rest of the request stays unread
  Response response = error_response(status);
  if (status == 401) response.fields.emplace_back("WWW-Authenticate", "Basic realm=\"default\"");
  answer(response);
  return Came::refused;
}

unsigned Connection::check_password(const RequestReader& reader) const {
  if (!accepted_.authorize) return 0;
  switch (accepted_.authorize(reader.field("authorization"))) {
    case Authorization::fits: return 0;
    case Authorization::wrong: return 401;
    case Authorization::malformed: return 400;
  }
  return 401;
}

void Connection::hand_over(Request request) {
  is_head_ = request.method == "HEAD";
  request.peer = accepted_.peer;
  request.who = accepted_.who;
  request.over_unix_socket = accepted_.over_unix_socket;
  auto live = std::make_shared<Live>(*this, std::move(request));
  live_ = live.get();
  settings_->handler(live);
}

asio::awaitable<void> Connection::finish_answer() {
  while (!is_dead() && !(is_over_ && out_.empty())) {
    const auto has_moved = [this, sent = sent_, was_over = is_over_] {
      return is_dead() || is_over_ != was_over || sent_ != sent || (taken_ && out_.empty());
    };
    const auto deadline = is_over_ ? steady_clock::now() + settings_->limits.taking : never;
    if (!co_await until(has_moved, deadline)) broken_ = true;
    if (taken_ && out_.empty() && !is_dead()) {
      std::exchange(taken_, nullptr)();
      co_await asio::post(socket_.get_executor(), asio::use_awaitable);  // others have their turn
    }
  }
  if (is_dead()) lose_exchange();
}

// Closing with bytes unread would turn the answer into a reset on its way.
asio::awaitable<void> Connection::leave() {
  is_leaving_ = true;
  in_.clear();
  ::shutdown(socket_.native_handle(), SHUT_WR);
  wait_readable();
  co_await until([this] { return in_ended_ || is_dead(); },
                 steady_clock::now() + settings_->limits.leaving);
}

asio::awaitable<bool> Connection::until(std::function<bool()> is_so, Time deadline) {
  while (!is_so()) {
    if (steady_clock::now() >= deadline) co_return false;
    wake_.expires_at(deadline);
    co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_return true;
}

void Connection::answer(const Response& response) {
  live_ = nullptr;
  has_answer_ = is_over_ = true;
  std::string out = response_head(response, {.minor_version = minor_version_,
                                             .keep_alive = keep_alive_,
                                             .now = std::chrono::system_clock::now()});
  if (!is_head_) out += response.body;
  send(out);
}

void Connection::begin_stream(const Response& head) {
  has_answer_ = true;
  const bool is_chunked = minor_version_ == 1;
  if (!is_chunked) keep_alive_ = false;
  send(response_head(head, {.framing = is_chunked ? Framing::chunked : Framing::until_close,
                            .minor_version = minor_version_,
                            .keep_alive = keep_alive_,
                            .now = std::chrono::system_clock::now()}));
}

void Connection::write(std::string piece, std::function<void()> taken) {
  taken_ = std::move(taken);
  if (!piece.empty() && !is_head_) send(minor_version_ == 1 ? chunk_of(piece) : piece);
  wake();
}

void Connection::end_stream() {
  live_ = nullptr;
  is_over_ = true;
  if (minor_version_ == 1 && !is_head_) send(last_chunk);
  wake();
}

void Connection::on_dropped() {
  if (!has_answer_) {
    common::log(common::Level::error, "http: a handler gave no answer, a bug");
    return answer(error_response(500));
  }
  live_ = nullptr;  // a stream without its end: the client must see that it was cut
  broken_ = true;
  wake();
}

void Connection::lose_exchange() {
  taken_ = nullptr;
  if (live_ == nullptr) return;
  is_over_ = true;
  keep_alive_ = false;
  std::exchange(live_, nullptr)->lose();
}

void Connection::wait_readable() {
  const bool is_full = in_.size() >= 2 * read_bytes;  // more than a head may have
  if (waits_readable_ || in_ended_ || is_full || is_dead()) return;
  waits_readable_ = true;
  socket_.async_wait(asio::socket_base::wait_read, [self = shared_from_this()](auto error) {
    self->waits_readable_ = false;
    if (!error) self->read_some();
  });
}

void Connection::read_some() {
  std::array<char, read_bytes> buffer;
  const ssize_t size = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  const bool failed = size < 0 && errno != EAGAIN && errno != EINTR;
  if (size > 0 && !is_leaving_) {
    in_.append(buffer.data(), static_cast<std::size_t>(size));
    grew_ = true;
  }
  if (size == 0) in_ended_ = true;
  if (failed) broken_ = true;
  // Whoever has the answer already may still send it to a client that only sends no more.
  if (size == 0 || failed) lose_exchange();
  wake();
  wait_readable();
}

void Connection::send(std::string_view bytes) {
  out_ += bytes;
  if (!waits_writable_) send_some();
}

void Connection::send_some() {
  std::size_t done = 0;
  while (done < out_.size() && !is_dead()) {
    const ssize_t size = ::send(socket_.native_handle(), out_.data() + done, out_.size() - done,
                                MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno != EAGAIN) broken_ = true;
    if (size < 0) break;
    done += static_cast<std::size_t>(size);
  }
  out_.erase(0, done);
  sent_ += done;
  if (!out_.empty() && !is_dead()) {
    waits_writable_ = true;
    socket_.async_wait(asio::socket_base::wait_write, [self = shared_from_this()](auto error) {
      self->waits_writable_ = false;
      if (!error) self->send_some();
    });
  }
  wake();
}

}  // namespace supervisord::web
