#include "common/expand.hpp"

#include <cctype>
#include <cstdio>

namespace common {
namespace {

struct Conversion {
  bool left = false;
  bool plus = false;
  bool space = false;
  bool zero = false;
  bool alternative = false;
  int width = 0;
  int precision = -1;
  char type = 's';
};

constexpr int widest = 65536;

std::string pad(std::string text, const Conversion& how, std::size_t sign_size) {
  const auto width = static_cast<std::size_t>(how.width);
  if (text.size() >= width) return text;
  const std::size_t missing = width - text.size();
  if (how.left) return text + std::string(missing, ' ');
  if (how.zero && sign_size != std::string::npos) return text.insert(sign_size, missing, '0');
  return std::string(missing, ' ') + text;
}

std::string format_number(std::int64_t value, const Conversion& how) {
  const bool negative = value < 0;
  const auto magnitude =
      negative ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  char digits[32];
  const char* const form = how.type == 'x'   ? "%lx"
                           : how.type == 'X' ? "%lX"
                           : how.type == 'o' ? "%lo"
                                             : "%lu";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  std::snprintf(digits, sizeof digits, form, static_cast<unsigned long>(magnitude));
#pragma GCC diagnostic pop
  std::string number = digits;
  if (how.precision > static_cast<int>(number.size())) {
    number.insert(0, static_cast<std::size_t>(how.precision) - number.size(), '0');
  }
  std::string sign = negative ? "-" : how.plus ? "+" : how.space ? " " : "";
  if (how.alternative && how.type != 'd' && how.type != 'i' && how.type != 'u')
    sign += std::string{"0"} + how.type;
  const std::size_t size = sign.size();
  return pad(sign + number, how, size);
}

std::string format_text(std::string text, const Conversion& how) {
  if (how.type == 'r' || how.type == 'a') text = "'" + text + "'";
  if (how.precision >= 0 && text.size() > static_cast<std::size_t>(how.precision)) {
    text.resize(static_cast<std::size_t>(how.precision));
  }
  return pad(std::move(text), how, std::string::npos);
}

std::string repr(std::string_view text) { return "'" + std::string{text} + "'"; }

class Expander {
 public:
  Expander(std::string_view text, const ExpansionNames& names, std::string_view where)
      : text_{text}, names_{names}, where_{where} {}

  Result<std::string> run() {
    std::string out;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c != '%') {
        out += c;
        continue;
      }
      if (at_ == text_.size()) return badly_formatted("incomplete format");
      if (text_[at_] == '%') {
        out += '%';
        ++at_;
        continue;
      }
      auto piece = expand_one();
      if (!piece) return piece.error();
      out += *piece;
    }
    return out;
  }

 private:
  Error badly_formatted(const std::string& reason) const {
    return {Errc::bad_expansion, "Format string " + repr(text_) + " for " + repr(where_) +
                                     " is badly formatted: " + reason};
  }

  Error unknown_name(std::string_view name) const {
    std::string known;
    for (const auto& [available, value] : names_) known += (known.empty() ? "" : ", ") + available;
    return {Errc::bad_expansion, "Format string " + repr(text_) + " for " + repr(where_) +
                                     " contains names (" + repr(name) +
                                     ") which cannot be expanded. Available names: " + known};
  }

  Error unsupported() const {
    char place[96];
    const auto byte = static_cast<unsigned char>(text_[at_]);
    std::snprintf(place, sizeof place, "unsupported format character '%c' (0x%x) at index %zu",
                  text_[at_], byte, at_);
    return badly_formatted(place);
  }

  Result<int> number() {
    int value = 0;
    while (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_]))) {
      value = value * 10 + (text_[at_++] - '0');
      if (value > widest) return badly_formatted("width too big");
    }
    return value;
  }

  Result<std::string> expand_one() {
    if (text_[at_] != '(') {
      if (std::string_view{"diouxXeEfFgGcrsa"}.find(text_[at_]) != std::string_view::npos) {
        return badly_formatted("format requires a mapping");
      }
      return unsupported();
    }
    const auto begin = ++at_;
    int depth = 1;
    while (at_ < text_.size() && depth > 0) {
      if (text_[at_] == '(') ++depth;
      if (text_[at_] == ')') --depth;
      ++at_;
    }
    if (depth > 0) return badly_formatted("incomplete format key");
    const auto name = text_.substr(begin, at_ - begin - 1);
    const auto found = names_.find(name);
    if (found == names_.end()) return unknown_name(name);

    Conversion how;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '-')
        how.left = true;
      else if (c == '+')
        how.plus = true;
      else if (c == ' ')
        how.space = true;
      else if (c == '0')
        how.zero = true;
      else if (c == '#')
        how.alternative = true;
      else
        break;
    }
    const auto width = number();
    if (!width) return width.error();
    how.width = *width;
    if (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      const auto precision = number();
      if (!precision) return precision.error();
      how.precision = *precision;
    }
    while (at_ < text_.size() && std::string_view{"hlL"}.find(text_[at_]) != std::string_view::npos)
      ++at_;
    if (at_ == text_.size()) return badly_formatted("incomplete format");
    how.type = text_[at_];
    return convert(found->second, how);
  }

  Result<std::string> convert(const std::variant<std::string, std::int64_t>& value,
                              const Conversion& how) {
    const auto* const integer = std::get_if<std::int64_t>(&value);
    switch (how.type) {
      case 's':
      case 'r':
      case 'a':
        ++at_;
        return integer != nullptr
                   ? format_text(std::to_string(*integer), {how.left, false, false, false, false,
                                                            how.width, how.precision, 's'})
                   : format_text(std::get<std::string>(value), how);
      case 'd':
      case 'i':
      case 'u':
      case 'o':
      case 'x':
      case 'X':
        if (integer == nullptr) {
          return badly_formatted(std::string{"%"} + how.type +
                                 " format: a number is required, not str");
        }
        ++at_;
        return format_number(*integer, how);
      default: return unsupported();
    }
  }

  std::string_view text_;
  const ExpansionNames& names_;
  std::string_view where_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::string> expand(std::string_view text, const ExpansionNames& names,
                           std::string_view where) {
  return Expander{text, names, where}.run();
}

}  // namespace common
