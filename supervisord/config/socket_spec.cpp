#include "supervisord/config/socket_spec.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>

#include "common/bind.hpp"
#include "common/repr.hpp"
#include "common/values.hpp"
#include "supervisord/config/listen_spec.hpp"
#include "supervisord/config/section.hpp"

namespace supervisord::config {
namespace {

using common::Errc;
using common::Error;
using common::Result;

constexpr std::array<std::string_view, 4> options{"listen", "backlog", "mode", "owner"};
constexpr std::string_view prefix = "socket:";
constexpr std::string_view unix_scheme = "unix://";
constexpr std::string_view tcp_scheme = "tcp://";
constexpr std::string_view an_address = "tcp://HOST:PORT or unix:///ABSOLUTE/PATH";
constexpr std::string_view every_address = "0.0.0.0";

std::string tcp_url(const std::string& host, std::uint16_t port) {
  const bool is_v6 = host.find(':') != std::string::npos;
  return std::string{tcp_scheme} + (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

/// As common::parse_address, which knows more forms than these.
Result<void> parse_tcp(const std::string& text, ListenSpec& spec) {
  const auto parsed = common::parse_address(text, 0);
  if (!parsed) return parsed.error();
  const auto& tcp = std::get<common::TcpAddress>(*parsed);
  if (tcp.port == 0) return Error{Errc::bad_value, "there is no port in " + common::repr(text)};
  if (tcp.host.find_first_of(" \t/") != std::string::npos)
    return Error{Errc::bad_value, "not a host: " + common::repr(tcp.host)};
  spec.host = common::lower_case(tcp.host);
  if (spec.host.empty() || spec.host == "*") spec.host = every_address;
  spec.port = tcp.port;
  spec.url = tcp_url(spec.host, spec.port);
  return {};
}

Result<void> parse_place(const std::string& text, ListenSpec& spec) {
  if (text.starts_with(tcp_scheme)) return parse_tcp(text, spec);
  const std::string_view path = std::string_view{text}.substr(
      text.starts_with(unix_scheme) ? unix_scheme.size() : text.size());
  if (!path.starts_with('/'))
    return Error{Errc::bad_value, "cannot listen on " + common::repr(text)};
  auto good = parse_socket_path(path);
  if (!good) return good.error();
  spec.unix_path = *std::move(good);
  spec.url = std::string{unix_scheme} + spec.unix_path;
  return {};
}

/// In the spelling of ListenSpec::url.
std::string url_of(const ServerSpec& server) {
  if (!server.unix_path.empty()) return std::string{unix_scheme} + server.unix_path;
  return tcp_url(server.host.empty() ? std::string{every_address} : server.host, server.port);
}

class SocketsReader {
 public:
  SocketsReader(const common::Names& names, std::span<const ServerSpec> servers,
                const Surroundings& surroundings, Report& report)
      : names_{names}, surroundings_{surroundings}, report_{report} {
    for (const ServerSpec& server : servers) owners_.emplace(url_of(server), server.section);
  }

  std::optional<SocketSpec> read(const RawSection& raw) {
    const std::size_t errors_before = report_.errors().size();
    Section section{raw, names_, report_, Section::Suffix::none};
    const auto name = common::parse_name(std::string_view{raw.name}.substr(prefix.size()));
    if (!name) section.fail("", name.error().context, "a name without blanks, : and /");
    SocketSpec spec;
    if (name) spec.name = *name;
    read_listen_options(section, {.backlog = "backlog", .owner = "owner", .mode = "mode"},
                        surroundings_, spec.place);
    read_place(section, spec.place);
    section.warn_unknown(options);
    if (report_.errors().size() != errors_before) return std::nullopt;
    return spec;
  }

 private:
  void read_place(Section& section, ListenSpec& spec) {
    const bool is_set = section.has("listen");
    const auto text = section.text("listen");
    if (is_set && !text) return;  // reported
    if (!text || text->empty()) {
      section.fail("listen", "it is not said where to listen", an_address);
      return;
    }
    if (const auto parsed = parse_place(*text, spec); !parsed) {
      section.fail("listen", parsed.error().context, an_address);
      return;
    }
    for (const std::string_view key : {"mode", "owner"}) {
      if (spec.unix_path.empty() && section.has(key))
        section.fail(key, "only a Unix socket has it", "listen=unix:///ABSOLUTE/PATH");
    }
    const auto [owner, is_new] = owners_.emplace(spec.url, section.name());
    if (!is_new)
      section.fail("listen", spec.url + " is the address of [" + owner->second + "] too",
                   "an address of its own");
  }

  const common::Names& names_;
  const Surroundings& surroundings_;
  Report& report_;
  std::map<std::string, std::string> owners_;  // by URL, the section
};

}  // namespace

std::span<const std::string_view> socket_options() { return options; }

std::vector<SocketSpec> read_sockets(const RawFiles& files, const common::Names& names,
                                     std::span<const ServerSpec> servers,
                                     const Surroundings& surroundings, Report& report) {
  SocketsReader reader{names, servers, surroundings, report};
  std::vector<SocketSpec> sockets;
  for (const RawSection& section : files.sections) {
    if (!section.name.starts_with(prefix)) continue;
    if (auto socket = reader.read(section)) sockets.push_back(*std::move(socket));
  }
  return sockets;
}

void warn_of_unused(const RawFiles& files, std::span<const SocketSpec> sockets,
                    std::span<const GroupSpec> groups, Report& report) {
  std::set<std::string> used;
  for (const GroupSpec& group : groups) {
    for (const ProcessSpec& process : group.processes) {
      for (const SocketSpec& socket : process.sockets) used.insert(socket.name);
    }
  }
  for (const SocketSpec& socket : sockets) {
    if (used.contains(socket.name)) continue;
    const RawSection* const section = files.find(std::string{prefix} + socket.name);
    report.warn(section->file + ":" + std::to_string(section->line) + ": [" + section->name +
                "]: no program has it in its sockets=, so it is not opened");
  }
}

}  // namespace supervisord::config
