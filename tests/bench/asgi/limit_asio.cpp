// The limit: an HTTP/1.1 server with canned answers on Boost.Asio (epoll, one
// thread, keep-alive), with no Python in it.  What it costs per request is what
// the kernel and the socket layer take from any server of this kind; add the
// application's own time (bare.py) and nothing can be faster.
//
//   limit_asio PORT | unix:SOCKET
//
// One async_read_some and one async_write per request, or per turn: requests that
// came together (pipelined) are answered with one write. The parser only finds the
// end of the head, the path, Content-Length and "Connection: close".
#include <boost/asio.hpp>

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using unix_stream = asio::local::stream_protocol;

namespace {

std::string answer(std::string_view type, std::string_view body, bool last = false) {
  std::string out = "HTTP/1.1 200 OK\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\nserver: limit\r\n";
  if (last) out.append("connection: close\r\n");
  out.append("content-type: ");
  out.append(type)
      .append("\r\ncontent-length: ")
      .append(std::to_string(body.size()))
      .append("\r\n\r\n")
      .append(body);
  return out;
}

std::string chunked(std::size_t count, std::size_t size) {
  std::string out =
      "HTTP/1.1 200 OK\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\nserver: limit\r\n"
      "content-type: application/octet-stream\r\ntransfer-encoding: chunked\r\n\r\n";
  char head[32];
  std::snprintf(head, sizeof head, "%zx\r\n", size);
  for (std::size_t i = 0; i < count; ++i)
    out.append(head).append(std::string(size, 'x')).append("\r\n");
  return out.append("0\r\n\r\n");
}

const std::string kPlain = answer("text/plain", "Hello, World!");
const std::string kPlainLast = answer("text/plain", "Hello, World!", true);
const std::string kJson =
    answer("application/json", R"({"message": "Hello, World!", "id": 42, "ok": true})");
const std::string kItem =
    answer("application/json", R"({"id":42,"name":"widget","tags":["a","b"],"price":9.5})");
const std::string kBody10k = answer("application/octet-stream", std::string(10240, 'x'));
const std::string kBody100k = answer("application/octet-stream", std::string(100'000, 'x'));
const std::string kStream = chunked(64, 1024);

// The value of header `name` (lower case, with the colon), or empty.
std::string_view header(std::string_view head, std::string_view name) {
  std::size_t at = 0;
  while ((at = head.find("\r\n", at)) != std::string_view::npos) {
    at += 2;
    if (head.size() - at >= name.size() &&
        strncasecmp(head.data() + at, name.data(), name.size()) == 0) {
      std::string_view value = head.substr(at + name.size());
      value = value.substr(0, value.find("\r\n"));
      while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
      return value;
    }
  }
  return {};
}

struct Request {
  std::string_view path, body;
  std::size_t size = 0;  // head and body; 0: the head is not all in
  bool whole = false, last = false;
};

Request parse(std::string_view in) {
  Request request;
  const std::size_t end = in.find("\r\n\r\n");
  if (end == std::string_view::npos) return request;
  const std::string_view head = in.substr(0, end + 2);
  const std::size_t space = head.find(' ');
  request.path = head.substr(space + 1, head.find(' ', space + 1) - space - 1);
  std::size_t length = 0;
  if (in.front() == 'P')
    length = std::strtoul(std::string(header(head, "content-length:")).c_str(), nullptr, 10);
  request.size = end + 4 + length;
  request.whole = in.size() >= request.size;
  if (request.whole) request.body = in.substr(end + 4, length);
  const std::string_view connection = header(head, "connection:");
  request.last = connection.size() >= 5 && strncasecmp(connection.data(), "close", 5) == 0;
  return request;
}

const std::string* canned(const Request& request) {
  if (request.last) return &kPlainLast;
  if (request.path == "/json") return &kJson;
  if (request.path == "/body10k") return &kBody10k;
  if (request.path == "/body100k") return &kBody100k;
  if (request.path == "/stream") return &kStream;
  if (request.path.substr(0, 7) == "/items/") return &kItem;
  return &kPlain;
}

class Link : public std::enable_shared_from_this<Link> {
 public:
  explicit Link(asio::generic::stream_protocol::socket socket)
      : socket_(std::move(socket)), timer_(socket_.get_executor()) {
    in_.resize(16384);
  }
  void read() {
    if (in_.size() - have_ < 4096) in_.resize(in_.size() * 2);
    socket_.async_read_some(
        asio::buffer(in_.data() + have_, in_.size() - have_),
        [self = shared_from_this()](boost::system::error_code ec, std::size_t n) {
          if (ec) return;
          self->have_ += n;
          self->work();
        });
  }

 private:
  // Answers all whole requests that are in. One request, the usual case, is answered from the
  // canned text itself.
  void work() {
    const std::string* only = nullptr;
    std::size_t done = 0, count = 0;
    own_.clear();
    while (done < have_ && !last_) {
      const Request request = parse({in_.data() + done, have_ - done});
      if (!request.whole) {
        if (in_.size() - done < request.size) in_.resize(done + request.size + 4096);
        break;
      }
      if (request.path == "/sleep" && (count > 0 || !slept_)) {
        if (count == 0) return sleep();
        break;  // first what came before it
      }
      slept_ = false;
      if (count == 1 && only) own_ = *only;
      only = nullptr;
      if (request.path == "/echo") {
        own_ +=
            "HTTP/1.1 200 OK\r\nserver: limit\r\ncontent-type: "
            "application/octet-stream\r\ncontent-length: ";
        own_.append(std::to_string(request.body.size())).append("\r\n\r\n").append(request.body);
      } else if (count == 0) {
        only = canned(request);
      } else {
        own_.append(*canned(request));
      }
      last_ = request.last;
      done += request.size;
      ++count;
    }
    std::memmove(in_.data(), in_.data() + done, have_ - done);
    have_ -= done;
    if (count == 0)
      read();
    else
      write(only ? *only : own_);
  }
  void sleep() {
    timer_.expires_after(std::chrono::milliseconds(10));
    timer_.async_wait([self = shared_from_this()](boost::system::error_code) {
      self->slept_ = true;
      self->work();
    });
  }
  void write(const std::string& out) {
    // 64 KiB a system call is Asio's own way, and the cheaper one beside wrk, which reads 8 KiB at
    // a time (echo100k 22 us, in one call 33). The load that reads body100k takes what is
    // there: 11.5 us in one call, 14.8 in two.
    const std::size_t most = &out == &kBody100k ? out.size() : 65536;
    asio::async_write(
        socket_, asio::buffer(out),
        [most](boost::system::error_code ec, std::size_t) { return ec ? 0 : most; },
        [self = shared_from_this()](boost::system::error_code ec, std::size_t) {
          if (ec) return;
          if (self->last_) {
            boost::system::error_code ignored;
            self->socket_.shutdown(asio::socket_base::shutdown_both, ignored);
            return;
          }
          if (self->have_ > 0)
            self->work();
          else
            self->read();
        });
  }

  asio::generic::stream_protocol::socket socket_;
  asio::steady_timer timer_;
  std::string in_, own_;
  std::size_t have_ = 0;
  bool last_ = false, slept_ = false;
};

template <class Acceptor>
void accept(Acceptor& acceptor) {
  acceptor.async_accept([&acceptor](boost::system::error_code ec, auto socket) {
    if (!ec) std::make_shared<Link>(std::move(socket))->read();
    accept(acceptor);
  });
}

template <class Acceptor>
void serve(asio::io_context& context, Acceptor acceptor) {
  acceptor.listen(2048);
  accept(acceptor);
  context.run();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: limit_asio PORT | unix:SOCKET\n"), 2;
  const std::string where = argv[1];
  asio::io_context context(1);
  if (where.substr(0, 5) == "unix:") {
    ::unlink(where.c_str() + 5);
    serve(context, unix_stream::acceptor(context, where.substr(5)));
  } else {
    const auto port = static_cast<unsigned short>(std::atoi(argv[1]));
    tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), port});
    acceptor.set_option(tcp::no_delay(true));  // its connections inherit it
    serve(context, std::move(acceptor));
  }
}
