#include "asgi-worker/options/merge.hpp"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <utility>

#include "asgi-worker/options/values.hpp"

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

Error bad_value(const Given& given, std::string_view problem) {
  return {Errc::bad_value, "Invalid value for " + given.spelling + ": '" + given.value + "' " +
                               std::string{problem}};
}

std::string choice_problem(std::string_view choices) {
  std::string problem = "is not one of";
  const char* separator = " ";
  each_word(choices, [&](std::string_view choice) {
    problem.append(separator).append(choice);
    separator = ", ";
  });
  return problem;
}

/// Whether a refused option asks for nothing: off, or the first of its choices.
bool asks_for_nothing(const Given& given) {
  const auto value = lower(given.value);
  if (value.empty() || value == "false") return true;
  const auto first = given.row->choices.substr(0, given.row->choices.find(' '));
  return !first.empty() && value == first;
}

Error refusal(const Given& given) {
  std::string text = given.spelling + " is not there in this version";
  if (!given.row->advice.empty()) text += ": " + std::string{given.row->advice};
  return {Errc::unsupported, text};
}

Result<void> apply(Options& options, const Given& given) {
  const Row& row = *given.row;
  if (row.force == Force::refused && !asks_for_nothing(given)) return refusal(given);
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
  if (gives(layer, {"static"})) options.static_routes.clear();
  if (gives(layer, {"access_log_exclude"})) options.access_log_exclude.clear();
  if (gives(layer, {"raw_env"})) options.raw_env.clear();
  if (gives(layer, {"reload_dirs"})) options.reload_dirs.clear();
  if (gives(layer, {"reload_includes"})) options.reload_includes.clear();
  if (gives(layer, {"reload_excludes"})) options.reload_excludes.clear();
  if (gives(layer, {"access_log_exclude"})) options.access_log_exclude.clear();
  if (gives(layer, {"env_file"})) options.env_files.clear();
  return {};
}

Result<void> check_whole(const Options& options) {
  if (is_foreign_worker(options.worker_class))
    return Error{Errc::unsupported,
                 "worker class '" + options.worker_class + "' is not an ASGI worker"};
  return {};
}

/// A shell makes one of a backslash before blanks, where somebody meant to go on in the next line.
bool is_blank(std::string_view word) {
  return word.find_first_not_of(" \t\r\n") == std::string_view::npos;
}
constexpr const char* blank_word =
    "a blank argument is ignored: does a backslash stand before a comment, not at its line's end?";

/// A flag, or the one long flag that begins so.
Result<std::string> whole_flag(const std::string& flag, std::string_view place) {
  if (row_of_flag(flag) != nullptr) return flag;
  if (!flag.starts_with("--") || flag.size() < 5) return unknown_flag(place, flag);
  const auto meant = flags_that_begin(flag);
  if (meant.size() == 1) return meant.front();
  if (meant.empty()) return unknown_flag(place, flag);
  std::string text = std::string{place} + "Ambiguous option: " + flag + " could be";
  const char* separator = " ";
  for (const auto& one : meant) {
    text.append(separator).append(one);
    separator = ", ";
  }
  return Error{Errc::unknown, text};
}

/// ":9090", "127.0.0.1:9090", "unix:/run/x": no application's name.
bool is_address(std::string_view word) {
  const auto port = word.substr(word.rfind(':') + 1);
  return word.starts_with("unix:") ||
         (word.find(':') != std::string_view::npos && !port.empty() &&
          port.find_first_not_of("0123456789") == std::string_view::npos);
}

/// Of an option that may stand alone, whether this word, which may be the application, belongs to
/// it.
bool is_value_of(const Row& row, const std::string& word) {
  if (has_choice(row.choices, lower(word))) return true;
  if (row.value == "ADDRESS") return is_address(word);
  return row.value == "NAME" && word.find(':') != std::string::npos;  // a class
}

std::string off_value(const Row& row, bool is_off) {
  if (!is_off) return "true";
  return row.kind == Kind::maybe && has_choice(row.choices, "none") ? "none" : "false";
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
    if (is_blank(word)) {
      line.warnings.push_back(std::string{place} + blank_word);
      continue;
    }
    if (word.size() < 2 || word[0] != '-') {
      line.applications.push_back(word);
      continue;
    }
    // "--name=value", "-w4", "--name value"
    const bool is_long = word[1] == '-';
    const auto end = is_long ? word.find('=') : std::size_t{2};
    std::optional<std::string> value;
    if (end < word.size()) value = word.substr(is_long ? end + 1 : end);
    const auto flag = whole_flag(word.substr(0, end), place);
    if (!flag) return flag.error();
    const std::string spelling = std::string{place} + *flag;
    const Row& row = *row_of_flag(*flag);
    const bool is_off = row.kind != Kind::value && flag->starts_with("--no-");
    if (row.kind == Kind::toggle || is_off) {
      if (value && (is_off || !is_long))
        return Error{Errc::bad_syntax, "Option " + spelling + " takes no value"};
      line.layer.push_back({&row, spelling, value.value_or(off_value(row, is_off))});
      continue;
    }
    const bool has_next = index + 1 < words.size();
    if (!value && row.kind == Kind::maybe)
      value = has_next && is_value_of(row, words[index + 1]) ? words[++index] : "true";
    if (!value && !has_next)
      return Error{Errc::missing, "Option " + spelling + " requires an argument"};
    if (!value) value = words[++index];
    line.layer.push_back({&row, spelling, *std::move(value)});
  }
  return line;
}

Result<Options> merge(const std::vector<Layer>& layers, Options defaults) {
  Options options = std::move(defaults);
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
