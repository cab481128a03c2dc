#include "supervisorctl/output/flags.hpp"

namespace supervisorctl {

common::Result<Given> parse_flags(std::span<const Flag> table,
                                  const std::vector<std::string>& words) {
  Given out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") {
      out.names.insert(out.names.end(), words.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                       words.end());
      return out;
    }
    if (word.size() < 2 || word.front() != '-') {
      out.names.push_back(word);
      continue;
    }
    const std::string name = word.substr(0, word.find('='));
    const auto flag = std::ranges::find(table, name, &Flag::name);
    if (flag == table.end())
      return common::Error{common::Errc::bad_syntax, "has no option " + name};
    const bool has_value = name.size() != word.size();
    if (flag->argument.empty() && has_value)
      return common::Error{common::Errc::bad_syntax, "takes no value behind " + name};
    if (flag->argument.empty()) {
      out.flags.emplace_back(flag->name, "");
    } else if (has_value) {
      out.flags.emplace_back(flag->name, word.substr(name.size() + 1));
    } else if (i + 1 < words.size()) {
      out.flags.emplace_back(flag->name, words[++i]);
    } else {
      return common::Error{common::Errc::bad_syntax, "needs a value behind " + name};
    }
  }
  return out;
}

std::string flags_help(std::span<const Flag> table) {
  const auto left = [](const Flag& flag) {
    return std::string{flag.name} + (flag.argument.empty() ? "" : " " + std::string{flag.argument});
  };
  std::size_t widest = 0;
  for (const Flag& flag : table) widest = std::max(widest, left(flag).size());
  std::string out;
  for (const Flag& flag : table) {
    const std::string text = left(flag);
    out += "\n  " + text + std::string(widest - text.size() + 2, ' ') + std::string{flag.help};
  }
  return out;
}

}  // namespace supervisorctl
