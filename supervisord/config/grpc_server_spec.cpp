#include "supervisord/config/grpc_server_spec.hpp"

#include <array>
#include <string>

#include "supervisord/config/http_server_spec.hpp"
#include "supervisord/config/path_values.hpp"

namespace supervisord::config {
namespace {

constexpr std::array<std::string_view, 7> options{
    "address", "certfile", "keyfile", "client_ca", "tokens_file", "allow_users", "allow_groups"};

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::string file_of(Section& section, std::string_view key, const Surroundings& surroundings) {
  const auto base = surroundings.working_directory();
  std::string path;
  section.read(
      key, path, [&](const std::string& text) { return parse_file_path(text, base, surroundings); },
      "a file in a directory that exists");
  return path;
}

void check_who_may(Section& section, const ServerSpec& spec) {
  const bool is_tls = !spec.grpc->certfile.empty();
  const bool is_local = is_loopback(spec.host);
  const bool has_names = !spec.allow_users.empty() || !spec.allow_groups.empty();
  if (!is_local && !is_tls) {
    section.fail("address", "plain text is spoken on loopback only",
                 "certfile and keyfile, or an address such as 127.0.0.1:9002");
  }
  if (!spec.grpc->client_ca.empty() && !is_tls)
    section.fail("client_ca", "client certificates need TLS", "certfile and keyfile beside it");
  if (!spec.grpc->client_ca.empty() && !has_names) {
    section.fail("client_ca", "nobody would be let in",
                 "allow_users or allow_groups beside it; *:read for all certificates");
  }
  if (spec.grpc->client_ca.empty() && has_names) {
    section.fail(section.has("allow_users") ? "allow_users" : "allow_groups",
                 "these are names of client certificates", "client_ca beside it");
  }
  if (!is_local && spec.grpc->client_ca.empty() && spec.grpc->tokens_file.empty()) {
    section.fail("address", "whoever can connect would be admin",
                 "client_ca or tokens_file, or an address such as 127.0.0.1:9002");
  }
}

}  // namespace

std::span<const std::string_view> grpc_server_options() { return options; }

ServerSpec read_grpc_server(Section& section, const Surroundings& surroundings) {
  ServerSpec spec;
  spec.section = section.name();
  spec.grpc.emplace();
  section.warn_unknown(options);
  if (!section.has("address"))
    section.fail("address", "section [" + section.name() + "] has no address value");
  TcpAddress address;
  section.read("address", address, parse_tcp_address,
               "PORT or HOST:PORT with a port from 1 to 65535");
  spec.host = address.host;
  if (spec.host.starts_with('[') && spec.host.ends_with(']'))
    spec.host = spec.host.substr(1, spec.host.size() - 2);
  spec.port = address.port;
  spec.grpc->certfile = file_of(section, "certfile", surroundings);
  spec.grpc->keyfile =
      section.has("keyfile") ? file_of(section, "keyfile", surroundings) : spec.grpc->certfile;
  if (spec.grpc->certfile.empty() && section.has("keyfile") && !section.has("certfile"))
    section.fail("keyfile", "a key without a certificate", "certfile beside it");
  spec.grpc->client_ca = file_of(section, "client_ca", surroundings);
  spec.grpc->tokens_file = file_of(section, "tokens_file", surroundings);
  if (const auto names = section.text("allow_users")) spec.allow_users = parse_allowed(*names);
  if (const auto names = section.text("allow_groups")) spec.allow_groups = parse_allowed(*names);
  if (spec.port != 0) check_who_may(section, spec);
  return spec;
}

}  // namespace supervisord::config
