// Nanoseconds for the pure parts of HTTP/1: a head parsed by each kernel, a chunked body, a head
// written. With a port as argument: a server of "hello" on 127.0.0.1, for a load generator.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "asgi-worker/http1/parser.hpp"
#include "asgi-worker/http1/writer.hpp"
#include "asgi-worker/server/core.hpp"

using namespace asgi_worker;

namespace {

constexpr std::string_view small_head =
    "GET /api/items?limit=10 HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nUser-Agent: wrk/4.1.0\r\n"
    "Accept: */*\r\n\r\n";
constexpr std::string_view browser_head =
    "GET /wp-content/uploads/2010/03/hello-kitty-darth-vader-pink.jpg HTTP/1.1\r\n"
    "Host: www.kittyhell.com\r\n"
    "User-Agent: Mozilla/5.0 (Macintosh; U; Intel Mac OS X 10.6; ja-JP-mac; rv:1.9.2.3) "
    "Gecko/20100401 Firefox/3.6.3 Pathtraq/0.9\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: ja,en-us;q=0.7,en;q=0.3\r\nAccept-Encoding: gzip,deflate\r\n"
    "Accept-Charset: Shift_JIS,utf-8;q=0.7,*;q=0.7\r\nKeep-Alive: 115\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: session=3aa24a8e51f1e4f8b9c6d7e8f9a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8; "
    "theme=dark; lang=ja; _ga=GA1.2.1234567890.1234567890; consent=yes\r\n\r\n";

/// The smallest mean of many short runs: what the machine does beside it falls into some of them
/// only.
template <class Work>
double nanoseconds_each(Work work) {
  constexpr int rounds = 640;
  double best = 1e9;
  for (int run = 0; run < 3'000; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    for (int round = 0; round < rounds; ++round) work();
    const std::chrono::duration<double, std::nano> passed =
        std::chrono::steady_clock::now() - begin;
    best = std::min(best, passed.count() / rounds);
  }
  return best;
}

void time_heads(const char* what, std::string_view text) {
  const http::Limits limits;
  for (const http1::Kernel kernel : http1::kernels()) {
    http1::Parser parser{limits, kernel};
    // Copies side by side, made anew when all are used up: parsing lower-cases names, and bytes
    // that were written just now are read more slowly than those that a socket gave.
    constexpr std::size_t copies = 64;
    std::string fresh;
    for (std::size_t copy = 0; copy < copies; ++copy) fresh += text;
    std::string bytes = fresh;
    std::size_t at = 0;
    const double time = nanoseconds_each([&] {
      if (at == bytes.size()) {
        std::memcpy(bytes.data(), fresh.data(), fresh.size());
        at = 0;
      }
      if (parser.next(bytes.data() + at, text.size()).event != http1::Parser::Event::head)
        std::abort();
      if (parser.next(nullptr, 0).event != http1::Parser::Event::end) std::abort();
      at += text.size();
    });
    std::printf("parse %s head (%zu bytes), %s: %.0f ns\n", what, text.size(),
                http1::name_of(kernel).data(), time);
  }
}

void time_writer() {
  http1::HeadWriter writer{"asgi-worker", true, {}};
  const http::Field fields[] = {{"content-length", "17"}, {"content-type", "application/json"}};
  http::Buffer out;
  const double time = nanoseconds_each([&] {
    out.clear();
    writer.write(out, {.fields = fields}, 784'111'777);
  });
  std::printf("write a head (%zu bytes): %.0f ns\n", out.size(), time);
}

class Hello final : public http::Application, public http::Cycle {
 public:
  void on_request(http::Exchange& exchange, const http::Request&) override {
    exchange.attach(*this);
    const http::Field fields[] = {{"content-length", "5"}, {"content-type", "text/plain"}};
    exchange.start(200, fields);
    exchange.write("hello");
    exchange.finish();
  }
  void on_body(std::string_view) override {}
  void on_body_end() override {}
  void on_writable() override {}
  void on_complete() override {}
  void on_disconnect() override {}
};

int serve(std::uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, 1024) != 0) {
    std::perror("listen");
    return 1;
  }
  Hello hello;
  auto core = server::HttpCore::create(hello, {});
  if (!core || !(*core)->add_listener(listener)) return 1;
  for (;;) {
    pollfd ready{.fd = (*core)->fd(), .events = POLLIN, .revents = 0};
    ::poll(&ready, 1, -1);
    (*core)->poll();
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) return serve(static_cast<std::uint16_t>(std::atoi(argv[1])));
  time_heads("small", small_head);
  time_heads("browser", browser_head);
  time_writer();
  return 0;
}
