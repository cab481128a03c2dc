#include "asgi-worker/server/proxy_site.hpp"

#include <algorithm>
#include <charconv>

#include "asgi-worker/http/fields.hpp"
#include "asgi-worker/http1/target.hpp"

namespace asgi_worker::server {
namespace {

using http::Field;

std::string_view last_member(std::span<const Field> fields, std::string_view name) {
  for (std::size_t index = fields.size(); index-- > 0;) {
    if (fields[index].name != name) continue;
    const std::string_view list = fields[index].value;
    const std::size_t comma = list.rfind(',');
    return http::trim_blanks(comma == std::string_view::npos ? list : list.substr(comma + 1));
  }
  return {};
}

std::uint16_t port_of(std::string_view digits) {
  std::uint16_t port = 0;
  const char* const last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, port);
  return error == std::errc{} && end == last ? port : std::uint16_t{0};
}

std::string_view prefix_of(std::string_view path) {
  const auto is_path_byte = [](char byte) {
    return byte > ' ' && byte < 0x7f && byte != '?' && byte != '#' && byte != '"';
  };
  if (!path.starts_with('/') || !std::ranges::all_of(path, is_path_byte)) return {};
  return path.substr(0, path.find_last_not_of('/') + 1);
}

/// "a:80" -> "a", "[::1]:80" -> "[::1]"
std::string_view without_port(std::string_view authority) {
  return authority.starts_with('[') ? authority.substr(0, authority.find(']') + 1)
                                    : authority.substr(0, authority.find(':'));
}

}  // namespace

std::optional<Site> site_of(std::span<const Field> fields, const ForwardedFields& wanted,
                            const http::Endpoint& own, std::string_view scheme) {
  std::string_view host;
  if (wanted.x_forwarded_host) host = last_member(fields, "x-forwarded-host");
  if (!http1::is_host(host)) host = {};
  const std::uint16_t port =
      wanted.x_forwarded_port ? port_of(last_member(fields, "x-forwarded-port")) : 0;
  Site site{.server = own};
  if (wanted.x_forwarded_prefix) site.prefix = prefix_of(last_member(fields, "x-forwarded-prefix"));
  if (host.empty() && port == 0)
    return site.prefix.empty() ? std::nullopt : std::optional{std::move(site)};

  const std::uint16_t usual = scheme == "https" ? 443 : 80;
  const std::string_view said =
      host.empty() ? http::find_field(fields, "host").value_or(std::string_view{}) : host;
  const http::Endpoint named = parse_node(said);
  if (!named.host.empty()) site.server = {.host = named.host, .port = named.port};
  if (port != 0) site.server.port = port;
  if (site.server.port == 0) site.server.port = usual;
  site.server.is_unix = false;
  site.authority = said;
  if (port != 0 && !named.host.empty()) {
    site.authority = without_port(said);
    if (port != usual) site.authority.append(":").append(std::to_string(port));
  }
  return site;
}

}  // namespace asgi_worker::server
