#include "asgi-worker/options/dotenv.hpp"

#include <algorithm>

namespace asgi_worker::options {
namespace {

bool is_blank(char byte) { return byte == ' ' || byte == '\t' || byte == '\f' || byte == '\v'; }
bool is_line_end(char byte) { return byte == '\n' || byte == '\r'; }

/// What a backslash and this byte stand for between double quotes.
char escaped(char byte) {
  switch (byte) {
    case 'a': return '\a';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    default: return byte;
  }
}

bool is_escape(char quote, char byte) {
  if (byte == '\\' || byte == '\'') return true;
  return quote == '"' && std::string_view{"\"abfnrtv"}.find(byte) != std::string_view::npos;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_{text} {}

  bool at_end() const { return at_ == text_.size(); }
  int line() const {
    return 1 + static_cast<int>(std::count(text_.begin(), text_.begin() + long(at_), '\n'));
  }

  void skip_space() {
    while (!at_end() && (is_blank(text_[at_]) || is_line_end(text_[at_]))) ++at_;
  }
  void skip_line() {
    while (!at_end() && !is_line_end(text_[at_])) ++at_;
  }
  bool takes(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  void skip_blanks() {
    while (!at_end() && is_blank(text_[at_])) ++at_;
  }

  void skip_export() {
    const auto begin = at_;
    if (!takes("export")) return;
    const auto word_end = at_;
    skip_blanks();
    if (at_ == word_end) at_ = begin;  // a name that begins with it
  }

  std::optional<std::string> key() {
    if (!at_end() && text_[at_] == '\'') {
      const auto end = text_.find('\'', at_ + 1);
      if (end == std::string_view::npos) return std::nullopt;
      std::string name{text_.substr(at_ + 1, end - at_ - 1)};
      at_ = end + 1;
      return name;
    }
    const auto begin = at_;
    while (!at_end() && !is_blank(text_[at_]) && !is_line_end(text_[at_]) && text_[at_] != '=' &&
           text_[at_] != '#')
      ++at_;
    if (at_ == begin) return std::nullopt;
    return std::string{text_.substr(begin, at_ - begin)};
  }

  std::optional<std::string> value() {
    if (at_end() || is_line_end(text_[at_])) return "";
    return text_[at_] == '\'' || text_[at_] == '"' ? quoted(text_[at_]) : plain();
  }

  /// Whether nothing but a comment stands before the line's end.
  bool line_ends() {
    skip_blanks();
    if (!at_end() && text_[at_] == '#') skip_line();
    return at_end() || is_line_end(text_[at_]);
  }

 private:
  std::optional<std::string> quoted(char quote) {
    std::string value;
    for (auto next = at_ + 1; next < text_.size(); ++next) {
      const char byte = text_[next];
      if (byte == quote) {
        at_ = next + 1;
        return value;
      }
      if (byte == '\\' && next + 1 < text_.size() && is_escape(quote, text_[next + 1]))
        value += quote == '"' ? escaped(text_[++next]) : text_[++next];
      else
        value += byte;
    }
    return std::nullopt;  // no closing quote
  }

  std::string plain() {
    const auto begin = at_;
    skip_line();
    auto value = text_.substr(begin, at_ - begin);
    for (std::size_t index = 1; index < value.size(); ++index)
      if (value[index] == '#' && is_blank(value[index - 1])) value = value.substr(0, index);
    if (value.starts_with('#')) value = {};
    while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
    return std::string{value};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// ${NAME} and ${NAME:-default}.
template <class Lookup>
std::string expanded(std::string_view value, const Lookup& lookup) {
  std::string out;
  while (true) {
    const auto begin = value.find("${");
    const auto end = begin == std::string_view::npos ? begin : value.find('}', begin);
    if (end == std::string_view::npos) return out.append(value);
    out.append(value.substr(0, begin));
    const auto inner = value.substr(begin + 2, end - begin - 2);
    const auto dash = inner.find(":-");
    const auto found = lookup(std::string{inner.substr(0, dash)});
    if (found)
      out.append(*found);
    else if (dash != std::string_view::npos)
      out.append(inner.substr(dash + 2));
    value = value.substr(end + 1);
  }
}

}  // namespace

Dotenv parse_dotenv(
    std::string_view text,
    const std::function<std::optional<std::string>(const std::string& name)>& variable) {
  Dotenv file;
  const auto lookup = [&](const std::string& name) -> std::optional<std::string> {
    if (auto found = variable(name)) return found;
    for (auto entry = file.variables.rbegin(); entry != file.variables.rend(); ++entry)
      if (entry->first == name) return entry->second;
    return std::nullopt;
  };
  Reader reader{text};
  for (reader.skip_space(); !reader.at_end(); reader.skip_space()) {
    const int line = reader.line();
    if (reader.takes("#")) {
      reader.skip_line();
      continue;
    }
    reader.skip_export();
    const auto key = reader.key();
    reader.skip_blanks();
    if (key && reader.line_ends()) continue;  // a name without a value says nothing
    std::optional<std::string> value;
    if (key && reader.takes("=")) {
      reader.skip_blanks();
      value = reader.value();
    }
    if (!value || !reader.line_ends()) {
      file.bad_lines.push_back(line);
      reader.skip_line();
      continue;
    }
    file.variables.emplace_back(*key, expanded(*value, lookup));
  }
  return file;
}

}  // namespace asgi_worker::options
