// What a proxy says of its client, in any bytes: lists of trusted peers, forwarded fields, the
// PROXY protocol's preface. The first line of the input is a list of peers, each further one a
// field.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "asgi-worker/server/proxy.hpp"
#include "asgi-worker/server/proxy_protocol.hpp"
#include "asgi-worker/server/proxy_site.hpp"

namespace {

using namespace asgi_worker::server;  // NOLINT: a test's
using asgi_worker::http::Field;

void require(bool claim) {
  if (!claim) std::abort();
}

std::string_view next_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  return line;
}

/// A preface that is whole stays what it is, whatever follows; cut short it is never another one.
void check_preface(std::string_view bytes) {
  const Preface whole = parse_preface(bytes, ProxyProtocol::any);
  require(whole.size <= bytes.size());
  if (whole.kind != Preface::Kind::proxied && whole.kind != Preface::Kind::local) return;
  require(parse_preface(bytes.substr(0, whole.size), ProxyProtocol::any).kind == whole.kind);
  for (std::size_t size = 0; size < whole.size; ++size)
    require(parse_preface(bytes.substr(0, size), ProxyProtocol::any).kind ==
            Preface::Kind::need_more);
  if (whole.kind == Preface::Kind::proxied) require(parse_ip(whole.client.host).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  check_preface(text);
  const auto peers = TrustedPeers::parse(next_line(text));
  constexpr std::string_view names[] = {
      "forwarded",        "x-forwarded-for",  "x-forwarded-proto",  "x-real-ip",
      "x-forwarded-host", "x-forwarded-port", "x-forwarded-prefix", "host"};
  std::vector<Field> fields;
  while (!text.empty()) {
    const auto line = next_line(text);
    if (!line.empty()) fields.push_back({names[line.front() & 7], line.substr(1)});
  }
  const ForwardedFields all{.x_real_ip = true, .forwarded = true};
  const auto origin = origin_of(fields, peers ? *peers : TrustedPeers{}, all);
  require(origin.scheme.empty() || origin.scheme == "http" || origin.scheme == "https");
  const ForwardedFields site_fields{
      .x_forwarded_host = true, .x_forwarded_port = true, .x_forwarded_prefix = true};
  if (const auto site = site_of(fields, site_fields, {.host = "10.0.0.1", .port = 1}, "https")) {
    require(site->server.port != 0 && site->prefix.empty() == !site->prefix.starts_with('/'));
    require(site->prefix.find_first_of(" ?#\"") == std::string_view::npos);
  }
  // Without trust the nearest word counts: what stands before it changes nothing.
  if (!peers || fields.empty()) return 0;
  const auto nearest = origin_of(fields, TrustedPeers{}, {.x_forwarded_proto = false});
  fields.insert(fields.begin(), Field{"x-forwarded-for", "6.6.6.6"});
  const auto again = origin_of(fields, TrustedPeers{}, {.x_forwarded_proto = false});
  if (nearest.client) require(again.client && again.client->host == nearest.client->host);
  return 0;
}
