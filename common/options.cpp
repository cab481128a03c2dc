#include "common/options.hpp"

#include <getopt.h>

#include <algorithm>

namespace common {
namespace {

constexpr int first_long_value = 256;  // above every short flag

Error usage(std::string text) { return {Errc::bad_syntax, std::move(text)}; }

/// The one option that `name` ("--ch") abbreviates when those that give way do; null when there is
/// none or several.
const Option* only_abbreviated(std::span<const Option> table, std::string_view name) {
  if (!name.starts_with("--") || name.size() == 2) return nullptr;
  name.remove_prefix(2);
  const Option* found = nullptr;
  for (const Option& each : table) {
    if (each.gives_way || !each.long_name.starts_with(name)) continue;
    if (found != nullptr) return nullptr;
    found = &each;
  }
  return found;
}

/// The option as it was written: "-c" or "--configuration".
std::string spelled(const Option& option, bool is_long) {
  return is_long ? "--" + std::string{option.long_name} : std::string{'-', option.short_name};
}

}  // namespace

bool ParsedOptions::has(std::string_view long_name) const {
  return std::ranges::any_of(
      given, [&](const Given& each) { return each.option->long_name == long_name; });
}

std::string ParsedOptions::value(std::string_view long_name) const {
  std::string out;
  for (const auto& each : given) {
    if (each.option->long_name == long_name) out = each.value;
  }
  return out;
}

Result<ParsedOptions> parse_options(std::span<const Option> table,
                                    const std::vector<std::string>& words) {
  std::string shorts = "+:";  // stop at the first other word; tell a missing argument apart
  std::vector<std::string> names;
  names.reserve(table.size());
  std::vector<::option> longs;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const Option& each = table[i];
    if (each.short_name != 0) {
      shorts += each.short_name;
      if (!each.argument.empty()) shorts += ':';
    }
    if (each.long_name.empty()) continue;
    names.emplace_back(each.long_name);
    longs.push_back({names.back().c_str(), each.argument.empty() ? no_argument : required_argument,
                     nullptr, first_long_value + static_cast<int>(i)});
  }
  longs.push_back({nullptr, 0, nullptr, 0});

  std::vector<std::string> storage{"program"};
  storage.insert(storage.end(), words.begin(), words.end());
  std::vector<char*> argv;
  for (auto& word : storage) argv.push_back(word.data());
  argv.push_back(nullptr);

  ParsedOptions out;
  optind = 0;  // glibc: begin anew
  opterr = 0;
  for (;;) {
    const int word = std::max(optind, 1);
    const int found = ::getopt_long(static_cast<int>(storage.size()), argv.data(), shorts.c_str(),
                                    longs.data(), nullptr);
    if (found == -1) break;
    const std::string written = storage[static_cast<std::size_t>(word)];
    if (found == '?') {
      if (optopt != 0 && optopt < first_long_value)
        return usage("option -" + std::string(1, static_cast<char>(optopt)) + " not recognized");
      const std::string name = written.substr(0, written.find('='));
      if (optopt >= first_long_value) return usage("option " + name + " must not have an argument");
      const auto candidates = std::ranges::count_if(names, [&](const auto& known) {
        return name.size() > 2 && known.starts_with(name.substr(2));
      });
      const Option* const meant = candidates > 1 ? only_abbreviated(table, name) : nullptr;
      if (meant != nullptr) {  // once more, with its name in full
        auto spelled_out = words;
        spelled_out[static_cast<std::size_t>(word) - 1] =
            "--" + std::string{meant->long_name} + written.substr(name.size());
        return parse_options(table, spelled_out);
      }
      return usage("option " + name +
                   (candidates > 1 ? " not a unique prefix" : " not recognized"));
    }
    if (found == ':') {
      const bool is_long = optopt >= first_long_value;
      const auto index = static_cast<std::size_t>(optopt - first_long_value);
      return usage("option " +
                   (is_long ? spelled(table[index], true)
                            : "-" + std::string(1, static_cast<char>(optopt))) +
                   " requires argument");
    }
    const bool is_long = found >= first_long_value;
    const auto option =
        is_long ? table.begin() + (found - first_long_value)
                : std::ranges::find(table, static_cast<char>(found), &Option::short_name);
    const bool is_again =
        std::ranges::any_of(out.given, [&](const auto& each) { return each.option == &*option; });
    if (is_again && !option->may_repeat) {
      return usage("conflicting command line option '" + spelled(*option, is_long) + "'");
    }
    out.given.push_back({&*option, optarg != nullptr ? optarg : "", is_long});
  }
  out.rest.assign(storage.begin() + optind, storage.end());
  return out;
}

std::string options_help(std::span<const Option> table, std::size_t width) {
  std::vector<std::string> heads;
  std::size_t widest = 0;
  for (const auto& each : table) {
    std::string head =
        each.short_name != 0 ? std::string{"  -"} + each.short_name : std::string{"    "};
    if (!each.long_name.empty())
      head += (each.short_name != 0 ? ", --" : "  --") + std::string{each.long_name};
    if (!each.argument.empty()) head += " " + std::string{each.argument};
    widest = std::max(widest, head.size());
    heads.push_back(std::move(head));
  }
  std::string out;
  for (std::size_t i = 0; i < table.size(); ++i) {
    std::string line = heads[i] + std::string(widest - heads[i].size() + 2, ' ');
    std::string_view help = table[i].help;
    while (!help.empty()) {
      const auto end = std::min(help.find(' '), help.size());
      if (line.size() + end > width && line.size() > widest + 2) {
        out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
        line = std::string(widest + 2, ' ');
      }
      line += std::string{help.substr(0, end)} + " ";
      help.remove_prefix(std::min(end + 1, help.size()));
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

}  // namespace common
