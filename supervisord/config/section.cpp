#include "supervisord/config/section.hpp"

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "common/values.hpp"
#include "common/words.hpp"

namespace supervisord::config {
namespace {

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : slash == 0 ? "/" : path.substr(0, slash);
}

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string expand_home(const std::string& path, const Surroundings& world) {
  if (!path.starts_with('~')) return path;
  const auto slash = std::min(path.find('/'), path.size());
  const auto environment = world.environment();
  if (slash == 1) {
    const auto home = environment.find("HOME");
    return home == environment.end() ? path : home->second + path.substr(slash);
  }
  const std::filesystem::path home = "/home/" + path.substr(1, slash - 1);
  return world.find_user(path.substr(1, slash - 1)) ? home.string() + path.substr(slash) : path;
}

std::string make_absolute(const std::string& path, const std::string& directory) {
  const std::filesystem::path whole = path.starts_with('/') ? path : directory + "/" + path;
  auto text = whole.lexically_normal().string();
  if (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string_view> known) {
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const auto& candidate : known) {
    if (const auto d = distance(word, candidate); d < best_distance) {
      best_distance = d;
      best = std::string{candidate};
    }
  }
  return best;
}

SectionReader::SectionReader(const SectionText& section, common::ExpansionNames names,
                             const Surroundings& world, Diagnostics& diagnostics)
    : section_{section}, names_{std::move(names)}, world_{world}, diagnostics_{diagnostics} {}

bool SectionReader::has(std::string_view key) const {
  return section_.options.contains(std::string{key});
}

std::string SectionReader::place(std::string_view key) const {
  const auto found = section_.options.find(std::string{key});
  const bool is_there = found != section_.options.end();
  return (is_there ? found->second.file : section_.file) + ":" +
         std::to_string(is_there ? found->second.line : section_.line) + ": [" + section_.name +
         "]" + (key.empty() ? "" : " " + std::string{key});
}

void SectionReader::error(std::string_view key, const std::string& what,
                          std::string_view expected) {
  diagnostics_.errors.push_back(
      place(key) + ": " + what +
      (expected.empty() ? "" : " (expected " + std::string{expected} + ")"));
}

void SectionReader::section_error(const std::string& what) {
  diagnostics_.errors.push_back(place("") + ": " + what);
}

void SectionReader::warn(std::string_view key, const std::string& what) {
  diagnostics_.warnings.push_back(place(key) + ": " + what);
}

void SectionReader::warn_of_unknown(std::span<const std::string_view> known) {
  for (const auto& [key, entry] : section_.options) {
    if (std::ranges::find(known, key) != known.end()) continue;
    const auto meant = nearest(key, known);
    warn(key, "unknown option, ignored" + (meant ? " (did you mean " + *meant + "?)" : ""));
  }
}

std::optional<std::string> SectionReader::text(std::string_view key) {
  const auto found = section_.options.find(std::string{key});
  if (found == section_.options.end()) return std::nullopt;
  if (found->second.value.find('%') == std::string::npos) return found->second.value;
  names_["here"] = make_absolute(directory_of(found->second.file), world_.working_directory());
  auto expanded =
      common::expand(found->second.value, names_, section_.name + "." + std::string{key});
  if (!expanded) {
    error(key, expanded.error().context);
    return std::nullopt;
  }
  return *std::move(expanded);
}

std::string SectionReader::text(std::string_view key, std::string fallback) {
  return text(key).value_or(std::move(fallback));
}

bool SectionReader::boolean(std::string_view key, bool fallback) {
  const auto value = text(key);
  if (!value) return fallback;
  const auto parsed = common::parse_bool(*value);
  if (parsed) return *parsed;
  error(key, parsed.error().context, "true or false");
  return fallback;
}

std::int64_t SectionReader::integer(std::string_view key, std::int64_t fallback) {
  const auto value = text(key);
  if (!value) return fallback;
  const auto parsed = common::parse_int(*value);
  if (parsed) return *parsed;
  error(key, parsed.error().context, "a whole number");
  return fallback;
}

std::uint64_t SectionReader::size(std::string_view key, std::uint64_t fallback) {
  const auto value = text(key);
  if (!value) return fallback;
  const auto parsed = common::parse_size(*value);
  if (parsed) return *parsed;
  error(key, parsed.error().context, "bytes, or a number with KB, MB or GB");
  return fallback;
}

mode_t SectionReader::octal(std::string_view key, mode_t fallback) {
  const auto value = text(key);
  if (!value) return fallback;
  const auto parsed = common::parse_octal(*value);
  if (parsed) return *parsed;
  error(key, parsed.error().context, "an octal number like 022");
  return fallback;
}

std::vector<std::pair<std::string, std::string>> SectionReader::environment(std::string_view key) {
  const auto value = text(key);
  if (!value) return {};
  auto parsed = common::parse_environment(*value);
  if (parsed) return *std::move(parsed);
  error(key, parsed.error().context, "KEY=\"value\",KEY2=\"value\"");
  return {};
}

std::string SectionReader::absolute(std::string path, std::string_view key) {
  path = make_absolute(expand_home(path, world_), world_.working_directory());
  if (!world_.is_directory(directory_of(path))) {
    error(key, "The directory named as part of the path " + path + " does not exist",
          "a path in an existing directory");
  }
  return path;
}

std::string SectionReader::path(std::string_view key, std::string fallback) {
  const auto value = text(key);
  if (!value || value->empty()) return make_absolute(fallback, world_.working_directory());
  return absolute(*value, key);
}

std::optional<std::string> SectionReader::existing_directory(std::string_view key) {
  const auto value = text(key);
  if (!value) return std::nullopt;
  const auto whole = make_absolute(expand_home(*value, world_), world_.working_directory());
  if (!world_.is_directory(whole))
    error(key, *value + " is not an existing directory", "an existing directory");
  return whole;
}

std::optional<common::User> SectionReader::user(std::string_view key) {
  const auto value = text(key);
  if (!value) return std::nullopt;
  auto found = world_.find_user(common::trim(*value));
  if (found) return *std::move(found);
  error(key, found.error().context, "a user's name or number");
  return std::nullopt;
}

}  // namespace supervisord::config
