#include "common/ini.hpp"

#include <ini.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <map>
#include <optional>

#include "common/values.hpp"

namespace common {
namespace {

// What inih is fed: lines of at most about 160 bytes. A section is its number; a value is pieces of
// hexadecimal under "more" and, for its last piece, "last".
constexpr std::size_t piece_bytes = 64;

struct RawEntry {
  std::size_t section = 0;  // index into the sections
  std::string key;
  std::vector<std::string> lines;  // of the value
  int line = 0;
};

void append_hex(std::string& out, std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
}

std::string from_hex(std::string_view digits) {
  std::string out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    unsigned byte = 0;
    std::from_chars(digits.data() + i, digits.data() + i + 2, byte, 16);
    out += static_cast<char>(byte);
  }
  return out;
}

std::string join_lines(const std::vector<std::string>& lines) {
  std::size_t count = lines.size();
  while (count > 0 && lines[count - 1].empty()) --count;  // trailing empty lines are dropped
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += (i == 0 ? "" : "\n") + lines[i];
  return out;
}

// Reads the dialect. After Python's configparser, whose behaviour is what Supervisor's users have.
class DialectReader {
 public:
  DialectReader(std::string_view text, std::string file) : text_{text}, file_{std::move(file)} {}

  void run() {
    if (text_.starts_with("\xef\xbb\xbf")) {
      error(1,
            "File contains no section headers (it begins with a byte-order mark, which must go)");
      text_.remove_prefix(3);
    }
    while (!text_.empty()) {
      const auto end = std::min(text_.find('\n'), text_.size());
      ++line_;
      read_line(text_.substr(0, end));
      text_.remove_prefix(std::min(end + 1, text_.size()));
    }
  }

  std::vector<IniSection> sections;
  std::vector<RawEntry> entries;
  std::vector<std::string> errors;

 private:
  void error(int line, const std::string& what) {
    errors.push_back(file_ + ":" + std::to_string(line) + ": " + what);
  }

  /// Where a comment begins: at a ';' or '#' that is first on the line or has a blank before it.
  static std::size_t comment_start(std::string_view line) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] != ';' && line[i] != '#') continue;
      if (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t') return i;
    }
    return std::string_view::npos;
  }

  void read_line(std::string_view line) {
    const auto comment = comment_start(line);
    const auto content = trim(line.substr(0, comment));
    if (content.empty()) {
      if (comment == std::string_view::npos && in_option_) entries.back().lines.emplace_back();
      return;
    }
    const auto indent = line.find_first_not_of(" \t");
    if (in_option_ && indent > indent_) {
      entries.back().lines.emplace_back(content);
      return;
    }
    indent_ = indent;
    in_option_ = false;
    if (content.starts_with('[') && content.rfind(']') > 1 &&
        content.rfind(']') != std::string_view::npos) {
      sections.push_back({std::string{content.substr(1, content.rfind(']') - 1)}, file_, line_});
      return;
    }
    read_option(content);
  }

  void read_option(std::string_view content) {
    if (sections.empty()) {
      error(line_, "File contains no section headers before '" + std::string{content} +
                       "' (expected [section])");
      return;
    }
    const auto separator = content.find_first_of("=:");
    if (separator == std::string_view::npos || trim(content.substr(0, separator)).empty()) {
      error(line_, "Source contains parsing errors in [" + sections.back().name + "]: '" +
                       std::string{content} + "' (expected key=value)");
      return;
    }
    RawEntry entry;
    entry.section = sections.size() - 1;
    entry.key = lower(trim(content.substr(0, separator)));
    entry.lines.emplace_back(trim(content.substr(separator + 1)));
    entry.line = line_;
    entries.push_back(std::move(entry));
    in_option_ = true;
  }

  std::string_view text_;
  std::string file_;
  int line_ = 0;
  std::size_t indent_ = 0;
  bool in_option_ = false;
};

// The way through inih and back.
class Passage {
 public:
  explicit Passage(const std::vector<RawEntry>& entries) {
    std::optional<std::size_t> section;
    for (const auto& entry : entries) {
      if (section != entry.section) {
        section = entry.section;
        feed_ += "[" + std::to_string(*section) + "]\n";
      }
      const std::string value = join_lines(entry.lines);
      std::string_view rest = value;
      while (rest.size() > piece_bytes) {
        feed_ += "more=";
        append_hex(feed_, rest.substr(0, piece_bytes));
        feed_ += '\n';
        rest.remove_prefix(piece_bytes);
      }
      feed_ += "last=";
      append_hex(feed_, rest);
      feed_ += '\n';
    }
  }

  struct Out {
    std::size_t section = 0;
    std::string value;
  };
  /// One for each entry, in order.
  std::vector<Out> run() {
    ini_parse_stream(&Passage::next_line, this, &Passage::on_entry, this);
    return std::move(out_);
  }

 private:
  static char* next_line(char* buffer, int size, void* self) {
    auto& passage = *static_cast<Passage*>(self);
    if (passage.at_ >= passage.feed_.size()) return nullptr;
    const auto end = passage.feed_.find('\n', passage.at_) + 1;
    const auto length = std::min(end - passage.at_, static_cast<std::size_t>(size - 1));
    std::memcpy(buffer, passage.feed_.data() + passage.at_, length);
    buffer[length] = '\0';
    passage.at_ += length;
    return buffer;
  }

  static int on_entry(void* self, const char* section, const char* name, const char* value) {
    auto& passage = *static_cast<Passage*>(self);
    passage.value_ += from_hex(value);
    if (std::strcmp(name, "last") == 0) {
      Out out;
      std::from_chars(section, section + std::strlen(section), out.section);
      out.value = std::exchange(passage.value_, {});
      passage.out_.push_back(std::move(out));
    }
    return 1;
  }

  std::string feed_;
  std::size_t at_ = 0;
  std::string value_;
  std::vector<Out> out_;
};

}  // namespace

IniText parse_ini(std::string_view text, const std::string& file) {
  DialectReader reader{text, file};
  reader.run();
  IniText out;
  const auto passed = Passage{reader.entries}.run();
  for (std::size_t i = 0; i < passed.size() && i < reader.entries.size(); ++i) {
    const RawEntry& entry = reader.entries[i];
    out.entries.push_back(
        {reader.sections[passed[i].section].name, entry.key, passed[i].value, file, entry.line});
  }
  out.sections = std::move(reader.sections);
  out.errors = std::move(reader.errors);
  return out;
}

}  // namespace common
