#include "common/expand.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <set>

#include "common/overloaded.hpp"
#include "common/repr.hpp"

namespace common {
namespace {

constexpr std::size_t widest = 4096;  // of one conversion; Python has no limit worth the name

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xc0) != 0x80; }));
}

std::string first_characters(std::string_view text, std::size_t count) {
  std::size_t end = 0;
  while (end < text.size()) {
    if ((static_cast<unsigned char>(text[end]) & 0xc0) != 0x80 && count-- == 0) break;
    ++end;
  }
  return std::string{text.substr(0, end)};
}

/// What stands between '%' and the conversion's letter.
struct Spec {
  bool left = false;
  bool plus = false;
  bool space = false;
  bool alternate = false;
  bool zero = false;
  std::size_t width = 0;
  std::optional<std::size_t> precision;
  char letter = 0;
};

struct BadFormat {
  std::string reason;
};
struct UnknownName {
  std::string name;
};
using Problem = std::variant<BadFormat, UnknownName>;

std::string padded(std::string body, std::string_view sign, bool numeric, const Spec& spec) {
  const std::size_t size = characters(body) + sign.size();
  const std::size_t missing = spec.width > size ? spec.width - size : 0;
  std::string text{sign};
  if (spec.left) return text + body + std::string(missing, ' ');
  if (numeric && spec.zero) return text + std::string(missing, '0') + body;
  return std::string(missing, ' ') + text + body;
}

