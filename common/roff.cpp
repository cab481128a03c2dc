#include "common/roff.hpp"

namespace common {

std::string roff(std::string_view text) {
  std::string out;
  if (text.starts_with('.') || text.starts_with('\'')) out += "\\&";
  for (const char letter : text) {
    if (letter == '\\') {
      out += "\\e";
    } else if (letter == '-') {
      out += "\\-";
    } else {
      out += letter;
    }
  }
  return out;
}

std::string roff_entry(std::string_view term, std::string_view argument, std::string_view text) {
  std::string out = ".TP\n\\fB" + roff(term) + "\\fR";
  if (!argument.empty()) out += " \\fI" + roff(argument) + "\\fR";
  return out + "\n" + roff(text) + "\n";
}

std::string roff_options(std::span<const Option> options) {
  std::string out;
  for (const Option& option : options) {
    std::string term;
    if (option.short_name != 0) term = std::string{"-"} + option.short_name;
    if (!option.long_name.empty())
      term += (term.empty() ? "--" : ", --") + std::string{option.long_name};
    out += roff_entry(term, option.argument, option.help);
  }
  return out;
}

}  // namespace common
