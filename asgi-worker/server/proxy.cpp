#include "asgi-worker/server/proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>
#include <cstring>
#include <utility>

#include "asgi-worker/http/fields.hpp"

namespace asgi_worker::server {
namespace {

using common::Errc;
using common::Error;
using common::Result;
using http::Field;

constexpr unsigned mapped_bits = 96;  // before an IPv4 address

std::optional<unsigned> parse_number(std::string_view digits, unsigned most) {
  unsigned value = 0;
  const char* const last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, value);
  if (digits.empty() || error != std::errc{} || end != last || value > most) return std::nullopt;
  return value;
}

bool has_bits_behind(const IpAddress& address, unsigned bits) {
  for (unsigned bit = bits; bit < 128; ++bit)
    if ((address[bit / 8] >> (7 - bit % 8) & 1) != 0) return true;
  return false;
}

bool is_within(const IpAddress& address, const IpAddress& network, unsigned bits) {
  const std::size_t whole = bits / 8;
  if (std::memcmp(address.data(), network.data(), whole) != 0) return false;
  const unsigned rest = bits % 8;
  return rest == 0 || (address[whole] ^ network[whole]) >> (8 - rest) == 0;
}

/// Takes the last member off a comma-separated list, without the blanks around it.
std::optional<std::string_view> last_member(std::string_view& list) {
  if (list.data() == nullptr) return std::nullopt;
  const std::size_t comma = list.rfind(',');
  if (comma == std::string_view::npos) return http::trim_blanks(std::exchange(list, {}));
  const std::string_view member = list.substr(comma + 1);
  list = list.substr(0, comma);
  return http::trim_blanks(member);
}

std::string_view scheme_of(std::string_view word) {
  for (const auto& [said, meant] : {std::pair{"https", "https"}, std::pair{"http", "http"},
                                    std::pair{"wss", "https"}, std::pair{"ws", "http"}})
    if (http::equals_lower(word, said)) return meant;
  return {};
}

/// The members of all fields of this name, from the last to the first, until `visit` has enough.
template <class Visit>
void visit_from_right(std::span<const Field> fields, std::string_view name, Visit visit) {
  for (std::size_t index = fields.size(); index-- > 0;) {
    if (fields[index].name != name) continue;
    std::string_view list = fields[index].value;
    while (const auto member = last_member(list))
      if (visit(*member)) return;
  }
}

std::optional<http::Endpoint> client_of_list(std::span<const Field> fields,
                                             const TrustedPeers& peers) {
  std::optional<http::Endpoint> client;  // when all are ours: the first of them
  visit_from_right(fields, "x-forwarded-for", [&](std::string_view member) {
    if (member.empty()) return false;
    client = parse_node(member);
    return !peers.trusts(client->host);
  });
  return client;
}

std::string_view last_value(std::span<const Field> fields, std::string_view name) {
  for (std::size_t index = fields.size(); index-- > 0;)
    if (fields[index].name == name) return fields[index].value;
  return {};
}

void take_secure_schemes(std::span<const Field> fields, std::span<const SecureScheme> schemes,
                         Origin& origin) {
  for (const Field& field : fields)
    for (const auto& [name, value] : schemes) {
      if (field.name != name) continue;
      const std::string_view scheme = field.value == value ? "https" : "http";
      if (!origin.scheme.empty() && origin.scheme != scheme) origin.is_contradictory = true;
      origin.scheme = scheme;
    }
}

/// One hop of Forwarded: `for` and `proto` of "for=192.0.2.1;proto=https;by=_x".
struct Hop {
  std::string client;
  std::string scheme;
};

/// Reads a Forwarded field; nothing when it is not well formed.
class HopReader {
 public:
  explicit HopReader(std::string_view text) : text_{text} {}

