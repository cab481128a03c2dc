// Typed reads of one section. What is wrong becomes a line with file, line, section, key,
// Supervisor's own words and what was expected; reading goes on. Lives for one load; the section,
// the names and the report are the caller's and outlive it.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/expand.hpp"
#include "supervisord/config/files.hpp"
#include "supervisord/config/report.hpp"

namespace supervisord::config {

class Section {
 public:
  /// Errors of a program's options say once more, behind, in which section; those of what stands
  /// around the program (its group, pool or socket) do not.
  enum class Suffix { of_programs, none };

  Section(const RawSection& raw, const common::Names& names, Report& report,
          Suffix suffix = Suffix::of_programs)
      : raw_{raw}, names_{names}, report_{report}, suffix_{suffix} {}

  /// A value of the command line: beats the file's, is not expanded, and its errors name `flag`
  /// ("-e").
  void override_with(std::string_view key, std::string value, std::string_view flag);

  const std::string& name() const { return raw_.name; }
  bool has(std::string_view key) const;
  /// The value as written. None: not set.
  std::optional<std::string> raw_text(std::string_view key) const;
  /// The value with its names replaced. None: not set, or wrong and reported.
  std::optional<std::string> text(std::string_view key) { return text(key, names_); }
  std::optional<std::string> text(std::string_view key, const common::Names& names) {
    return text(key, names, raw_.name + "." + std::string{key});
  }
  /// `option` is how the message calls it; the place is `key`'s.
  std::optional<std::string> text(std::string_view key, const common::Names& names,
                                  std::string_view option);
  /// The same, and says nothing when it is wrong: another reading of the section does.
  std::optional<std::string> quiet_text(std::string_view key) const;
  /// One more pass over a text that was expanded already.
  std::optional<std::string> expand_again(std::string_view key, std::string_view text,
                                          const common::Names& names);

  /// Puts parse(value) into `into` when the key is set and good; else leaves it as it is.
  /// `expected` completes "expected ...".
  template <class Field, class Parse>
  void read(std::string_view key, const common::Names& names, Field& into, Parse parse,
            std::string_view expected) {
    const auto value = text(key, names);
    if (!value) return;
    auto parsed = parse(*value);
    if (parsed) {
      into = std::move(*parsed);
    } else {
      fail(key, parsed.error().context, expected);
    }
  }
  template <class Field, class Parse>
  void read(std::string_view key, Field& into, Parse parse, std::string_view expected) {
    read(key, names_, into, parse, expected);
  }

  /// Error lines: at a key (or where the section begins, when the key is not set).
  void fail(std::string_view key, std::string_view message, std::string_view expected = "");
  /// "file:line: [section] key: message"
  void warn(std::string_view key, std::string_view message);
  /// Supervisor's own warning, its words first: "message (file:line)".
  void warn_verbatim(std::string_view key, std::string_view message);
  /// A warning for each key that is not among `known`, with the nearest that is.
  void warn_unknown(std::span<const std::string_view> known);

  Report& report() { return report_; }

 private:
  struct Override {
    std::string value;
    std::string flag;
  };

  std::string place(std::string_view key) const;
  std::string suffix() const;

  const RawSection& raw_;
  const common::Names& names_;
  Report& report_;
  Suffix suffix_;
  std::map<std::string, Override, std::less<>> overrides_;
};

/// The one of `known` that is least different from `word`; "" when none is near.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace supervisord::config
