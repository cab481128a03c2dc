#include "asgi-worker/options/merge.hpp"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <utility>

#include "common/words.hpp"

namespace asgi_worker::options {
namespace {

using common::Errc;
using common::Error;
using common::Result;

Error unknown_flag(std::string_view place, std::string_view flag) {
  std::string text = std::string{place} + "No such option: " + std::string{flag};
  if (const auto near = nearest_flag(flag); !near.empty()) text += "  Did you mean " + near + "?";
  return {Errc::unknown, text};
}

bool is_foreign_worker(const std::string& name) {
  for (const char* const foreign : {"gevent", "eventlet", "tornado"})
    if (name.find(foreign) != std::string::npos) return true;
  return false;
}

bool has_choice(std::string_view choices, std::string_view value) {
  const auto padded = " " + std::string{choices} + " ";
  return !value.empty() && padded.find(" " + std::string{value} + " ") != std::string::npos;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return text;
}

Error bad_value(const Given& given, std::string_view problem) {
  return {Errc::bad_value, "Invalid value for " + given.spelling + ": '" + given.value + "' " +
                               std::string{problem}};
}

std::string choice_problem(std::string_view choices) {
  std::string problem = "is not one of";
  const char* separator = " ";
  while (!choices.empty()) {
    const auto space = choices.find(' ');
    problem.append(separator).append(choices.substr(0, space));
    choices = space == std::string_view::npos ? std::string_view{} : choices.substr(space + 1);
    separator = ", ";
  }
  return problem;
}

Result<void> apply(Options& options, const Given& given) {
  const Row& row = *given.row;
  if (row.force == Force::refused && given.value != "false" && !given.value.empty())
    return Error{Errc::unsupported, given.spelling + " is not there yet in this version"};
  if (row.set == nullptr) return {};
  if (row.choices.empty()) {
    const auto problem = row.set(options, given.value);
    return problem.empty() ? Result<void>{} : bad_value(given, problem);
  }
  const auto value = lower(given.value);
  if (!has_choice(row.choices, value)) return bad_value(given, choice_problem(row.choices));
  row.set(options, value);
  return {};
}

/// Two spellings in one place must agree: neither of them is the later word.
Result<void> check_conflicts(const Layer& layer) {
  std::map<const Row*, const Given*> seen;
  for (const Given& given : layer) {
    if (given.row->kind != Kind::value) continue;
    const auto [other, is_new] = seen.emplace(given.row, &given);
    if (!is_new && other->second->spelling != given.spelling && other->second->value != given.value)
      return Error{Errc::conflict, other->second->spelling + " " + other->second->value +
                                       " conflicts with " + given.spelling + " " + given.value};
    other->second = &given;
  }
  return {};
}

bool gives(const Layer& layer, std::initializer_list<std::string_view> keys) {
  return std::ranges::any_of(layer, [&](const Given& given) {
    return std::ranges::find(keys, given.row->key) != keys.end();
  });
}

/// A layer that names an address, or a list, says all of it: what lower layers said is forgotten.
Result<void> begin_layer(Options& options, const Layer& layer) {
  const bool has_bind = gives(layer, {"bind"});
  const bool has_parts = gives(layer, {"host", "port", "uds", "fd"});
  if (has_bind && has_parts)
    return Error{Errc::conflict,
                 "--bind conflicts with --host, --port, --uds and --fd: give one kind"};
  if (has_bind || has_parts) options.bind.clear();
  if (has_bind || gives(layer, {"uds", "fd"}))
    options.host = std::nullopt, options.port = std::nullopt;
  if (has_bind || has_parts) options.uds = std::nullopt, options.fd = std::nullopt;
  if (gives(layer, {"headers"})) options.headers.clear();
  if (gives(layer, {"raw_env"})) options.raw_env.clear();
  return {};
}

Result<void> check_whole(const Options& options) {
  if (is_foreign_worker(options.worker_class))
    return Error{Errc::unsupported,
                 "worker class '" + options.worker_class + "' is not an ASGI worker"};
  return {};
}

}  // namespace

Result<CommandLine> parse_words(const std::vector<std::string>& words, std::string_view place) {
  CommandLine line;
  for (std::size_t index = 0; index < words.size(); ++index) {
    const std::string& word = words[index];
    if (word == "--") {
      line.applications.insert(line.applications.end(),
                               words.begin() + static_cast<std::ptrdiff_t>(index) + 1, words.end());
      break;
    }
    if (word.size() < 2 || word[0] != '-') {
      line.applications.push_back(word);
      continue;
    }
    // "--name=value", "-w4", "--name value"
    const bool is_long = word[1] == '-';
    const auto end = is_long ? word.find('=') : std::size_t{2};
    const std::string flag = word.substr(0, end);
    std::optional<std::string> value;
    if (end < word.size()) value = word.substr(is_long ? end + 1 : end);

    const Row* const row = row_of_flag(flag);
    if (row == nullptr) return unknown_flag(place, flag);
    if (row->kind == Kind::toggle) {
      const bool is_off = flag.starts_with("--no-");
      if (value && (is_off || !is_long))
        return Error{Errc::bad_syntax, std::string{place} + "Option " + flag + " takes no value"};
      line.layer.push_back(
          {row, std::string{place} + flag, value.value_or(is_off ? "false" : "true")});
      continue;
    }
    if (!value) {
      if (index + 1 == words.size())
        return Error{Errc::missing,
                     std::string{place} + "Option " + flag + " requires an argument"};
      value = words[++index];
    }
    line.layer.push_back({row, std::string{place} + flag, *std::move(value)});
  }
  return line;
}

Result<Environment> read_environment(const std::vector<std::string>& environment) {
  std::map<std::string, std::string, std::less<>> variables;
  for (const auto& entry : environment)
    if (const auto equals = entry.find('='); equals != std::string::npos)
      variables.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  const auto value_of = [&](std::string_view name) -> const std::string* {
    const auto found = variables.find(name);
    return found == variables.end() || found->second.empty() ? nullptr : &found->second;
  };

  Environment read;
  if (const auto* port = value_of("PORT"))
    read.fallback.push_back({row_of_key("bind"), "PORT", "0.0.0.0:" + *port});
  if (const auto* count = value_of("WEB_CONCURRENCY"))
    read.fallback.push_back({row_of_key("workers"), "WEB_CONCURRENCY", *count});
  if (const auto* list = value_of("FORWARDED_ALLOW_IPS"))
    read.fallback.push_back({row_of_key("forwarded_allow_ips"), "FORWARDED_ALLOW_IPS", *list});
  if (const auto* args = value_of("GUNICORN_CMD_ARGS")) {
    const auto words = common::parse_words(*args);
    if (!words) return Error{words.error().code, "GUNICORN_CMD_ARGS: " + words.error().context};
    auto line = parse_words(*words, "GUNICORN_CMD_ARGS: ");
    if (!line) return line.error();
    read.layer.insert(read.layer.end(), line->layer.begin(), line->layer.end());
    if (!line->applications.empty()) read.application = line->applications.front();
  }
  for (const auto& [name, value] : variables) {
    if (!name.starts_with("UVICORN_") || value.empty()) continue;
    const auto key = lower(name.substr(8));
    if (key == "app") {
      read.application = value;
    } else if (const Row* const row = row_of_key(key)) {
      read.layer.push_back({row, name, value});
    }
  }
  return read;
}

Result<Options> merge(const std::vector<Layer>& layers) {
  Options options;
  for (const Layer& layer : layers) {
    if (auto checked = check_conflicts(layer); !checked) return checked.error();
    if (auto begun = begin_layer(options, layer); !begun) return begun.error();
    for (const Given& given : layer)
      if (auto applied = apply(options, given); !applied) return applied.error();
  }
  if (auto checked = check_whole(options); !checked) return checked.error();
  return options;
}

std::vector<std::string> not_in_force(const std::vector<Layer>& layers) {
  std::vector<std::string> keys;
  for (const Layer& layer : layers)
    for (const Given& given : layer) {
      const std::string key{given.row->key};
      const bool says_nothing = given.row->kind == Kind::toggle && given.value == "false";
      if (given.row->force == Force::later && !says_nothing &&
          std::ranges::find(keys, key) == keys.end())
        keys.push_back(key);
    }
  return keys;
}

std::vector<std::string> addresses(const Options& options) {
  if (!options.bind.empty()) {
    std::vector<std::string> all;
    for (const auto& entry : options.bind) {  // gunicorn takes "a:1,b:2" too
      for (std::size_t begin = 0; begin <= entry.size();) {
        const auto comma = std::min(entry.find(',', begin), entry.size());
        if (comma > begin) all.push_back(entry.substr(begin, comma - begin));
        begin = comma + 1;
      }
    }
    return all;
  }
  if (options.fd) return {"fd://" + std::to_string(*options.fd)};
  if (options.uds) return {"unix:" + *options.uds};
  std::string host = options.host.value_or("127.0.0.1");
  if (host.find(':') != std::string::npos && !host.starts_with('[')) host = "[" + host + "]";
  return {host + ":" + std::to_string(options.port.value_or(8000))};
}

}  // namespace asgi_worker::options
