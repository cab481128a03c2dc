#include "common/words.hpp"

namespace common {
namespace {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

class Splitter {
 public:
  explicit Splitter(std::string_view text) : rest_{text} {}

  Result<std::vector<std::string>> words() {
    while (!rest_.empty()) {
      const char c = take();
      if (is_blank(c)) {
        end_word();
        continue;
      }
      in_word_ = true;
      if (c == '\'' || c == '"') {
        if (const char* const problem = quoted(c)) return Error{Errc::bad_syntax, problem};
      } else if (c == '\\') {
        if (rest_.empty()) return Error{Errc::bad_syntax, "No escaped character"};
        word_ += take();
      } else {
        word_ += c;
      }
    }
    end_word();
    return std::move(words_);
  }

 private:
  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  /// The rest of a quoted piece; what is missing, if anything is.
  const char* quoted(char quote) {
    while (!rest_.empty()) {
      const char c = take();
      if (c == quote) return nullptr;
      if (quote == '"' && c == '\\') {
        if (rest_.empty()) return "No escaped character";
        if (rest_.front() != '"' && rest_.front() != '\\') word_ += c;
        word_ += take();
      } else {
        word_ += c;
      }
    }
    return "No closing quotation";
  }

  void end_word() {
    if (in_word_) words_.push_back(std::move(word_));
    word_.clear();
    in_word_ = false;
  }

  std::string_view rest_;
  std::string word_;
  bool in_word_ = false;  // also for the empty word ''
  std::vector<std::string> words_;
};

}  // namespace

Result<std::vector<std::string>> parse_words(std::string_view command) {
  return Splitter{command}.words();
}

}  // namespace common
