#include "supervisord/config/fcgi_spec.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "common/repr.hpp"
#include "common/values.hpp"
#include "supervisord/config/listen_spec.hpp"
#include "supervisord/config/owner.hpp"

namespace supervisord::config {
namespace {

using common::Errc;
using common::Error;
using common::Result;

constexpr std::array<std::string_view, 4> options{"socket", "socket_backlog", "socket_owner",
                                                  "socket_mode"};
constexpr std::string_view unix_scheme = "unix://";
constexpr std::string_view tcp_scheme = "tcp://";
constexpr std::string_view a_socket = "tcp://HOST:PORT or unix:///ABSOLUTE/PATH";

bool is_blank(char c) { return std::string_view{" \t\r\n\f\v"}.find(c) != std::string_view::npos; }

/// Where a socket listens.
struct Place {
  std::string unix_path;
  std::string host;
  std::uint16_t port = 0;

  std::string url() const {
    if (!unix_path.empty()) return std::string{unix_scheme} + unix_path;
    return std::string{tcp_scheme} + host + ":" + std::to_string(port);
  }
};

Error bad_format(std::string_view text) {
  return {Errc::bad_syntax, "('Bad socket format %s', " + common::repr(text) + ")"};
}

Result<Place> parse_unix(std::string_view path) {
  if (!path.starts_with('/')) {
    return Error{Errc::bad_value,
                 "('Unix socket path %s is not an absolute path', " + common::repr(path) + ")"};
  }
  auto good = parse_socket_path(path);
  if (!good) return good.error();
  return Place{.unix_path = *std::move(good), .host = {}};
}

Result<Place> parse_tcp(std::string_view whole) {
  std::string_view address = whole;
  if (!address.starts_with(tcp_scheme)) return bad_format(whole);
  address.remove_prefix(tcp_scheme.size());
  const std::size_t colon = address.find(':');
  if (colon == std::string_view::npos || colon == 0) return bad_format(whole);
  const std::string_view host = address.substr(0, colon);
  const std::string_view port = address.substr(colon + 1);
  const bool digits = !port.empty() && port.find_first_not_of("0123456789") == port.npos;
  if (!digits || std::any_of(host.begin(), host.end(), is_blank)) return bad_format(whole);
  const auto number = common::parse_port(port);
  if (!number) return number.error();
  return Place{.unix_path = {}, .host = common::lower_case(host), .port = *number};
}

class SocketReader {
 public:
  SocketReader(Section& section, const Surroundings& surroundings)
      : section_{section}, surroundings_{surroundings} {}

  ListenSpec spec() {
    read_listen_options(
        section_, {.backlog = "socket_backlog", .owner = "socket_owner", .mode = "socket_mode"},
        surroundings_, spec_);
    if (!section_.has("socket_owner")) default_owner();
    read_place();
    return std::move(spec_);
  }

 private:
  /// The program's user, unless that is the daemon's own. A bad one is the program's to report.
  void default_owner() {
    const auto name = section_.quiet_text("user");
    if (!name) return;
    const auto user = surroundings_.find_user(*name);
    if (!user || (*user).uid == surroundings_.own_uid()) return;
    default_owner_ = Owner{(*user).uid, (*user).gid};
  }

  void read_place() {
    const std::string in_socket = " in [" + section_.name() + "] socket";
    const bool is_set = section_.has("socket");
    const auto text = section_.text("socket");
    if (is_set && !text) return;  // reported
    if (!text || text->empty()) {
      section_.fail("socket", "[" + section_.name() + "] section requires a \"socket\" line",
                    a_socket);
      return;
    }
    const bool is_unix = text->starts_with(unix_scheme);
    if (!is_unix && (section_.has("socket_owner") || section_.has("socket_mode"))) {
      section_.fail(section_.has("socket_owner") ? "socket_owner" : "socket_mode",
                    "socket_owner and socket_mode params should only be used with a Unix domain "
                    "socket" +
                        in_socket);
      return;
    }
    const auto place =
        is_unix ? parse_unix(std::string_view{*text}.substr(unix_scheme.size())) : parse_tcp(*text);
    if (!place) {
      section_.fail("socket", place.error().context + in_socket, a_socket);
      return;
    }
    spec_.url = (*place).url();
    spec_.unix_path = (*place).unix_path;
    spec_.host = (*place).host;
    spec_.port = (*place).port;
    if (is_unix && default_owner_) {
      spec_.owner = default_owner_->user;
      spec_.owner_group = default_owner_->group;
    }
  }

  Section& section_;
  const Surroundings& surroundings_;
  ListenSpec spec_;
  std::optional<Owner> default_owner_;
};

}  // namespace

std::span<const std::string_view> fcgi_options() { return options; }

ListenSpec read_fcgi_socket(Section& section, const Surroundings& surroundings) {
  return SocketReader{section, surroundings}.spec();
}

}  // namespace supervisord::config
