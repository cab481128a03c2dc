// Whom to believe about a request's client: which peers are proxies of ours, and what they say in
// X-Forwarded-For, X-Forwarded-Proto, X-Real-IP and Forwarded. (How it names us: proxy_site.) Pure.
// Lists are read from the right, where the nearest proxy wrote: the first address that is no proxy
// of ours is the client. Source: RFC 7239; uvicorn 0.54's ProxyHeadersMiddleware.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "asgi-worker/http/request.hpp"
#include "common/error.hpp"

namespace asgi_worker::server {

/// An address of IP; one of IPv4 stands as its IPv4-mapped IPv6 address.
using IpAddress = std::array<std::uint8_t, 16>;
/// Without port, brackets or zone.
std::optional<IpAddress> parse_ip(std::string_view text);

class TrustedPeers {
 public:
  /// Trusts nobody.
  TrustedPeers() = default;
  /// "127.0.0.1,::1,10.0.0.0/8,unix,*". Errors: Errc::bad_value, with the entry; an address with
  /// bits set behind its prefix is one.
  static common::Result<TrustedPeers> parse(std::string_view list);

  bool trusts(const http::Endpoint& peer) const;
  /// As it stands in a header: an address, or any other text.
  bool trusts(std::string_view host) const;

 private:
  struct Network {
    IpAddress address;
    unsigned bits;
  };
  std::vector<Network> networks_;
  bool trusts_unix_ = false;
  bool trusts_all_ = false;
};

/// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80", or any other word as it is.
http::Endpoint parse_node(std::string_view text);

/// A field that tells of TLS before the proxy when it has this value, and of none with another.
struct SecureScheme {
  std::string name;  // lower-cased
  std::string value;
};

/// Which fields are believed.
struct ForwardedFields {
  bool x_forwarded_for = true;
  bool x_forwarded_proto = true;
  bool x_real_ip = false;
  bool forwarded = false;  // where it says something, the X- fields do not count
  bool x_forwarded_host = false;
  bool x_forwarded_port = false;
  bool x_forwarded_prefix = false;
  /// gunicorn's; where there are some, they count in the place of X-Forwarded-Proto.
  std::vector<SecureScheme> secure_schemes;
};
/// "x-forwarded-for,forwarded". Errors: Errc::bad_value.
common::Result<ForwardedFields> parse_forwarded_fields(std::string_view list);
/// "X-FORWARDED-PROTO:https". Errors: Errc::bad_value.
common::Result<SecureScheme> parse_secure_scheme(std::string_view text);

/// What a trusted peer says.
struct Origin {
  std::optional<http::Endpoint> client;
  std::string_view scheme;        // "http", "https", or "" when nothing is said
  bool is_contradictory = false;  // of secure_schemes one says this, another one that
};
Origin origin_of(std::span<const http::Field> fields, const TrustedPeers& peers,
                 const ForwardedFields& wanted);

}  // namespace asgi_worker::server
