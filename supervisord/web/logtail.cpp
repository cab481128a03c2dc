#include "supervisord/web/logtail.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "supervisord/web/percent.hpp"
#include "supervisord/web/response_head.hpp"

namespace supervisord::web {
namespace {

using control::Channel;
using control::LogName;

constexpr std::uint64_t first_bytes = 1024;
constexpr std::string_view truncated_notice = "==> File truncated <==\n";

/// One log on its way to one client. The flow's callback and the stream's keep it; the client's
/// going ends both.
struct Tail : std::enable_shared_from_this<Tail> {
  std::unique_ptr<control::Control::LogFlow> flow;
  std::shared_ptr<Stream> stream;

  void send(const control::LogChunk& chunk) {
    std::string text{chunk.truncated ? truncated_notice : ""};
    text += chunk.bytes;
    stream->write(std::move(text), [self = shared_from_this()] {
      if (self->flow) self->flow->next();
    });
  }
};

void follow(control::Control& control, const LogName& log,
            const std::shared_ptr<Exchange>& exchange) {
  const auto tail = std::make_shared<Tail>();
  // A cycle until the client has gone, which every stream ends with.
  auto flow = control.follow_log(log, std::nullopt, first_bytes,
                                 [tail](const control::SharedChunk& chunk) { tail->send(*chunk); });
  if (!flow) return exchange->answer(error_response(404));
  tail->flow = *std::move(flow);
  Response head{.content_type = "text/plain;charset=utf-8",
                .fields = {{"X-Accel-Buffering", "no"},
                           {"X-Content-Type-Options", "nosniff"},
                           {"Last-Modified", http_date(std::chrono::system_clock::now())}}};
  exchange->on_gone([tail] {
    tail->flow.reset();
    tail->stream.reset();
  });
  tail->stream = exchange->stream(std::move(head));
  tail->flow->next();
}

/// "/logtail/group:web/stderr"; none: 404.
std::optional<LogName> log_of(std::string_view path) {
  const std::string decoded = percent_decode(path);
  std::string_view rest{decoded};
  rest.remove_prefix(std::min(rest.find('/', 1), rest.size() - 1) + 1);
  const auto slash = std::min(rest.find('/'), rest.size());
  LogName log{std::string{rest.substr(0, slash)}, Channel::stdout_log};
  const std::string_view channel = rest.substr(slash);
  if (channel == "/stderr") {
    log.channel = Channel::stderr_log;
  } else if (!channel.empty() && channel != "/stdout") {
    return std::nullopt;
  }
  return log;
}

}  // namespace

Handler process_log_handler(control::Control& control) {
  return [&control](const std::shared_ptr<Exchange>& exchange) {
    const Request& request = exchange->request();
    if (request.method != "GET") return exchange->answer(error_response(400));
    if (request.path.find('/', 1) == std::string::npos)
      return exchange->answer(error_response(500));
    const auto log = log_of(request.path);
    if (!log) return exchange->answer(error_response(404));
    follow(control, *log, exchange);
  };
}

Handler main_log_handler(control::Control& control) {
  return [&control](const std::shared_ptr<Exchange>& exchange) {
    if (exchange->request().method != "GET") return exchange->answer(error_response(400));
    follow(control, {"", Channel::main_log}, exchange);
  };
}

}  // namespace supervisord::web
