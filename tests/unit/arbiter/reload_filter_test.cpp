#include "asgi-worker/arbiter/reload_filter.hpp"

#include <gtest/gtest.h>

namespace asgi_worker::arbiter {
namespace {

struct GlobRow {
  const char* pattern;
  const char* text;
  bool matches;
};

TEST(Glob, MatchesAsGitignoreDoes) {
  for (const auto& [pattern, text, matches] : {
           GlobRow{"*.py", "main.py", true},
           GlobRow{"*.py", "a/main.py", false},
           GlobRow{"**/*.py", "main.py", true},
           GlobRow{"**/*.py", "a/b/main.py", true},
           GlobRow{"docs/**", "docs/a/b.md", true},
           GlobRow{"docs/**/x.md", "docs/x.md", true},
           GlobRow{"a?c", "abc", true},
           GlobRow{"a?c", "a/c", false},
           GlobRow{"*.py[cod]", "x.pyc", true},
           GlobRow{"[!a]x", "bx", true},
           GlobRow{"[!a]x", "ax", false},
           GlobRow{"[a-c]x", "cx", true},
           GlobRow{"[open", "[open", true},
       })
    EXPECT_EQ(glob_matches(pattern, text), matches) << pattern << " " << text;
}

TEST(ReloadFilter, CountsPythonFilesOutsideOfWhatNobodyEdits) {
  const ReloadFilter filter{{}};
  EXPECT_TRUE(filter.counts("main.py"));
  EXPECT_TRUE(filter.counts("app/api/routes.py"));
  EXPECT_TRUE(filter.counts(".env"));
  EXPECT_FALSE(filter.counts("app/page.html"));
  EXPECT_FALSE(filter.counts(".venv/lib/x.py"));
  EXPECT_FALSE(filter.counts("app/__pycache__/x.py"));
  EXPECT_FALSE(filter.is_watched("node_modules"));
  EXPECT_FALSE(filter.is_watched("app/.git"));
  EXPECT_TRUE(filter.is_watched("app"));
}

TEST(ReloadFilter, TakesPatternsOfTheUsers) {
  const ReloadFilter filter{
      {.includes = {"*.html", "/conf/*.toml"}, .excludes = {"tests/", "*_pb2.py"}}};
  EXPECT_TRUE(filter.counts("app/page.html"));
  EXPECT_TRUE(filter.counts("conf/x.toml"));
  EXPECT_FALSE(filter.counts("app/conf/x.toml"));
  EXPECT_FALSE(filter.counts("tests/test_x.py"));
  EXPECT_FALSE(filter.counts("app/x_pb2.py"));
}

TEST(ReloadFilter, LetsTheUserTakeBackWhatIsUsual) {
  EXPECT_FALSE(ReloadFilter({.excludes = {"*.py"}}).counts("main.py"));
  EXPECT_TRUE(ReloadFilter({.includes = {"env"}}).is_watched("env"));
}

}  // namespace
}  // namespace asgi_worker::arbiter
