#include "asgi-worker/arbiter/reload_filter.hpp"

#include <algorithm>

namespace asgi_worker::arbiter {
namespace {

constexpr std::string_view usual_includes[] = {"*.py", ".env"};
constexpr std::string_view usual_excludes[] = {".git",
                                               ".hg",
                                               ".svn",
                                               "__pycache__",
                                               ".venv",
                                               "venv",
                                               "env",
                                               "node_modules",
                                               ".mypy_cache",
                                               ".ruff_cache",
                                               ".pytest_cache",
                                               ".idea",
                                               "site-packages",
                                               "*.py[cod]",
                                               ".sw.*",
                                               "*~",
                                               ".#*"};

/// The set of a "[...]" that begins at `pattern`; where it ends, npos when it does not.
std::size_t match_set(std::string_view pattern, char byte, bool& matches) {
  const bool is_negated = pattern.size() > 1 && (pattern[1] == '!' || pattern[1] == '^');
  std::size_t at = is_negated ? 2 : 1;
  const auto end = pattern.find(']', at + 1);
  if (end == std::string_view::npos) return end;
  bool found = false;
  for (; at < end; ++at) {
    if (at + 2 < end && pattern[at + 1] == '-') {
      found = found || (pattern[at] <= byte && byte <= pattern[at + 2]);
      at += 2;
    } else {
      found = found || pattern[at] == byte;
    }
  }
  matches = found != is_negated;
  return end;
}

/// gitignore: a pattern with a slash in it begins at the top, one without matches at any depth.
bool pattern_matches(std::string_view pattern, std::string_view path) {
  if (pattern.ends_with('/')) pattern.remove_suffix(1);
  const bool is_anchored = pattern.find('/') != std::string_view::npos;
  if (pattern.starts_with('/')) pattern.remove_prefix(1);
  if (is_anchored) return glob_matches(pattern, path);
  const auto slash = path.rfind('/');
  return glob_matches(pattern, slash == std::string_view::npos ? path : path.substr(slash + 1));
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view path) {
  return std::ranges::any_of(
      patterns, [&](const std::string& pattern) { return pattern_matches(pattern, path); });
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  while (!pattern.empty()) {
    if (pattern.starts_with("**")) {
      auto rest = pattern.substr(2);
      if (rest.starts_with('/')) rest.remove_prefix(1);  // "**/x" matches "x" too
      for (std::size_t skipped = 0; skipped <= text.size(); ++skipped) {
        const bool is_at_part = skipped == 0 || text[skipped - 1] == '/' || rest.empty();
        if (is_at_part && glob_matches(rest, text.substr(skipped))) return true;
      }
      return false;
    }
    if (pattern[0] == '*') {
      for (std::size_t taken = 0;; ++taken) {
        if (glob_matches(pattern.substr(1), text.substr(taken))) return true;
        if (taken == text.size() || text[taken] == '/') return false;
      }
    }
    if (text.empty()) return false;
    bool matches = pattern[0] == text[0] || (pattern[0] == '?' && text[0] != '/');
    std::size_t end = 0;
    if (pattern[0] == '[') {
      const auto closed = match_set(pattern, text[0], matches);
      if (closed != std::string_view::npos) end = closed;
    }
    if (!matches) return false;
    pattern.remove_prefix(end + 1);
    text.remove_prefix(1);
  }
  return text.empty();
}

ReloadFilter::ReloadFilter(Patterns patterns)
    : includes_{patterns.includes}, excludes_{patterns.excludes} {
  const auto add = [](std::vector<std::string>& to, auto& usual, const auto& other) {
    for (const std::string_view pattern : usual)
      if (std::ranges::find(other, pattern) == other.end()) to.emplace_back(pattern);
  };
  add(includes_, usual_includes, patterns.excludes);
  add(excludes_, usual_excludes, patterns.includes);
}

bool ReloadFilter::counts(std::string_view path) const {
  for (auto slash = path.find('/'); slash != std::string_view::npos;
       slash = path.find('/', slash + 1))
    if (any_matches(excludes_, path.substr(0, slash))) return false;
  return any_matches(includes_, path) && !any_matches(excludes_, path);
}

bool ReloadFilter::is_watched(std::string_view directory) const {
  return !any_matches(excludes_, directory);
}

}  // namespace asgi_worker::arbiter
