#include "supervisord/config/listen_spec.hpp"

#include "common/paths.hpp"
#include "common/values.hpp"
#include "supervisord/config/owner.hpp"

namespace supervisord::config {
namespace {

constexpr std::size_t longest_socket_path = 107;  // sockaddr_un has 108 with the final NUL
constexpr int most_backlog = 65535;
constexpr std::string_view a_backlog = "a number from 1 to 65535";

std::string invalid(std::string_view key, const std::string& value) {
  return "Invalid " + std::string{key} + " value " + value;
}

void read_backlog(Section& section, std::string_view key, ListenSpec& spec) {
  section.read(key, spec.backlog, common::parse_int, a_backlog);
  if (spec.backlog < 1 || spec.backlog > most_backlog)
    section.fail(key, invalid(key, std::to_string(spec.backlog)), a_backlog);
}

void read_owner(Section& section, std::string_view key, const Surroundings& surroundings,
                ListenSpec& spec) {
  const auto text = section.text(key);
  if (!text) return;
  const auto owner = parse_owner(*text, surroundings);
  if (!owner) {
    section.fail(key, invalid(key, *text), "USER or USER:GROUP of this system");
    return;
  }
  spec.owner = owner->user;
  spec.owner_group = owner->group;
}

void read_mode(Section& section, std::string_view key, ListenSpec& spec) {
  const auto text = section.text(key);
  if (!text) return;
  const auto mode = common::parse_octal(*text);
  if (mode) {
    spec.mode = *mode;
  } else {
    section.fail(key, invalid(key, *text), "an octal number such as 0700");
  }
}

}  // namespace

void read_listen_options(Section& section, const ListenKeys& keys, const Surroundings& surroundings,
                         ListenSpec& spec) {
  read_backlog(section, keys.backlog, spec);
  read_owner(section, keys.owner, surroundings, spec);
  read_mode(section, keys.mode, spec);
}

common::Result<std::string> parse_socket_path(std::string_view absolute_path) {
  std::string path = common::absolute(absolute_path, "/");
  if (path.size() <= longest_socket_path) return path;
  return common::Error{common::Errc::bad_value,
                       "the socket's path has " + std::to_string(path.size()) +
                           " bytes, more than " + std::to_string(longest_socket_path)};
}

}  // namespace supervisord::config
