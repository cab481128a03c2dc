#include "common/environment.hpp"

#include <algorithm>
#include <optional>

#include "common/repr.hpp"

namespace common {
namespace {

/// Bytes from 0x80 on are letters of other scripts, which are words too.
constexpr bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view{"_/.+-():"}.find(c) != std::string_view::npos;
}
constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

struct Token {
  bool is_mark = false;  // one character that stands for itself: = , ; @ ...
  std::string text;
};

class Parser {
 public:
  explicit Parser(std::string_view whole) : whole_{whole}, rest_{whole} {}

  Result<Environment> environment() {
    Environment environment;
    for (;;) {
      auto key = next();
      if (!key) return key.error();
      if (!*key) return environment;
      if (auto bad = read_pair(std::move(**key), environment)) return *bad;
      auto separator = next();
      if (!separator) return separator.error();
      if (!*separator) return environment;
      // Supervisor takes anything for a separator; files in use have , and, rarely, ;
      if (!is_mark(*separator, ',') && !is_mark(*separator, ';')) {
        return unexpected((*separator)->text, environment.back().first);
      }
    }
  }

 private:
  using Next = Result<std::optional<Token>>;

  static bool is_mark(const std::optional<Token>& token, char mark) {
    return token && token->is_mark && token->text.front() == mark;
  }

  /// `= value` after `key`, into `environment`.
  std::optional<Error> read_pair(Token key, Environment& environment) {
    if (key.is_mark) return incomplete();
    const auto equals = next();
    if (!equals) return equals.error();
    if (!is_mark(*equals, '=')) return incomplete();
    if (key.text.empty() || key.text.find('=') != std::string::npos) {
      return Error{Errc::bad_name, "Invalid variable name " + repr(key.text) + " in value '" +
                                       std::string{whole_} + "'"};
    }
    auto value = next();
    if (!value) return value.error();
    if (!*value) return incomplete();
    for (const char mark : {',', ';', '='}) {
      if (is_mark(*value, mark)) return incomplete();
    }
    set_variable(environment, std::move(key.text), std::move((*value)->text));
    return std::nullopt;
  }

  Next next() {
    skip_blanks_and_comments();
    if (rest_.empty()) return std::optional<Token>{};
    if (!starts_word(rest_.front())) return Token{.is_mark = true, .text = {take()}};
    Token token;
    while (!rest_.empty() && starts_word(rest_.front())) {
      const char c = take();
      if (c == '\'' || c == '"') {
        if (const char* const problem = quoted(c, token.text)) {
          return Error{Errc::bad_syntax, problem};
        }
      } else if (c == '\\') {
        if (rest_.empty()) return Error{Errc::bad_syntax, "No escaped character"};
        token.text += take();
      } else {
        token.text += c;
      }
    }
    return token;
  }

  static bool starts_word(char c) { return is_word(c) || c == '\'' || c == '"' || c == '\\'; }

  void skip_blanks_and_comments() {
    while (!rest_.empty() && (is_blank(rest_.front()) || comment_starts())) {
      if (is_blank(rest_.front())) {
        take();
      } else {
        rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
      }
    }
  }

  /// A # opens a comment at the front, after a blank and after a comma. In the middle of a word
  /// Supervisor drops the rest of the line; here it is a mark, and so an error.
  bool comment_starts() const {
    if (rest_.front() != '#') return false;
    const std::size_t at = whole_.size() - rest_.size();
    return at == 0 || is_blank(whole_[at - 1]) || whole_[at - 1] == ',';
  }

  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  /// The rest of a quoted piece, into `out`; what is missing, if anything is.
  const char* quoted(char quote, std::string& out) {
    while (!rest_.empty()) {
      const char c = take();
      if (c == quote) return nullptr;
      if (quote == '"' && c == '\\') {
        if (rest_.empty()) return "No escaped character";
        if (rest_.front() != '"' && rest_.front() != '\\') out += c;
        out += take();
      } else {
        out += c;
      }
    }
    return "No closing quotation";
  }

  Error incomplete() const {
    return {Errc::bad_syntax,
            "Unexpected end of key/value pairs in value '" + std::string{whole_} + "'"};
  }
  Error unexpected(std::string_view text, std::string_view key) const {
    return {Errc::bad_syntax, "Unexpected " + repr(text) + " after the value of " +
                                  std::string{key} + " in value '" + std::string{whole_} +
                                  "' (a value with other characters than letters, digits and " +
                                  "_/.+-(): must be quoted)"};
  }

  std::string_view whole_;
  std::string_view rest_;
};

}  // namespace

Result<Environment> parse_environment(std::string_view text) { return Parser{text}.environment(); }

void set_variable(Environment& environment, std::string key, std::string value) {
  const auto there = std::find_if(environment.begin(), environment.end(),
                                  [&](const auto& pair) { return pair.first == key; });
  if (there != environment.end()) {
    there->second = std::move(value);
  } else {
    environment.emplace_back(std::move(key), std::move(value));
  }
}

}  // namespace common
