#include "asgi-worker/worker/server_settings.hpp"

#include "asgi-worker/http/fields.hpp"

namespace asgi_worker::worker {
namespace {

using common::Errc;
using common::Error;
using common::Result;
using options::Options;
using options::Seconds;

std::chrono::milliseconds milliseconds(Seconds seconds) {
  return std::chrono::ceil<std::chrono::milliseconds>(seconds);
}

/// "Name:value", the name lower-cased.
Result<std::pair<std::string, std::string>> field(const std::string& word) {
  const auto colon = word.find(':');
  std::string name = word.substr(0, colon);
  const std::string_view value = colon == std::string::npos
                                     ? std::string_view{}
                                     : http::trim_blanks(std::string_view{word}.substr(colon + 1));
  bool is_bad = colon == std::string::npos || !http::is_token(name);
  for (const char byte : value) is_bad = is_bad || http::is_bad_value_byte(byte);
  if (is_bad)
    return Error{Errc::bad_value, "Invalid value for --header: '" + word + "' is not NAME:VALUE"};
  for (char& byte : name)
    byte = static_cast<char>(http::token_lower[static_cast<unsigned char>(byte)]);
  return std::pair{std::move(name), std::string{value}};
}

http::Timeouts timeouts(const Options& options) {
  return {.keep_alive = milliseconds(options.keep_alive),
          .head = milliseconds(options.header_timeout),
          .body = milliseconds(options.body_timeout),
          .write = milliseconds(options.write_timeout),
          .request = milliseconds(options.request_timeout)};
}

http::Limits limits(const Options& options) {
  http::Limits made;
  made.request_line =
      http::request_line_limit(static_cast<std::size_t>(options.limit_request_line));
  made.fields = http::fields_limit(static_cast<std::size_t>(options.limit_request_fields));
  made.field_size =
      http::field_size_limit(static_cast<std::size_t>(options.limit_request_field_size));
  made.body = static_cast<std::uint64_t>(options.limit_request_body);
  if (const auto head = static_cast<std::size_t>(options.h11_max_incomplete_event_size); head != 0)
    made.request_line = made.field_section = head;
  made.underscored_names = options.header_map == "drop"     ? http::UnderscoredNames::drop
                           : options.header_map == "refuse" ? http::UnderscoredNames::refuse
                                                            : http::UnderscoredNames::keep;
  made.permits = {.obsolete_folding = options.permit_obsolete_folding,
                  .lower_case_method =
                      options.permit_unconventional_http_method || options.casefold_http_method,
                  .unconventional_version = options.permit_unconventional_http_version,
                  .spaces_before_colon = options.strip_header_spaces};
  return made;
}

Error bad(const char* option, const Error& error) {
  return {error.code, std::string{"Invalid value for "} + option + ": " + error.context};
}

/// "true" and "auto" take either version, as Gunicorn's bare flag does.
server::ProxyProtocol proxy_protocol(const std::string& word) {
  if (word == "off" || word == "false") return server::ProxyProtocol::off;
  if (word == "v1") return server::ProxyProtocol::v1;
  return word == "v2" ? server::ProxyProtocol::v2 : server::ProxyProtocol::any;
}

Result<void> take_own_answers(server::OwnSettings& own, const Options& options) {
  for (const auto& [flag, path] : {std::pair{"--health-path", &options.health_path},
                                   std::pair{"--ready-path", &options.ready_path}})
    if (!path->empty() && path->front() != '/')
      return Error{Errc::bad_value, std::string{"Invalid value for "} + flag + ": '" + *path +
                                        "' does not begin with a slash"};
  own.health_path = options.health_path;
  own.ready_path = options.ready_path;
  own.files.index = options.static_index;
  if (options.static_expires)
    own.files.max_age = std::chrono::ceil<std::chrono::seconds>(*options.static_expires);
  for (const auto& text : options.static_routes) {
    auto route = server::parse_static_route(text);
    if (!route) return bad("--static", route.error());
    own.files.routes.push_back(std::move(*route));
  }
  // A directory that is not there is told before anything is bound.
  if (auto opened = server::StaticFiles{own.files}.open(); !opened)
    return bad("--static", opened.error());
  return {};
}

Result<void> take_proxies(server::Settings& settings, const Options& options) {
  settings.proxy_protocol = proxy_protocol(options.proxy_protocol);
  auto allowed = server::TrustedPeers::parse(options.proxy_allow_from);
  if (!allowed) return bad("--proxy-allow-from", allowed.error());
  settings.proxy_allowed = std::move(*allowed);
  auto trusted = server::TrustedPeers::parse(options.forwarded_allow_ips);
  if (!trusted) return bad("--forwarded-allow-ips", trusted.error());
  auto fields = server::parse_forwarded_fields(options.forwarded_headers);
  if (!fields) return bad("--forwarded-headers", fields.error());
  for (const auto& text : options.secure_scheme_headers) {
    auto scheme = server::parse_secure_scheme(text);
    if (!scheme) return bad("secure_scheme_headers", scheme.error());
    fields->secure_schemes.push_back(*std::move(scheme));
  }
  if (!options.proxy_headers) return {};
  settings.forwarded_allowed = std::move(*trusted);
  settings.forwarded_fields = *std::move(fields);
  return {};
}

Result<void> set_access_log(server::Settings& made, const Options& options) {
  const bool is_wanted = options.log_level != "critical" && options.log_level != "error" &&
                         options.log_level != "warning" && options.log_level != "warn";
  auto format =
      server::parse_access_format(!options.access_log_format.empty() ? options.access_log_format
                                  : options.profile == options::Profile::gunicorn ? "gunicorn"
                                                                                  : "uvicorn");
  if (!format)
    return Error{Errc::bad_value,
                 "Invalid value for --access-log-format: " + format.error().context};
  made.access_filter = {options.access_log_exclude, options.access_log_sample};
  if (!options.access_log.value_or(true) || !is_wanted) return {};
  made.access_format = std::move(*format);
  made.access_format.has_colors = options.access_colors;
  return {};
}

/// A length or a wait of the queue asks for one.
Result<void> take_concurrency(server::Settings& settings, const Options& options) {
  using Beyond = server::ConcurrencyLimit::Beyond;
  const bool has_queue = options.limit_queue || options.limit_queue_timeout;
  const std::string mode =
      options.limit_mode.empty() ? (has_queue ? "queue" : "reject") : options.limit_mode;
  if (mode == "reject" && has_queue)
    return Error{Errc::conflict,
                 "--limit-mode reject conflicts with --limit-queue and --limit-queue-timeout"};
  settings.concurrency = {.most = static_cast<std::size_t>(options.limit_concurrency),
                          .beyond = mode == "queue"    ? Beyond::queue
                                    : mode == "reject" ? Beyond::refuse
                                                       : Beyond::accept_pause,
                          .queue = static_cast<std::size_t>(options.limit_queue.value_or(0)),
                          .wait = milliseconds(options.limit_queue_timeout.value_or(Seconds{30}))};
  return {};
}

}  // namespace

Result<server::Settings> server_settings(const Options& options) {
  server::Settings made;
  made.limits = limits(options);
  made.timeouts = timeouts(options);
  made.server_field = options.server_header ? options.server_name : "";
  made.date_field = options.date_header;
  for (const auto& word : options.headers) {
    auto pair = field(word);
    if (!pair) return pair.error();
    made.extra_fields.push_back(std::move(*pair));
  }
  if (auto taken = take_proxies(made, options); !taken) return taken.error();
  made.max_connections = static_cast<std::size_t>(options.limit_connections);
  if (auto set = set_access_log(made, options); !set) return set.error();
  if (auto taken = take_own_answers(made.own, options); !taken) return taken.error();
  if (auto taken = take_concurrency(made, options); !taken) return taken.error();
  return made;
}

}  // namespace asgi_worker::worker
