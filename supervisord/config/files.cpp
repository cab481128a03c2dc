#include "supervisord/config/files.hpp"

#include <algorithm>
#include <filesystem>

#include "common/values.hpp"

namespace supervisord::config {
namespace {

class Merger {
 public:
  Merger(const Surroundings& world, Diagnostics& diagnostics)
      : world_{world}, diagnostics_{diagnostics} {}

  /// False when it cannot be read.
  bool add(const std::string& path) {
    const auto text = world_.read_file(path);
    if (!text) {
      const bool is_missing = text.error().code == std::errc::no_such_file_or_directory;
      diagnostics_.errors.push_back(is_missing ? "could not find config file " + path
                                               : "could not read config file " + path + " (" +
                                                     text.error().code.message() + ")");
      return false;
    }
    const auto parsed = common::parse_ini(*text, path);
    std::ranges::copy(parsed.errors, std::back_inserter(diagnostics_.errors));
    for (const auto& header : parsed.sections) section(header.name, header.file, header.line);
    for (const auto& entry : parsed.entries)
      section(entry.section, entry.file, entry.line).options[entry.key] = entry;
    return true;
  }

  const SectionText* find(std::string_view name) const {
    const auto found = std::ranges::find(sections_, name, &SectionText::name);
    return found == sections_.end() ? nullptr : &*found;
  }

  std::vector<SectionText> take() {
    if (const SectionText* const defaults = find("DEFAULT")) {
      const auto options = defaults->options;
      std::erase_if(sections_,
                    [](const SectionText& section) { return section.name == "DEFAULT"; });
      for (auto& section : sections_) section.options.insert(options.begin(), options.end());
    }
    return std::move(sections_);
  }

 private:
  SectionText& section(const std::string& name, const std::string& file, int line) {
    if (const auto found = index_.find(name); found != index_.end())
      return sections_[found->second];
    index_.emplace(name, sections_.size());
    return sections_.emplace_back(SectionText{name, file, line, {}});
  }

  const Surroundings& world_;
  Diagnostics& diagnostics_;
  std::vector<SectionText> sections_;
  std::map<std::string, std::size_t> index_;
};

std::vector<std::string> blank_separated(std::string_view text) {
  std::vector<std::string> out;
  while (!(text = common::trim(text)).empty()) {
    const auto end = std::min(text.find_first_of(" \t\r\n"), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

}  // namespace

Files read_files(const std::string& path, const common::ExpansionNames& names,
                 const Surroundings& world, Diagnostics& diagnostics) {
  Files out;
  Merger merger{world, diagnostics};
  if (!merger.add(path)) return out;
  if (const SectionText* const found = merger.find("include")) {
    const SectionText include = *found;
    SectionReader reader{include, names, world, diagnostics};
    if (!reader.has("files"))
      reader.section_error(".ini file has [include] section, but no files setting");
    const std::string base =
        std::filesystem::path{make_absolute(path, world.working_directory())}.parent_path();
    for (const auto& pattern : blank_separated(reader.text("files", ""))) {
      const std::string whole = make_absolute(pattern, base);
      const auto matches = world.glob(whole);
      if (matches.empty())
        diagnostics.warnings.push_back("No file matches via include \"" + whole + "\"");
      for (const auto& match : matches) {
        out.notices.push_back("Included extra file \"" + match + "\" during parsing");
        merger.add(match);
      }
    }
  }
  out.sections = merger.take();
  return out;
}

}  // namespace supervisord::config
