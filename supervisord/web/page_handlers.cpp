#include "supervisord/web/page_handlers.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>

#include "supervisord/web/assets.hpp"
#include "supervisord/web/health.hpp"
#include "supervisord/web/metrics.hpp"
#include "supervisord/web/page.hpp"
#include "supervisord/web/page_escape.hpp"

namespace supervisord::web {
namespace {

constexpr std::int64_t least_tail_bytes = 1024;
constexpr std::int64_t most_tail_bytes = 16 * 1024 * 1024;

Response error_answer(unsigned status, std::string_view message) {
  return html_response(status, error_page(status, message));
}

bool is_read(const Request& request) { return request.method == "GET" || request.method == "HEAD"; }

std::string value_of(const std::map<std::string, std::string>& fields, const std::string& name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string{} : found->second;
}

/// A handler of a page that only shows something.
template <class Show>
Handler reading(Show show) {
  return [show = std::move(show)](const std::shared_ptr<Exchange>& exchange) {
    if (!is_read(exchange->request())) return exchange->answer(error_answer(400, "Bad Request"));
    show(*exchange);
  };
}

/// The scripts ask for JSON, and stay on their page.
bool wants_json(const Request& request) { return request.field("Accept") == "application/json"; }

Response action_answer(const Request& request, const ActionEnd& end) {
  if (!wants_json(request)) {
    Response response = html_response(303, "");
    response.fields.emplace_back("Location", "./?message=" + url_encoded(end.message));
    return response;
  }
  Response response = html_response(200, "");
  response.content_type = "application/json";
  response.body = nlohmann::json{{"message", end.message}, {"error", end.is_error}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
  return response;
}

/// As Supervisor: without its sign, and at least 1024.
std::int64_t tail_limit(const std::string& text) {
  std::int64_t limit = 0;
  std::from_chars(text.data(), text.data() + text.size(), limit);
  if (limit < 0) limit = -std::max(limit, -most_tail_bytes);
  return std::clamp(limit, least_tail_bytes, most_tail_bytes);
}

control::Asked asked(const Request& request, const Action& action) {
  std::string what = verb_text(action);
  if (!action.process.empty()) what += " " + control::audit_word(action.process);
  return {"page", std::move(what), request.who + " as admin"};
}

std::vector<LogSize> log_sizes(const control::Control& control,
                               const std::vector<process::Status>& rows) {
  std::vector<LogSize> sizes;
  for (const auto& row : rows) {
    const auto add = [&](const std::string& file, control::Channel channel, std::string_view name) {
      if (file.empty()) return;
      const auto tail = control.tail_log({row.group + ":" + row.name, channel}, 0, 0);
      if (tail) sizes.push_back({row.group, row.name, name, tail->offset});
    };
    add(row.stdout_logfile, control::Channel::stdout_log, "stdout");
    add(row.stderr_logfile, control::Channel::stderr_log, "stderr");
  }
  return sizes;
}

}  // namespace

/// An action under way for a client that waits.
struct PageHandlers::Going {
  ExchangePtr exchange;
  std::unique_ptr<control::AuditedChange> change;  // none: it changes nothing
  std::shared_ptr<void> carrying;
};

PageHandlers::PageHandlers(boost::asio::io_context& io, control::Control& control,
                           control::Audit& audit, const GuardKey& key, LiveTimes times)
    : io_{io}, control_{control}, audit_{audit}, guard_{key}, live_{io, control, times} {}

void PageHandlers::add_to(Router& router) {
  const Handler page = [this](const ExchangePtr& exchange) { status(exchange); };
  const Handler asset =
      reading([](Exchange& exchange) { exchange.answer(asset_response(exchange.request())); });
  const Handler events = [this](const ExchangePtr& exchange) {
    if (exchange->request().method != "GET") {
      return exchange->answer(error_answer(400, "Bad Request"));
    }
    live_.serve(exchange, guard_.token(exchange->request()));
  };
  const Handler ready = reading([this](Exchange& exchange) { readyz(exchange); });
  router.add("/", page)
      .add("/index.html", page)
      .add("/tail.html", reading([this](Exchange& exchange) { tail(exchange); }))
      .add("/events", events)
      .add_prefix("/stylesheets/", asset)
      .add_prefix("/scripts/", asset)
      .add_prefix("/images/", asset)
      .add("/metrics", reading([this](Exchange& exchange) { metrics(exchange); }))
      .add("/healthz", reading([](Exchange& exchange) { exchange.answer(web::healthz()); }))
      .add("/readyz", ready);
}

void PageHandlers::status(const ExchangePtr& exchange) {
  const Request& request = exchange->request();
  Fields fields = form_fields(request.query);
  if (request.method == "POST") return act(exchange, std::move(fields));
  if (!is_read(request)) return exchange->answer(error_answer(400, "Bad Request"));
  if (!fields.contains("action")) return show(*exchange, fields);
  const auto action = action_of(fields);
  if (!action) return exchange->answer(error_answer(400, "Unknown action"));
  if (action->verb == web::Verb::refresh) return go(exchange, *action);
  exchange->answer(confirmation(request, *action, 200, ""));
}

void PageHandlers::show(Exchange& exchange, const Fields& fields) {
  StatusPage page;
  page.daemon = control_.daemon();
  if (auto rows = control_.status({})) page.rows = sorted_rows(*std::move(rows));
  page.message = value_of(fields, "message");
  page.search = value_of(fields, "search");
  page.token = guard_.token(exchange.request());
  exchange.answer(html_response(200, status_page(page)));
}

void PageHandlers::act(const ExchangePtr& exchange, Fields fields) {
  const Request& request = exchange->request();
  for (auto& [name, value] : form_fields(request.body)) fields[name] = value;
  const auto action = action_of(fields);
  if (!action) return exchange->answer(error_answer(400, "Unknown action"));
  switch (guard_.judge(request, value_of(fields, "token"))) {
    case Guard::Verdict::ok: return go(exchange, *action);
    case Guard::Verdict::elsewhere:
      audit_.refused(asked(request, *action), "another site sent it");
      return exchange->answer(error_answer(
          403, "This request comes from another site. (Behind a proxy: it has to pass Host on)"));
    case Guard::Verdict::stale:
      audit_.refused(asked(request, *action), "the page was too old");
      return exchange->answer(
          confirmation(request, *action, 403, "The page was too old, so nothing has been done."));
  }
}

void PageHandlers::go(const ExchangePtr& exchange, const Action& action) {
  const auto going = std::make_shared<Going>();
  going->exchange = exchange;
  const auto let_go = [this, going] {
    boost::asio::post(io_, [going] { going->carrying.reset(); });
  };
  if (action.verb != Verb::refresh) {
    going->change =
        std::make_unique<control::AuditedChange>(audit_, asked(exchange->request(), action));
  }
  exchange->on_gone([weak = std::weak_ptr{going}] {
    const auto left = weak.lock();
    if (!left) return;
    left->carrying.reset();
    left->change.reset();
  });
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  going->carrying = carry_out(action, control_, now, [going, let_go](const ActionEnd& end) {
    if (going->change) going->change->end(end.is_error ? std::string_view{end.message} : "");
    going->exchange->answer(action_answer(going->exchange->request(), end));
    let_go();
  });
}

Response PageHandlers::confirmation(const Request& request, const Action& action, unsigned status,
                                    std::string remark) const {
  return html_response(status, confirm_page({.question = question(action),
                                             .verb = verb_text(action),
                                             .target = target(action),
                                             .token = guard_.token(request),
                                             .remark = std::move(remark)}));
}

void PageHandlers::tail(Exchange& exchange) const {
  const auto fields = form_fields(exchange.request().query);
  TailPage page;
  page.identifier = control_.daemon().identifier;
  page.process = value_of(fields, "processname");
  page.is_stderr = value_of(fields, "channel") == "stderr";
  page.limit = tail_limit(value_of(fields, "limit"));
  if (page.process.empty()) {
    page.text = "No process name found";
    return exchange.answer(html_response(200, tail_page(page)));
  }
  const auto channel = page.is_stderr ? control::Channel::stderr_log : control::Channel::stdout_log;
  const auto log = control_.read_log({page.process, channel}, -page.limit, 0);
  if (log) {
    page.text = log->bytes;
  } else if (log.error().code == common::Errc::not_found) {
    page.text = "ERROR: unexpected rpc fault [10] BAD_NAME: " + page.process;
  } else {
    page.text = "No file for " + page.process;
  }
  exchange.answer(html_response(200, tail_page(page)));
}

void PageHandlers::metrics(Exchange& exchange) const {
  auto rows = control_.status({});
  if (!rows) return exchange.answer(error_answer(500, rows.error().context));
  const auto sorted = sorted_rows(*std::move(rows));
  Response response =
      html_response(200, metrics_text(control_.daemon(), sorted, log_sizes(control_, sorted)));
  response.content_type = metrics_type;
  exchange.answer(std::move(response));
}

void PageHandlers::readyz(Exchange& exchange) const {
  auto rows = control_.status({});
  if (!rows) return exchange.answer(error_answer(500, rows.error().context));
  exchange.answer(
      web::readyz(control_.daemon(), sorted_rows(*std::move(rows)), control_.configured()));
}

}  // namespace supervisord::web
