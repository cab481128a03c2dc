// Supervisor's INI dialect (Python's RawConfigParser with ';' and '#' comments) -> entries in
// order, each with its place. Pure. The dialect is read here, line by line; sections and values
// then pass through inih in short, marked pieces, since Debian's libinih cuts lines at 200 bytes
// and section names at 49, ends a section at the first ']' and gives no line numbers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace common {

struct IniEntry {
  std::string section;
  std::string key;    // lower-cased
  std::string value;  // continued lines joined by newlines
  std::string file;
  int line = 0;

  friend bool operator==(const IniEntry&, const IniEntry&) = default;
};

struct IniSection {
  std::string name;
  std::string file;
  int line = 0;
};

struct IniText {
  std::vector<IniSection> sections;  // each header, in order; one may come twice
  std::vector<IniEntry> entries;     // in order; the last of a section's equal keys counts
  std::vector<std::string> errors;   // "FILE:LINE: what is wrong"
};

/// All of it, with all its errors. `file` is used for the places only.
IniText parse_ini(std::string_view text, const std::string& file);

}  // namespace common
