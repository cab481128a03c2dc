#include "common/words.hpp"

#include <cctype>
#include <optional>

namespace common {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

Error no_closing_quotation() { return {Errc::bad_syntax, "No closing quotation"}; }

/// Reads a quoted piece that begins at `at` (its opening quote) onto `out`, and moves `at` behind
/// it.
Result<void> read_quoted(std::string_view text, std::size_t& at, std::string& out) {
  const char quote = text[at++];
  while (at < text.size() && text[at] != quote) {
    if (quote == '"' && text[at] == '\\' && at + 1 < text.size() &&
        (text[at + 1] == '"' || text[at + 1] == '\\'))
      ++at;
    out += text[at++];
  }
  if (at == text.size()) return no_closing_quotation();
  ++at;
  return {};
}

}  // namespace

Result<std::vector<std::string>> parse_words(std::string_view text) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (true) {
    while (at < text.size() && is_blank(text[at])) ++at;
    if (at == text.size()) return words;
    std::string word;
    while (at < text.size() && !is_blank(text[at])) {
      if (text[at] == '\'' || text[at] == '"') {
        if (auto read = read_quoted(text, at, word); !read) return read.error();
      } else if (text[at] == '\\') {
        if (at + 1 == text.size()) return Error{Errc::bad_syntax, "No escaped character"};
        word += text[at + 1];
        at += 2;
      } else {
        word += text[at++];
      }
    }
    words.push_back(std::move(word));
  }
}

namespace {

class EnvironmentReader {
 public:
  explicit EnvironmentReader(std::string_view text) : text_{text} {}

  Result<std::vector<std::pair<std::string, std::string>>> read() {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (skip(); at_ < text_.size(); skip()) {
      auto key = piece();
      if (!key) return key.error();
      skip();
      if (key->empty() || at_ == text_.size() || text_[at_] != '=') return unexpected();
      ++at_;
      skip();
      if (at_ == text_.size() || is_separator(text_[at_])) return unexpected();
      auto value = piece();
      if (!value) return value.error();
      skip();
      if (at_ < text_.size() && !is_separator(text_[at_])) return unexpected();
      if (at_ < text_.size()) ++at_;
      pairs.emplace_back(*std::move(key), *std::move(value));
    }
    return pairs;
  }

 private:
  static bool is_separator(char c) { return c == ',' || c == ';'; }
  static bool is_plain(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || std::isalnum(byte) ||
           std::string_view{"_/.+-():"}.find(c) != std::string_view::npos;
  }
  Error unexpected() const {
    return {Errc::bad_syntax,
            "Unexpected end of key/value pairs in value '" + std::string{text_} + "'"};
  }
  void skip() {
    while (at_ < text_.size() && (is_blank(text_[at_]) || text_[at_] == '#')) {
      if (text_[at_] == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else {
        ++at_;
      }
    }
  }
  Result<std::string> piece() {
    std::string out;
    const std::size_t begin = at_;
    while (at_ < text_.size()) {
      if (text_[at_] == '\'' || text_[at_] == '"') {
        if (auto read = read_quoted(text_, at_, out); !read) return read.error();
      } else if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        out += text_[at_ + 1];
        at_ += 2;
      } else if (is_plain(text_[at_])) {
        out += text_[at_++];
      } else {
        break;
      }
    }
    if (at_ == begin) return unexpected();
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> parse_environment(std::string_view text) {
  return EnvironmentReader{text}.read();
}

}  // namespace common
