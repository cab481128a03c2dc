#include "asgi-worker/options/environment.hpp"

#include <map>

#include "asgi-worker/options/values.hpp"
#include "common/words.hpp"

namespace asgi_worker::options {
namespace {

using common::Error;
using common::Result;

/// Those that say something, by name.
using Variables = std::map<std::string, std::string, std::less<>>;

Variables by_name(const std::vector<std::string>& variables) {
  Variables named;
  for (const auto& entry : variables)
    if (const auto equals = entry.find('=');
        equals != std::string::npos && equals + 1 < entry.size())
      named.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  return named;
}

const std::string* value_of(const Variables& variables, std::string_view name) {
  const auto found = variables.find(name);
  return found == variables.end() ? nullptr : &found->second;
}

/// Granian's variables that are not named after their option.
std::string_view granian_key(std::string_view key) {
  if (key == "websockets") return "ws";
  if (key == "log_access_enabled") return "access_log";
  if (key == "log_access_fmt") return "access_log_format";
  if (key == "metrics_enabled") return "metrics";
  return key;
}

/// A list's values are separated by blanks.
void give(Layer& layer, const Row& row, const std::string& name, const std::string& value) {
  if (row.kind != Kind::list) return layer.push_back({&row, name, value});
  each_word(value, [&](std::string_view word) {
    if (!word.empty()) layer.push_back({&row, name, std::string{word}});
  });
}

void read_prefixed(Environment& read, const std::string& name, const std::string& value) {
  for (const std::string_view prefix : {"UVICORN_", "GRANIAN_", "ASGI_WORKER_"}) {
    if (!name.starts_with(prefix)) continue;
    const auto key = lower(name.substr(prefix.size()));
    const bool is_own = prefix == "ASGI_WORKER_";
    if (key == "app") {
      read.application = value;
    } else if (const Row* const row = row_of_key(prefix == "GRANIAN_" ? granian_key(key) : key)) {
      give(is_own ? read.own : read.servers, *row, name, value);
    } else if (is_own && key != "sockets" && key != "predecessor") {  // those: of a USR2 before
      const auto near = nearest_key(key);
      read.warnings.push_back("unknown variable " + name +
                              (near.empty() ? "" : ", did you mean the option '" + near + "'?"));
    }
    return;
  }
}

}  // namespace

Result<Environment> read_environment(const std::vector<std::string>& variables) {
  const auto named = by_name(variables);
  Environment read;
  if (const auto* args = value_of(named, "GUNICORN_CMD_ARGS")) {
    const auto words = common::parse_words(*args);
    if (!words) return Error{words.error().code, "GUNICORN_CMD_ARGS: " + words.error().context};
    auto line = parse_words(*words, "GUNICORN_CMD_ARGS: ");
    if (!line) return line.error();
    read.gunicorn = std::move(line->layer);
    read.warnings = std::move(line->warnings);
    if (!line->applications.empty()) read.application = line->applications.front();
  }
  for (const auto& [name, value] : named) read_prefixed(read, name, value);
  return read;
}

Layer read_fallback(const std::vector<std::string>& variables) {
  const auto named = by_name(variables);
  Layer layer;
  if (const auto* port = value_of(named, "PORT")) {
    const auto* const host = value_of(named, "HOST");
    layer.push_back({row_of_key("host"), "HOST", host != nullptr ? *host : "0.0.0.0"});
    layer.push_back({row_of_key("port"), "PORT", *port});
  }
  if (const auto* count = value_of(named, "WEB_CONCURRENCY"))
    layer.push_back({row_of_key("workers"), "WEB_CONCURRENCY", *count});
  if (const auto* list = value_of(named, "FORWARDED_ALLOW_IPS"))
    layer.push_back({row_of_key("forwarded_allow_ips"), "FORWARDED_ALLOW_IPS", *list});
  return layer;
}

}  // namespace asgi_worker::options
