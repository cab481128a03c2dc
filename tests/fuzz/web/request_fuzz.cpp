// Any bytes are what a client sends: they are the same requests in one piece and byte by byte (when
// a bad one is refused may differ), and each request ends in one answer or in a stream of a log.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "supervisord/web/auth.hpp"
#include "supervisord/web/logtail.hpp"
#include "supervisord/web/request_reader.hpp"
#include "supervisord/web/response_head.hpp"
#include "supervisord/web/router.hpp"
#include "tests/fakes/fake_control.hpp"
#include "tests/fakes/fake_exchange.hpp"

namespace {

using namespace supervisord::web;

/// Requests until the bytes end or one is refused.
std::vector<std::string> read_all(std::string_view input, std::size_t piece,
                                  std::vector<Request>* requests, SizeLimits limits = {}) {
  using Step = RequestReader::Step;
  std::vector<std::string> seen;
  std::string bytes;
  for (;;) {
    RequestReader reader{limits};
    Step step = reader.feed(bytes);
    while (step != Step::whole && step != Step::refused) {
      if (step == Step::head) {
        (void)check_basic(reader.field("authorization"), "u", "p");
      } else if (input.empty()) {
        return seen;
      } else {
        bytes += input.substr(0, piece);
        input.remove_prefix(std::min(piece, input.size()));
      }
      step = reader.feed(bytes);
    }
    if (step == Step::refused) return seen;
    Request request = reader.take();
    seen.push_back(request.method + " " + request.path + "?" + request.query + " " + request.body);
    if (requests != nullptr) requests->push_back(std::move(request));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  std::vector<Request> requests;
  if (read_all(input, size + 1, &requests) != read_all(input, 1, nullptr)) std::abort();
  // Beast's limit is some bytes wider for a head that comes in pieces, so these are not compared.
  (void)read_all(input, 7, nullptr, {.head_bytes = 2000, .body_bytes = 200});

  boost::asio::io_context io;
  supervisord::control::FakeControl control{io};
  supervisord::process::Status status;
  status.group = status.name = "cat";
  control.processes.push_back(status);
  control.logs = {{"cat", "hello\n"}, {"", "main\n"}};
  Router router;
  router.add_prefix("/logtail", process_log_handler(control))
      .add_prefix("/mainlogtail", main_log_handler(control))
      .add("/ok.html", answer_ok);
  for (auto& request : requests) {
    const auto client = std::make_shared<FakeExchange>(std::move(request));
    router(client);
    io.restart();
    io.poll();
    if (client->answered.has_value() == client->streamed.has_value()) std::abort();
    if (client->answered) (void)response_head(*client->answered, {});
    client->leave();
  }
  if (control.interests != 0) std::abort();
  return 0;
}
