// Supervisor's INI dialect into entries, in order, each with its file and line. Pure: the caller
// reads the file. Knows nothing of what sections and keys mean.
// Source: Python's RawConfigParser with inline comment prefixes ; and #. The text is cut into lines
// here and goes on to inih as short marked pieces, since inih's own lines end at 200 bytes and its
// section names at 49, both without a word. One difference from Python: an inline comment begins at
// the first ; or # after a blank, whichever of the two it is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace common {

struct IniEntry {
  std::string section;
  std::string key;    // in lower case
  std::string value;  // continuation lines joined by \n
  std::string file;
  int line = 0;  // of the key

  friend bool operator==(const IniEntry&, const IniEntry&) = default;
};

struct IniSection {
  std::string name;
  std::string file;
  int line = 0;

  friend bool operator==(const IniSection&, const IniSection&) = default;
};

struct IniError {
  std::string file;
  int line = 0;
  std::string text;  // Supervisor's words, in one line

  friend bool operator==(const IniError&, const IniError&) = default;
};

struct IniDocument {
  std::vector<IniSection> sections;  // each header, duplicates too
  std::vector<IniEntry> entries;     // duplicates too: the last of a key wins
  std::vector<IniError> errors;      // all of them
};

/// `file` is only carried along.
IniDocument parse_ini(std::string_view text, const std::string& file);

}  // namespace common
