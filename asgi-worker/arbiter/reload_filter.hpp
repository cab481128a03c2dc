// Which changed files mean new code. Pure: paths and patterns as .gitignore has them ("*.py",
// "build/", "docs/**/*.md", "/top.py"), no file system.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace asgi_worker::arbiter {

/// `*` and `?` stay within a part of the path, `**` does not; [a-z], [!a].
bool glob_matches(std::string_view pattern, std::string_view text);

class ReloadFilter {
 public:
  struct Patterns {
    std::vector<std::string> includes;  // besides *.py, unless `excludes` names that
    std::vector<std::string> excludes;  // besides what no project wants watched
  };
  explicit ReloadFilter(Patterns patterns);

  /// `path` is relative to the watched directory.
  bool counts(std::string_view path) const;
  /// Whether to look into a directory at all.
  bool is_watched(std::string_view directory) const;

 private:
  std::vector<std::string> includes_;
  std::vector<std::string> excludes_;
};

}  // namespace asgi_worker::arbiter
