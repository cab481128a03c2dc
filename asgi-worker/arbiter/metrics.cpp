#include "asgi-worker/arbiter/metrics.hpp"

#include <array>
#include <charconv>

namespace asgi_worker::arbiter {
namespace {

using worker::Counters;
using worker::Totals;

std::string number(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

class Text {
 public:
  void family(std::string_view name, std::string_view kind, std::string_view help) {
    out_.append("# HELP ").append(name).append(" ").append(help).append("\n");
    out_.append("# TYPE ").append(name).append(" ").append(kind).append("\n");
  }
  void sample(std::string_view name, const std::string& value, std::string_view labels = {}) {
    out_.append(name);
    if (!labels.empty()) out_.append("{").append(labels).append("}");
    out_.append(" ").append(value).append("\n");
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

void put_requests(Text& text, const Totals& totals) {
  text.family("asgi_worker_requests_total", "counter", "Answers given, by status.");
  for (int index = 0; index < Counters::statuses; ++index) {
    const auto count = totals.by_status[static_cast<std::size_t>(index)];
    if (count == 0) continue;
    const auto status = std::to_string(index + Counters::first_status);
    text.sample("asgi_worker_requests_total", std::to_string(count), "status=\"" + status + "\"");
  }
}

void put_durations(Text& text, const Totals& totals) {
  constexpr std::string_view name = "asgi_worker_request_duration_seconds";
  text.family(name, "histogram", "From a request's head to its answer's last byte.");
  std::uint64_t sum = 0;
  for (std::size_t index = 0; index < totals.by_duration.size(); ++index) {
    sum += totals.by_duration[index];
    const bool is_last = index == Counters::bounds.size();
    const auto bound = is_last ? std::string{"+Inf"} : number(Counters::bounds[index]);
    text.sample("asgi_worker_request_duration_seconds_bucket", std::to_string(sum),
                "le=\"" + bound + "\"");
  }
  text.sample("asgi_worker_request_duration_seconds_sum",
              number(double(totals.microseconds) / 1e6));
  text.sample("asgi_worker_request_duration_seconds_count", std::to_string(sum));
}

class Datagram {
 public:
  explicit Datagram(const StatsdNames& names) : names_{names} {}
  void put(std::string_view name, const std::string& value, std::string_view type) {
    if (!text_.empty()) text_ += '\n';
    if (!names_.prefix.empty()) {
      text_ += names_.prefix;
      if (!names_.prefix.ends_with('.')) text_ += '.';
    }
    text_.append(name).append(":").append(value).append("|").append(type);
    if (!names_.tags.empty()) text_.append("|#").append(names_.tags);
  }
  std::string take() { return std::move(text_); }

 private:
  const StatsdNames& names_;
  std::string text_;
};

}  // namespace

std::string prometheus_text(const Standing& now) {
  Text text;
  put_requests(text, now.totals);
  put_durations(text, now.totals);
  text.family("asgi_worker_response_body_bytes_total", "counter", "Bytes of answers' bodies.");
  text.sample("asgi_worker_response_body_bytes_total", std::to_string(now.totals.bytes));
  text.family("asgi_worker_connections", "gauge", "Open connections.");
  text.sample("asgi_worker_connections", std::to_string(now.totals.connections));
  if (now.backlog) {
    text.family("asgi_worker_backlog", "gauge", "Connections that wait to be accepted.");
    text.sample("asgi_worker_backlog", std::to_string(*now.backlog));
  }
  text.family("asgi_worker_workers", "gauge", "Worker processes that serve.");
  text.sample("asgi_worker_workers", std::to_string(now.serving));
  text.family("asgi_worker_workers_wanted", "gauge", "Worker processes that there shall be.");
  text.sample("asgi_worker_workers_wanted", std::to_string(now.wanted));
  text.family("asgi_worker_start_time_seconds", "gauge", "When the arbiter started, Unix time.");
  text.sample("asgi_worker_start_time_seconds", number(now.started_at_unix));
  return text.take();
}

std::string statsd_lines(const Standing& before, const Standing& now, const StatsdNames& names) {
  Datagram datagram{names};
  const auto answers = now.totals.answers() - before.totals.answers();
  if (answers != 0) {
    datagram.put("gunicorn.requests", std::to_string(answers), "c");
    for (std::size_t index = 0; index < now.totals.by_status.size(); ++index) {
      const auto count = now.totals.by_status[index] - before.totals.by_status[index];
      const auto status = std::to_string(index + Counters::first_status);
      if (count != 0) datagram.put("gunicorn.request.status." + status, std::to_string(count), "c");
    }
    const auto microseconds = now.totals.microseconds - before.totals.microseconds;
    datagram.put("gunicorn.request.duration",
                 number(double(microseconds) / double(answers) / 1000.0), "ms");
  }
  if (now.serving != before.serving)
    datagram.put("gunicorn.workers", std::to_string(now.serving), "g");
  if (now.backlog) datagram.put("gunicorn.backlog", std::to_string(*now.backlog), "h");
  return datagram.take();
}

}  // namespace asgi_worker::arbiter
