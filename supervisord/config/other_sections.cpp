#include "supervisord/config/other_sections.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "supervisord/config/http_server_spec.hpp"
#include "supervisord/config/section.hpp"

namespace supervisord::config {
namespace {

constexpr std::string_view factory_key = "supervisor.rpcinterface_factory";
constexpr std::string_view standard_factory = "supervisor.rpcinterface:make_main_rpcinterface";

constexpr std::array<std::string_view, 13> sections{
    "supervisord",   "supervisorctl", "include",       "unix_http_server", "inet_http_server",
    "grpc_server",   "program:",      "fcgi-program:", "eventlistener:",   "group:",
    "rpcinterface:", "ctlplugin:",    "socket:"};
constexpr std::array<std::string_view, 9> of_ctl{"serverurl", "username",     "password",
                                                 "prompt",    "history_file", "ca",
                                                 "cert",      "key",          "token_file"};
constexpr std::array<std::string_view, 1> of_include{"files"};

/// Up to the colon, with it: "program:" of "program:x".
std::string_view kind_of(std::string_view name) {
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(0, colon + 1);
}

bool is_known(std::string_view name) {
  return std::find(sections.begin(), sections.end(), kind_of(name)) != sections.end() ||
         is_server_section(name, "unix_http_server") ||
         is_server_section(name, "inet_http_server") || is_server_section(name, "grpc_server");
}

void warn_about(const RawSection& section, const std::string& message, Report& report) {
  report.warn(section.file + ":" + std::to_string(section.line) + ": [" + section.name +
              "]: " + message);
}

void warn_unknown_section(const RawSection& section, Report& report) {
  const std::string_view near = nearest(kind_of(section.name), sections);
  std::string hint;
  if (!near.empty()) {
    (hint += " (did you mean [") += near;
    hint += near.ends_with(':') ? "NAME]?)" : "]?)";
  }
  warn_about(section, "unknown section, ignored" + hint, report);
}

/// Supervisor's own interface is served in any case; others are Python.
void check_rpc_interface(const RawSection& raw, const common::Names& names, Report& report) {
  Section section{raw, names, report};
  const bool is_set = section.has(factory_key);
  const auto factory = section.text(factory_key);
  if (is_set && !factory) return;  // reported
  if (!factory) {
    section.fail("", "section [" + raw.name + "] does not specify a " + std::string{factory_key},
                 std::string{factory_key} + " = " + std::string{standard_factory});
    return;
  }
  if (*factory != standard_factory) {
    section.warn(factory_key, "a Python extension, not supported; the interface is not there");
    return;
  }
  for (const auto& [key, value] : raw.values) {
    if (key != factory_key && !value.from_default) section.warn(key, "has no effect");
  }
}

}  // namespace

std::span<const std::string_view> known_sections() { return sections; }
std::span<const std::string_view> ctl_options() { return of_ctl; }
std::span<const std::string_view> include_options() { return of_include; }

void check_other_sections(const RawFiles& files, const common::Names& names, Report& report) {
  for (const RawSection& section : files.sections) {
    if (section.name.starts_with("rpcinterface:")) {
      check_rpc_interface(section, names, report);
    } else if (section.name.starts_with("ctlplugin:")) {
      warn_about(section, "a Python extension of supervisorctl, not supported, ignored", report);
    } else if (section.name == "supervisorctl") {
      Section{section, names, report}.warn_unknown(of_ctl);
    } else if (section.name == "include") {
      Section{section, names, report}.warn_unknown(of_include);
    } else if (!is_known(section.name)) {
      warn_unknown_section(section, report);
    }
  }
}

}  // namespace supervisord::config
