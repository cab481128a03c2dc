#include "supervisord/config/files.hpp"

#include <algorithm>
#include <optional>

#include "common/ini.hpp"
#include "common/paths.hpp"
#include "common/values.hpp"

namespace supervisord::config {
namespace {

constexpr std::string_view default_section = "DEFAULT";

class Reader {
 public:
  Reader(const Surroundings& surroundings, const common::Names& names, Report& report)
      : surroundings_{surroundings}, names_{names}, report_{report} {}

  void read_main(const std::string& file) {
    const auto text = surroundings_.read_file(file);
    if (!text) {
      const bool missing = text.error().code == std::errc::no_such_file_or_directory;
      report_.error((missing ? "could not find config file " : "could not read config file ") +
                    file);
      return;
    }
    merge(*text, file);
    read_includes(file);
  }

  RawFiles files() && {
    for (RawSection& section : files_.sections) {
      for (const auto& [key, value] : defaults_.values) section.values.emplace(key, value);
    }
    return std::move(files_);
  }

 private:
  void merge(const std::string& text, const std::string& file) {
    const common::IniDocument document = common::parse_ini(text, file);
    for (const common::IniError& error : document.errors) {
      report_.error(error.file + ":" + std::to_string(error.line) + ": " + error.text +
                    "; expected [section], key=value or a comment");
    }
    for (const common::IniSection& section : document.sections) {
      if (section.name != default_section) section_named(section.name, section.file, section.line);
    }
    const std::string here =
        common::absolute(common::directory_of(file), surroundings_.working_directory());
    for (const common::IniEntry& entry : document.entries) {
      const bool is_default = entry.section == default_section;
      RawSection& section =
          is_default ? defaults_ : section_named(entry.section, entry.file, entry.line);
      section.values.insert_or_assign(
          entry.key, RawValue{entry.value, entry.file, entry.line, here, is_default});
    }
  }

  RawSection& section_named(const std::string& name, const std::string& file, int line) {
    const auto [there, is_new] = places_.emplace(name, files_.sections.size());
    if (is_new) files_.sections.push_back({name, file, line, {}});
    return files_.sections[there->second];
  }

  void read_includes(const std::string& main_file) {
    const RawSection* const include = files_.find("include");
    if (include == nullptr) return;
    const auto patterns = include->values.find("files");
    if (patterns == include->values.end()) {
      report_.error(include->file + ":" + std::to_string(include->line) +
                    ": .ini file has [include] section, but no files setting");
      return;
    }
    const RawValue value = patterns->second;  // merging may move what it points into
    common::Names names{&names_};
    names.set("here", value.here);
    const auto expanded = common::expand(value.text, names, "include.files");
    if (!expanded) {
      report_.error(value.file + ":" + std::to_string(value.line) +
                    ": [include] files: " + expanded.error().context);
      return;
    }
    const std::string base =
        common::absolute(common::directory_of(main_file), surroundings_.working_directory());
    for (const std::string& pattern : blank_separated(*expanded)) {
      include_matches(common::joined(base, pattern), value);
    }
  }

  void include_matches(const std::string& pattern, const RawValue& include) {
    const std::vector<std::string> matches = surroundings_.glob(pattern);
    if (matches.empty()) report_.warn("No file matches via include \"" + pattern + "\"");
    for (const std::string& file : matches) {
      const auto text = surroundings_.read_file(file);
      if (!text) {  // Supervisor passes over it without a word
        report_.warn(include.file + ":" + std::to_string(include.line) +
                     ": [include] files: could not read " + text.error().context);
        continue;
      }
      report_.notice("Included extra file \"" + file + "\" during parsing");
      merge(*text, file);
    }
  }

  static std::vector<std::string> blank_separated(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n\f\v";
    std::vector<std::string> words;
    while ((text = common::trimmed(text)), !text.empty()) {
      const std::size_t end = std::min(text.find_first_of(blanks), text.size());
      words.emplace_back(text.substr(0, end));
      text.remove_prefix(end);
    }
    return words;
  }

  const Surroundings& surroundings_;
  const common::Names& names_;
  Report& report_;
  RawFiles files_;
  RawSection defaults_;
  std::map<std::string, std::size_t> places_;
};

}  // namespace

const RawSection* RawFiles::find(std::string_view name) const {
  const auto there = std::find_if(sections.begin(), sections.end(),
                                  [&](const RawSection& section) { return section.name == name; });
  return there != sections.end() ? &*there : nullptr;
}

RawFiles read_files(const std::string& main_file, const Surroundings& surroundings,
                    const common::Names& names, Report& report) {
  Reader reader{surroundings, names, report};
  reader.read_main(main_file);
  return std::move(reader).files();
}

}  // namespace supervisord::config