  std::optional<std::vector<Hop>> read() {
    std::vector<Hop> hops(1);
    for (;;) {
      skip_blanks();
      if (at_ < text_.size() && text_[at_] != ',' && text_[at_] != ';' && !read_pair(hops.back()))
        return std::nullopt;
      skip_blanks();
      if (at_ == text_.size()) return hops;
      const char separator = text_[at_++];
      if (separator == ',')
        hops.emplace_back();
      else if (separator != ';')
        return std::nullopt;
    }
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  std::string_view token() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && http::is_token_byte(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  bool read_pair(Hop& hop) {
    const std::string_view name = token();
    if (name.empty() || at_ == text_.size() || text_[at_++] != '=') return false;
    std::string value;
    if (at_ < text_.size() && text_[at_] == '"') {
      if (!read_quoted(value)) return false;
    } else {
      // Many write an address with its port bare, although a colon is no part of a token.
      const std::size_t begin = at_;
      while (at_ < text_.size() && (http::is_token_byte(text_[at_]) || text_[at_] == ':' ||
                                    text_[at_] == '[' || text_[at_] == ']'))
        ++at_;
      value = text_.substr(begin, at_ - begin);
    }
    if (value.empty()) return false;
    if (http::equals_lower(name, "for"))
      hop.client = std::move(value);
    else if (http::equals_lower(name, "proto"))
      hop.scheme = std::move(value);
    return true;
  }
  bool read_quoted(std::string& value) {
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') return ++at_, true;
      if (text_[at_] == '\\' && ++at_ == text_.size()) return false;
      value += text_[at_];
    }
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// All fields of a name are one list. Nothing when a part of it is not well formed.
std::vector<Hop> all_hops(std::span<const Field> fields) {
  std::vector<Hop> all;
  for (const Field& field : fields) {
    if (field.name != "forwarded") continue;
    auto hops = HopReader{field.value}.read();
    if (!hops) return {};
    for (Hop& hop : *hops)
      if (!hop.client.empty() || !hop.scheme.empty()) all.push_back(std::move(hop));
  }
  return all;
}

std::optional<Origin> origin_of_hops(const std::vector<Hop>& hops, const TrustedPeers& peers) {
  if (hops.empty()) return std::nullopt;
  Origin origin;
  for (std::size_t index = hops.size(); index-- > 0;) {
    const Hop& hop = hops[index];
    origin.scheme = scheme_of(hop.scheme);
    if (hop.client.empty())
      break;  // whom it had the request from is not said: nor are others known
    origin.client = parse_node(hop.client);
    if (!peers.trusts(origin.client->host)) break;
  }
  return origin;
}

}  // namespace

std::optional<IpAddress> parse_ip(std::string_view text) {
  char bounded[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof bounded) return std::nullopt;
  std::memcpy(bounded, text.data(), text.size());
  bounded[text.size()] = '\0';
  if (std::strlen(bounded) != text.size()) return std::nullopt;
  IpAddress address{};
  if (::inet_pton(AF_INET6, bounded, address.data()) == 1) return address;
  in_addr v4{};
  if (::inet_pton(AF_INET, bounded, &v4) != 1) return std::nullopt;
  address[10] = address[11] = 0xff;
  std::memcpy(&address[12], &v4, 4);
  return address;
}

Result<TrustedPeers> TrustedPeers::parse(std::string_view list) {
  TrustedPeers peers;
  while (const auto entry = http::next_member(list)) {
    if (*entry == "*") {
      peers.trusts_all_ = true;
    } else if (*entry == "unix") {
      peers.trusts_unix_ = true;
    } else {
      const std::size_t slash = entry->find('/');
      const std::string_view host = entry->substr(0, slash);
      const auto address = parse_ip(host);
      const unsigned before = host.find(':') == std::string_view::npos ? mapped_bits : 0;
      const auto bits = slash == std::string_view::npos
                            ? std::optional{128 - before}
                            : parse_number(entry->substr(slash + 1), 128 - before);
      if (!address || !bits)
        return Error{Errc::bad_value,
                     "'" + std::string{*entry} + "' is not an address, a network, unix or *"};
      if (has_bits_behind(*address, before + *bits))
        return Error{Errc::bad_value, "'" + std::string{*entry} + "' has host bits set"};
      peers.networks_.push_back({*address, before + *bits});
    }
  }
  return peers;
}

bool TrustedPeers::trusts(const http::Endpoint& peer) const {
  if (trusts_all_) return true;
  return peer.is_unix ? trusts_unix_ : trusts(std::string_view{peer.host});
}

bool TrustedPeers::trusts(std::string_view host) const {
  if (trusts_all_) return true;
  const auto address = parse_ip(host);
  if (!address) return false;
  for (const Network& network : networks_)
    if (is_within(*address, network.address, network.bits)) return true;
  return false;
}

http::Endpoint parse_node(std::string_view text) {
  std::string_view host = text, port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return {.host = std::string{text}};
    host = text.substr(1, end - 1);
    if (text.substr(end + 1).starts_with(':')) port = text.substr(end + 2);
  } else if (const std::size_t colon = text.find(':');
             colon != std::string_view::npos &&
             text.find(':', colon + 1) == std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  const auto number = parse_number(port, 65'535);  // a port may be hidden: "_secret"
  return {.host = std::string{host}, .port = static_cast<std::uint16_t>(number.value_or(0))};
}

Result<ForwardedFields> parse_forwarded_fields(std::string_view list) {
  ForwardedFields wanted{.x_forwarded_for = false, .x_forwarded_proto = false};
  while (const auto name = http::next_member(list)) {
    if (http::equals_lower(*name, "x-forwarded-for"))
      wanted.x_forwarded_for = true;
    else if (http::equals_lower(*name, "x-forwarded-proto"))
      wanted.x_forwarded_proto = true;
    else if (http::equals_lower(*name, "x-real-ip"))
      wanted.x_real_ip = true;
    else if (http::equals_lower(*name, "forwarded"))
      wanted.forwarded = true;
    else if (http::equals_lower(*name, "x-forwarded-host"))
      wanted.x_forwarded_host = true;
    else if (http::equals_lower(*name, "x-forwarded-port"))
      wanted.x_forwarded_port = true;
    else if (http::equals_lower(*name, "x-forwarded-prefix"))
      wanted.x_forwarded_prefix = true;
    else
      return Error{Errc::bad_value,
                   "'" + std::string{*name} +
                       "' is none of x-forwarded-for, x-forwarded-proto, x-forwarded-host, "
                       "x-forwarded-port, x-forwarded-prefix, x-real-ip, forwarded"};
  }
  return wanted;
}

Result<SecureScheme> parse_secure_scheme(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !http::is_token(text.substr(0, colon)))
    return Error{Errc::bad_value, "'" + std::string{text} + "' is not NAME:VALUE"};
  SecureScheme scheme{.name = std::string{text.substr(0, colon)},
                      .value = std::string{http::trim_blanks(text.substr(colon + 1))}};
  for (char& byte : scheme.name)
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte + 32);
  return scheme;
}

Origin origin_of(std::span<const Field> fields, const TrustedPeers& peers,
                 const ForwardedFields& wanted) {
  if (wanted.forwarded)
    if (auto origin = origin_of_hops(all_hops(fields), peers)) return *std::move(origin);
  Origin origin;
  if (!wanted.secure_schemes.empty())
    take_secure_schemes(fields, wanted.secure_schemes, origin);
  else if (wanted.x_forwarded_proto)
    origin.scheme = scheme_of(http::trim_blanks(last_value(fields, "x-forwarded-proto")));
  if (wanted.x_forwarded_for) origin.client = client_of_list(fields, peers);
  if (wanted.x_real_ip && !origin.client) {
    const std::string_view address = last_value(fields, "x-real-ip");
    if (!address.empty()) origin.client = parse_node(address);
  }
  return origin;
}

}  // namespace asgi_worker::server
