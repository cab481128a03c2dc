#include "common/ini.hpp"

#include <ini.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

#include "common/repr.hpp"
#include "common/values.hpp"

namespace common {
namespace {

// ---- The pieces that inih is given ----
// A numbered section for each header, and one for each entry:
//   [7]
//   section=program%3aapp
//   key=command
//   value=/bin/cat%20%2dn     (as many lines as the value needs)
//   line=12                   (concludes)
// All but letters and digits is %xx, so that no byte means anything to inih.

constexpr std::size_t bytes_in_piece = 48;  // escaped at most 144: with its name under 200

void append_pieces(std::string_view name, std::string_view bytes, std::string& out) {
  constexpr std::string_view hex = "0123456789abcdef";
  do {
    out += name;
    out += '=';
    for (const char c : bytes.substr(0, bytes_in_piece)) {
      const auto byte = static_cast<unsigned char>(c);
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (plain) {
        out += c;
      } else {
        out += {'%', hex[byte >> 4], hex[byte & 15]};
      }
    }
    out += '\n';
    bytes.remove_prefix(std::min(bytes_in_piece, bytes.size()));
  } while (!bytes.empty());
}

std::string unescaped(std::string_view piece) {
  std::string bytes;
  for (std::size_t i = 0; i < piece.size(); ++i) {
    if (piece[i] != '%' || i + 2 >= piece.size()) {
      bytes += piece[i];
      continue;
    }
    unsigned byte = 0;
    std::from_chars(piece.data() + i + 1, piece.data() + i + 3, byte, 16);
    bytes += static_cast<char>(byte);
    i += 2;
  }
  return bytes;
}

struct Pieces {
  std::string text = {};
  int count = 0;

  void begin() { (((text += '[') += std::to_string(++count)) += "]\n"); }
  void conclude(int line) { append_pieces("line", std::to_string(line), text); }
};

/// Puts together again what inih hands over, piece by piece.
struct Assembler {
  IniDocument& document;
  const std::string& file;
  std::string section = {};
  std::optional<std::string> key = {};
  std::string value = {};

  void take(std::string_view name, std::string_view piece) {
    if (name == "section") {
      section += unescaped(piece);
    } else if (name == "key") {
      (key ? *key : key.emplace()) += unescaped(piece);
    } else if (name == "value") {
      value += unescaped(piece);
    } else {
      conclude(piece);
    }
  }

  void conclude(std::string_view piece) {
    int line = 0;
    std::from_chars(piece.data(), piece.data() + piece.size(), line);
    if (key) {
      document.entries.push_back(
          {std::move(section), std::move(*key), std::move(value), file, line});
    } else {
      document.sections.push_back({std::move(section), file, line});
    }
    section.clear();
    key.reset();
    value.clear();
  }
};

/// inih's fgets.
char* read_line(char* buffer, int size, void* stream) {
  auto& rest = *static_cast<std::string_view*>(stream);
  if (rest.empty()) return nullptr;
  const std::size_t line = std::min(rest.find('\n'), rest.size() - 1) + 1;
  const std::size_t taken = std::min(line, static_cast<std::size_t>(size) - 1);
  std::memcpy(buffer, rest.data(), taken);
  buffer[taken] = '\0';
  rest.remove_prefix(taken);
  return buffer;
}

int take_piece(void* assembler, const char* /*section*/, const char* name, const char* value) {
  static_cast<Assembler*>(assembler)->take(name, value);
  return 1;
}

// ---- The dialect ----

constexpr bool is_blank(char c) {
  return std::string_view{" \t\r\n\f\v\x1c\x1d\x1e\x1f"}.find(c) != std::string_view::npos;
}

/// Where the comment of a line begins, if it has one.
std::optional<std::size_t> comment_start(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    if ((line[i] == ';' || line[i] == '#') && (i == 0 || is_blank(line[i - 1]))) return i;
  }
  return std::nullopt;
}

class Reader {
 public:
  Reader(const std::string& file, IniDocument& document) : file_{file}, document_{document} {}

  void read(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
      ++line_;
      read_line_of(text.substr(0, end));
      const bool crlf = text.substr(end, 2) == "\r\n";
      text.remove_prefix(std::min(end + (crlf ? 2 : 1), text.size()));
    }
    end_entry();
  }

  const std::string& pieces() const { return pieces_.text; }

 private:
  void read_line_of(std::string_view line) {
    if (line.find('\0') != std::string_view::npos) return fail("a NUL byte in the line", line);
    const auto comment = comment_start(line);
    const std::string_view content = trimmed(line.substr(0, comment.value_or(line.size())));
    if (content.empty()) {
      // An empty line belongs to a value that goes on after it; a comment never does.
      if (!comment && key_) value_ += '\n';
      return;
    }
    const auto indent = static_cast<std::size_t>(
        std::find_if_not(line.begin(), line.end(), is_blank) - line.begin());
    if (key_ && indent > indent_) {
      (value_ += '\n') += content;
      return;
    }
    indent_ = indent;
    read_header_or_entry(content, line);
  }

  void read_header_or_entry(std::string_view content, std::string_view line) {
    const std::size_t bracket = content.rfind(']');
    if (content.front() == '[' && bracket != std::string_view::npos && bracket > 1) {
      end_entry();
      section_ = content.substr(1, bracket - 1);
      begin_piece();
      pieces_.conclude(line_);
      return;
    }
    if (!section_) {
      if (headerless_) return;  // said once, not for each line
      headerless_ = true;
      const bool bom = line.starts_with("\xef\xbb\xbf");
      return fail(bom ? "File contains no section headers (it begins with a byte-order mark)"
                      : "File contains no section headers",
                  line);
    }
    const std::size_t separator = content.find_first_of("=:");
    if (separator == std::string_view::npos || separator == 0) {
      return fail("Source contains parsing errors", line);
    }
    end_entry();
    key_ = lower_case(trimmed(content.substr(0, separator)));
    value_ = trimmed(content.substr(separator + 1));
    key_line_ = line_;
  }

  void begin_piece() {
    pieces_.begin();
    append_pieces("section", *section_, pieces_.text);
  }

  void end_entry() {
    if (!key_) return;
    begin_piece();
    append_pieces("key", *key_, pieces_.text);
    // Empty lines at the end go; blanks at the front cannot be there.
    while (!value_.empty() && is_blank(value_.back())) value_.pop_back();
    append_pieces("value", value_, pieces_.text);
    pieces_.conclude(key_line_);
    key_.reset();
    value_.clear();
  }

  void fail(std::string_view what, std::string_view line) {
    document_.errors.push_back(
        {file_, line_, std::string{what} + ": " + repr(line.substr(0, 200))});
  }

  const std::string& file_;
  IniDocument& document_;
  Pieces pieces_;
  std::optional<std::string> section_;
  std::optional<std::string> key_;
  std::string value_;
  int line_ = 0;
  int key_line_ = 0;
  std::size_t indent_ = 0;
  bool headerless_ = false;
};

}  // namespace

IniDocument parse_ini(std::string_view text, const std::string& file) {
  IniDocument document;
  Reader reader{file, document};
  reader.read(text);
  Assembler assembler{document, file};
  std::string_view rest = reader.pieces();
  const int bad_line = ini_parse_stream(&read_line, &rest, &take_piece, &assembler);
  if (bad_line != 0) {  // cannot be: the pieces are plain
    document.errors.push_back({file, 0, "inih refused the file's pieces"});
  }
  return document;
}

}  // namespace common
