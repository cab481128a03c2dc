#include "supervisord/config/http_server_spec.hpp"

#include <array>
#include <optional>
#include <string>

#include "common/paths.hpp"
#include "common/repr.hpp"
#include "common/values.hpp"
#include "supervisord/config/grpc_server_spec.hpp"
#include "supervisord/config/owner.hpp"
#include "supervisord/config/path_values.hpp"
#include "supervisord/config/section.hpp"

namespace supervisord::config {
namespace {

constexpr std::size_t longest_socket_path = 107;  // sockaddr_un has 108 with the final NUL

using common::Errc;
using common::Error;
using common::Result;

constexpr std::array<std::string_view, 7> unix_options{
    "file", "chmod", "chown", "username", "password", "allow_users", "allow_groups"};
constexpr std::array<std::string_view, 3> inet_options{"port", "username", "password"};

void read_authentication(Section& section, ServerSpec& spec) {
  if (section.has("username") != section.has("password")) {
    section.fail(section.has("username") ? "username" : "password",
                 "Section [" + section.name() +
                     "] contains incomplete authentication: If a username or a password is "
                     "specified, both the username and password must be specified");
    return;
  }
  spec.username = section.text("username").value_or("");
  spec.password = section.text("password").value_or("");
}

ServerSpec read_unix(Section& section, const Surroundings& surroundings) {
  ServerSpec spec;
  spec.section = section.name();
  section.warn_unknown(unix_options);
  if (!section.has("file")) {
    section.fail("file", "section [" + section.name() + "] has no file value");
  }
  if (const auto file = section.text("file")) {
    spec.unix_path =
        common::absolute(with_home(*file, surroundings), surroundings.working_directory());
    if (spec.unix_path.size() > longest_socket_path) {
      section.fail("file",
                   "the socket's path has " + std::to_string(spec.unix_path.size()) +
                       " bytes: " + spec.unix_path,
                   "at most " + std::to_string(longest_socket_path) + " bytes");
    }
  }
  if (const auto chmod = section.text("chmod")) {
    const auto mode = common::parse_octal(*chmod);
    if (mode) {
      spec.mode = *mode;
    } else {
      section.fail("chmod", "Invalid chmod value " + *chmod, "an octal number such as 0700");
    }
  }
  if (const auto chown = section.text("chown")) {
    const auto owner = parse_owner(*chown, surroundings);
    if (owner) {
      spec.owner = owner->user;
      spec.owner_group = owner->group;
    } else {
      section.fail("chown", "Invalid sockchown value " + *chown,
                   "USER or USER:GROUP of this system");
    }
  }
  read_authentication(section, spec);
  section.read(
      "allow_users", spec.allow_users,
      [&](const std::string& text) { return parse_allowed_users(text, surroundings); },
      "users of this system, each with :read, :operate or :admin behind it or nothing");
  section.read(
      "allow_groups", spec.allow_groups,
      [&](const std::string& text) { return parse_allowed_groups(text, surroundings); },
      "groups of this system, each with :read, :operate or :admin behind it or nothing");
  return spec;
}

ServerSpec read_inet(Section& section) {
  ServerSpec spec;
  spec.section = section.name();
  section.warn_unknown(inet_options);
  if (!section.has("port")) {
    section.fail("port", "section [" + section.name() + "] has no port value");
  }
  TcpAddress address;
  section.read("port", address, parse_tcp_address, "PORT or HOST:PORT with a port from 1 to 65535");
  spec.host = address.host;
  spec.port = address.port;
  read_authentication(section, spec);
  return spec;
}

}  // namespace

std::span<const std::string_view> unix_server_options() { return unix_options; }
std::span<const std::string_view> inet_server_options() { return inet_options; }

Result<TcpAddress> parse_tcp_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    const auto port = common::parse_port(text);
    if (port) return TcpAddress{"", *port};
    return Error{Errc::bad_number, "not a valid port number: " + common::repr(text) + " "};
  }
  const std::string_view digits = text.substr(colon + 1);
  if (digits.empty()) return Error{Errc::bad_number, "no port number specified in ''"};
  const auto port = common::parse_port(digits);
  if (!port) return port.error();
  const std::string host = common::lower_case(text.substr(0, colon));
  return TcpAddress{host == "*" ? "" : host, *port};
}

bool is_server_section(std::string_view section, std::string_view kind) {
  return section.starts_with(kind) &&
         (section.size() == kind.size() || section[kind.size()] == ':');
}

std::vector<ServerSpec> read_servers(const RawFiles& files, const common::Names& names,
                                     const Surroundings& surroundings, Report& report) {
  std::vector<ServerSpec> servers;
  for (const RawSection& raw : files.sections) {
    if (!is_server_section(raw.name, "inet_http_server")) continue;
    Section section{raw, names, report};
    servers.push_back(read_inet(section));
  }
  for (const RawSection& raw : files.sections) {
    if (!is_server_section(raw.name, "unix_http_server")) continue;
    Section section{raw, names, report};
    servers.push_back(read_unix(section, surroundings));
  }
  for (const RawSection& raw : files.sections) {
    if (!is_server_section(raw.name, "grpc_server")) continue;
    Section section{raw, names, report};
    servers.push_back(read_grpc_server(section, surroundings));
  }
  return servers;
}

}  // namespace supervisord::config