std::string digits_in(std::uint64_t value, char letter) {
  std::array<char, 32> text{};
  const char* const format = letter == 'o'   ? "%lo"
                             : letter == 'x' ? "%lx"
                             : letter == 'X' ? "%lX"
                                             : "%lu";
  const int size =
      std::snprintf(text.data(), text.size(), format, static_cast<unsigned long>(value));
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string_view sign_of(bool negative, const Spec& spec) {
  return negative ? "-" : spec.plus ? "+" : spec.space ? " " : "";
}

std::string integer_text(std::int64_t value, const Spec& spec) {
  const auto magnitude =
      value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  std::string digits = digits_in(magnitude, spec.letter);
  if (spec.precision && *spec.precision > digits.size()) {
    digits.insert(0, *spec.precision - digits.size(), '0');
  }
  std::string prefix{sign_of(value < 0, spec)};
  if (spec.alternate && std::string_view{"oxX"}.find(spec.letter) != std::string_view::npos) {
    prefix += '0';
    prefix += spec.letter;
  }
  return padded(std::move(digits), prefix, true, spec);
}

std::string real_text(std::int64_t value, const Spec& spec) {
  std::array<char, 2 * widest> text{};
  const char format[] = {'%', '.', '*', spec.letter, 0};
  const char with_point[] = {'%', '#', '.', '*', spec.letter, 0};
  const double magnitude = value < 0 ? -static_cast<double>(value) : static_cast<double>(value);
  const int size = std::snprintf(text.data(), text.size(), spec.alternate ? with_point : format,
                                 static_cast<int>(spec.precision.value_or(6)), magnitude);
  return padded({text.data(), static_cast<std::size_t>(size)}, sign_of(value < 0, spec), true,
                spec);
}

std::string cut_and_padded(std::string text, const Spec& spec) {
  if (spec.precision) text = first_characters(text, *spec.precision);
  return padded(std::move(text), "", false, spec);
}

class Expander {
 public:
  Expander(std::string_view format, const Names& names) : format_{format}, names_{names} {}

  std::variant<std::string, Problem> run() {
    std::string out;
    while (at_ < format_.size()) {
      const std::size_t percent = std::min(format_.find('%', at_), format_.size());
      out += format_.substr(at_, percent - at_);
      at_ = percent;
      if (at_ == format_.size()) break;
      ++at_;
      if (auto problem = conversion(out)) return *problem;
    }
    return out;
  }

 private:
  bool ended() const { return at_ == format_.size(); }

  /// What follows a '%', appended to `out`.
  std::optional<Problem> conversion(std::string& out) {
    if (!ended() && format_[at_] == '%') {
      out += format_[at_++];
      return std::nullopt;
    }
    const Names::Value* value = nullptr;
    if (!ended() && format_[at_] == '(') {
      const auto name = name_in_parentheses();
      if (!name) return BadFormat{"incomplete format key"};
      value = names_.find(*name);
      if (value == nullptr) return UnknownName{std::string{*name}};
    }
    Spec spec;
    if (auto problem = read_spec(spec)) return problem;
    if (std::string_view{"diuoxXeEfFgGcrsa"}.find(spec.letter) == std::string_view::npos) {
      return unsupported(spec.letter);
    }
    if (value == nullptr) {
      return BadFormat{std::string{"'%"} + spec.letter +
                       "' without a name in parentheses at index " + std::to_string(index() - 1) +
                       " (a literal percent is written '%%')"};
    }
    return std::visit(Overloaded{[&](const std::string& text) { return put(text, spec, out); },
                                 [&](std::int64_t number) { return put(number, spec, out); }},
                      *value);
  }

  /// Parentheses may nest. None: the last one is missing.
  std::optional<std::string_view> name_in_parentheses() {
    const std::size_t first = ++at_;
    for (int depth = 1; !ended(); ++at_) {
      if (format_[at_] == '(') ++depth;
      if (format_[at_] == ')' && --depth == 0) return format_.substr(first, at_++ - first);
    }
    return std::nullopt;
  }

  std::optional<Problem> read_spec(Spec& spec) {
    for (; !ended(); ++at_) {
      bool* const flag = format_[at_] == '-'   ? &spec.left
                         : format_[at_] == '+' ? &spec.plus
                         : format_[at_] == ' ' ? &spec.space
                         : format_[at_] == '#' ? &spec.alternate
                         : format_[at_] == '0' ? &spec.zero
                                               : nullptr;
      if (flag == nullptr) break;
      *flag = true;
    }
    if (auto problem = read_count(spec.width, "width too big")) return problem;
    if (!ended() && format_[at_] == '.') {
      ++at_;
      if (auto problem = read_count(spec.precision.emplace(0), "precision too big")) return problem;
    }
    if (!ended() && std::string_view{"hlL"}.find(format_[at_]) != std::string_view::npos) ++at_;
    if (ended()) return BadFormat{"incomplete format"};
    spec.letter = format_[at_++];
    return std::nullopt;
  }

  std::optional<Problem> read_count(std::size_t& count, const char* too_big) {
    if (!ended() && format_[at_] == '*') return BadFormat{"* wants int"};
    for (; !ended() && format_[at_] >= '0' && format_[at_] <= '9'; ++at_) {
      count = count * 10 + static_cast<std::size_t>(format_[at_] - '0');
      if (count > widest) return BadFormat{too_big};
    }
    return std::nullopt;
  }

  static std::optional<Problem> put(const std::string& text, const Spec& spec, std::string& out) {
    switch (spec.letter) {
      case 's': out += cut_and_padded(text, spec); return std::nullopt;
      case 'r':
      case 'a': out += cut_and_padded(repr(text), spec); return std::nullopt;
      case 'c':
        if (characters(text) != 1) return BadFormat{"%c requires int or char"};
        out += padded(text, "", false, spec);
        return std::nullopt;
      case 'o':
      case 'x':
      case 'X':
        return BadFormat{std::string{"%"} + spec.letter +
                         " format: an integer is required, not str"};
      case 'd':
      case 'i':
      case 'u':
        return BadFormat{std::string{"%"} + spec.letter +
                         " format: a real number is required, not str"};
      default: return BadFormat{"must be real number, not str"};
    }
  }

  static std::optional<Problem> put(std::int64_t number, const Spec& spec, std::string& out) {
    switch (spec.letter) {
      case 's':
      case 'r':
      case 'a': out += cut_and_padded(std::to_string(number), spec); return std::nullopt;
      case 'c':  // Python takes any code point; nobody numbers processes in letters beyond ASCII
        if (number < 1 || number > 127) return BadFormat{"%c arg not in range(1, 128)"};
        out += padded(std::string(1, static_cast<char>(number)), "", false, spec);
        return std::nullopt;
      case 'd':
      case 'i':
      case 'u':
      case 'o':
      case 'x':
      case 'X': out += integer_text(number, spec); return std::nullopt;
      default: out += real_text(number, spec); return std::nullopt;
    }
  }

  /// The place of the next character, counted in characters.
  std::size_t index() const { return characters(format_.substr(0, at_)); }

  Problem unsupported(char letter) {
    std::string text{letter};
    std::uint32_t code = static_cast<unsigned char>(letter);
    const std::size_t place = index() - 1;
    if (code >= 0xc0) {  // the rest of a character beyond ASCII
      code &= code >= 0xf0 ? 0x07u : code >= 0xe0 ? 0x0fu : 0x1fu;
      while (!ended() && (static_cast<unsigned char>(format_[at_]) & 0xc0) == 0x80 &&
             text.size() < 4) {
        code = code << 6 | (static_cast<unsigned char>(format_[at_]) & 0x3fu);
        text += format_[at_++];
      }
    }
    std::array<char, 16> hex{};
    std::snprintf(hex.data(), hex.size(), "0x%x", code);
    return BadFormat{"unsupported format character '" + text + "' (" + hex.data() + ") at index " +
                     std::to_string(place)};
  }

  std::string_view format_;
  const Names& names_;
  std::size_t at_ = 0;
};

}  // namespace

const Names::Value* Names::find(std::string_view name) const {
  for (const Names* names = this; names != nullptr; names = names->outer_) {
    const auto there = names->own_.find(name);
    if (there != names->own_.end()) return &there->second;
  }
  return nullptr;
}

std::vector<std::string> Names::sorted() const {
  std::set<std::string> all;
  for (const Names* names = this; names != nullptr; names = names->outer_) {
    for (const auto& [name, value] : names->own_) all.insert(name);
  }
  return {all.begin(), all.end()};
}

Result<std::string> expand(std::string_view format, const Names& names, std::string_view option) {
  auto outcome = Expander{format, names}.run();
  if (auto* const text = std::get_if<std::string>(&outcome)) return std::move(*text);
  const std::string start = "Format string " + repr(format) + " for " + repr(option);
  return std::visit(
      Overloaded{[&](const BadFormat& bad) {
                   return Error{Errc::bad_expansion, start + " is badly formatted: " + bad.reason};
                 },
                 [&](const UnknownName& unknown) {
                   std::string available;
                   for (const std::string& name : names.sorted()) {
                     if (!available.empty()) available += ", ";
                     available += name;
                   }
                   return Error{Errc::bad_expansion,
                                start + " contains names (" + repr(unknown.name) +
                                    ") which cannot be expanded. Available names: " + available};
                 }},
      std::get<Problem>(outcome));
}

}  // namespace common
