// Typed reads of one section's options, expanded as Supervisor expands them; what is wrong is
// collected, with its place.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/expand.hpp"
#include "common/ini.hpp"
#include "supervisord/config/surroundings.hpp"

namespace supervisord::config {

struct Diagnostics {
  std::vector<std::string> errors;    // "FILE:LINE: [SECTION] KEY: what is wrong (expected ...)"
  std::vector<std::string> warnings;  // likewise
};

/// All files' entries of one section name, merged: later keys win.
struct SectionText {
  std::string name;
  std::string file;  // of its first header
  int line = 0;
  std::map<std::string, common::IniEntry> options;
};

/// Reads from one section. `names` are the expansions that all its options see, but `here`, which
/// is of each option's file.
class SectionReader {
 public:
  SectionReader(const SectionText& section, common::ExpansionNames names, const Surroundings& world,
                Diagnostics& diagnostics);

  const SectionText& section() const { return section_; }
  common::ExpansionNames& names() { return names_; }
  bool has(std::string_view key) const;
  /// Expanded; none when it is not there or cannot be expanded (an error then).
  std::optional<std::string> text(std::string_view key);
  std::string text(std::string_view key, std::string fallback);
  bool boolean(std::string_view key, bool fallback);
  std::int64_t integer(std::string_view key, std::int64_t fallback);
  std::uint64_t size(std::string_view key, std::uint64_t fallback);
  mode_t octal(std::string_view key, mode_t fallback);
  std::vector<std::pair<std::string, std::string>> environment(std::string_view key);
  /// Absolute, `~` expanded; its directory must be there.
  std::string path(std::string_view key, std::string fallback);
  /// Absolute, `~` expanded; must be there.
  std::optional<std::string> existing_directory(std::string_view key);
  std::optional<common::User> user(std::string_view key);

  void error(std::string_view key, const std::string& what, std::string_view expected = {});
  /// Of the section as a whole.
  void section_error(const std::string& what);
  void warn(std::string_view key, const std::string& what);
  /// A warning for each option that is none of `known`, with the nearest of them.
  void warn_of_unknown(std::span<const std::string_view> known);

 private:
  std::string place(std::string_view key) const;
  std::string absolute(std::string path, std::string_view key);

  const SectionText& section_;
  common::ExpansionNames names_;
  const Surroundings& world_;
  Diagnostics& diagnostics_;
};

/// `~` and `~user` at the beginning.
std::string expand_home(const std::string& path, const Surroundings& world);
/// Made absolute from `directory` and cleared of "." and "..".
std::string make_absolute(const std::string& path, const std::string& directory);
/// The nearest of `known`, when it is near enough to be meant.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace supervisord::config
