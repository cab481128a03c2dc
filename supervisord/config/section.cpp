#include "supervisord/config/section.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "common/repr.hpp"

namespace supervisord::config {
namespace {

/// Levenshtein's distance.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[to.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
  if (word.size() > 100) return {};
  std::string_view best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string_view candidate : known) {
    const std::size_t d = distance(word, candidate);
    if (d >= least) continue;
    least = d;
    best = candidate;
  }
  return best;
}

void Section::override_with(std::string_view key, std::string value, std::string_view flag) {
  overrides_.insert_or_assign(std::string{key}, Override{std::move(value), std::string{flag}});
}

bool Section::has(std::string_view key) const {
  return overrides_.contains(key) || raw_.values.contains(key);
}

std::optional<std::string> Section::raw_text(std::string_view key) const {
  if (const auto over = overrides_.find(key); over != overrides_.end()) return over->second.value;
  const auto there = raw_.values.find(key);
  if (there == raw_.values.end()) return std::nullopt;
  return there->second.text;
}

std::optional<std::string> Section::text(std::string_view key, const common::Names& names,
                                         std::string_view option) {
  if (const auto over = overrides_.find(key); over != overrides_.end()) return over->second.value;
  const auto there = raw_.values.find(key);
  if (there == raw_.values.end()) return std::nullopt;
  const RawValue& value = there->second;
  common::Names with_here{&names};
  with_here.set("here", value.here);
  auto expanded = common::expand(value.text, with_here, option);
  if (expanded) return std::move(*expanded);
  if (key == "password") {  // the words for the others quote the value
    fail(key, "the value cannot be expanded", "a literal percent written as %%");
  } else {
    fail(key, expanded.error().context);
  }
  return std::nullopt;
}

std::optional<std::string> Section::quiet_text(std::string_view key) const {
  const auto there = raw_.values.find(key);
  if (there == raw_.values.end()) return std::nullopt;
  common::Names with_here{&names_};
  with_here.set("here", there->second.here);
  auto expanded = common::expand(there->second.text, with_here, key);
  if (!expanded) return std::nullopt;
  return std::move(*expanded);
}

std::optional<std::string> Section::expand_again(std::string_view key, std::string_view text,
                                                 const common::Names& names) {
  common::Names with_here{&names};
  if (const auto there = raw_.values.find(key); there != raw_.values.end()) {
    with_here.set("here", there->second.here);
  }
  auto expanded = common::expand(text, with_here, key);
  if (expanded) return std::move(*expanded);
  fail(key, expanded.error().context,
       "a literal percent written as %%%% (this value is expanded twice)");
  return std::nullopt;
}

std::string Section::place(std::string_view key) const {
  const auto there = raw_.values.find(key);
  const bool set = there != raw_.values.end();
  return (set ? there->second.file : raw_.file) + ":" +
         std::to_string(set ? there->second.line : raw_.line);
}

std::string Section::suffix() const {
  if (suffix_ == Suffix::none) return {};
  for (const std::string_view prefix : {"program:", "fcgi-program:", "eventlistener:"}) {
    if (raw_.name.starts_with(prefix)) {
      return " in section " + common::repr(raw_.name) + " (file: " + common::repr(raw_.file) + ")";
    }
  }
  return {};
}

void Section::fail(std::string_view key, std::string_view message, std::string_view expected) {
  std::string line;
  if (const auto over = overrides_.find(key); over != overrides_.end()) {
    line = "invalid value for " + over->second.flag + " " + common::repr(over->second.value) +
           ": " + std::string{message};
  } else {
    line = place(key) + ": [" + raw_.name + "]" + (key.empty() ? "" : " ") + std::string{key} +
           ": " + std::string{message} + suffix();
  }
  if (!expected.empty()) (line += "; expected ") += expected;
  report_.error(std::move(line));
}

void Section::warn(std::string_view key, std::string_view message) {
  report_.warn(place(key) + ": [" + raw_.name + "] " + std::string{key} + ": " +
               std::string{message});
}

void Section::warn_verbatim(std::string_view key, std::string_view message) {
  report_.warn(std::string{message} + " (" + place(key) + ")");
}

void Section::warn_unknown(std::span<const std::string_view> known) {
  for (const auto& [key, value] : raw_.values) {
    if (value.from_default) continue;  // meant for whichever section knows it
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const std::string_view near = nearest(key, known);
    const std::string hint = near.empty() ? "" : " (did you mean " + std::string{near} + "?)";
    warn(key, "unknown option, ignored" + hint);
  }
}

}  // namespace supervisord::config
