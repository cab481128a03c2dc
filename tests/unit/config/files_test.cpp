#include "supervisord/config/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/fake_surroundings.hpp"

namespace supervisord::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Include, ReadsTheSortedMatchesRelativeToTheMainFile) {
  FakeSurroundings world;
  world.files["/etc/conf.d/b.conf"] = "[program:x]\ncommand=b\n";
  world.files["/etc/conf.d/a.conf"] = "[program:x]\ncommand=a\nstartsecs=9\n";
  const auto result = load_text("[supervisord]\n[include]\nfiles = conf.d/*.conf\n", world);
  ASSERT_TRUE(result.config);
  EXPECT_THAT(result.config->notices,
              ElementsAre("Included extra file \"/etc/conf.d/a.conf\" during parsing",
                          "Included extra file \"/etc/conf.d/b.conf\" during parsing"));
  const auto& process = result.config->groups.at(0).processes.at(0);
  EXPECT_EQ(process.command, "b");  // the later file's
  EXPECT_EQ(process.start_secs.count(), 9);
}

TEST(Include, WarnsOfAPatternWithoutMatch) {
  const auto result = load_text("[supervisord]\n[include]\nfiles = a/*.ini\n  /b/*.ini\n");
  ASSERT_TRUE(result.config);
  EXPECT_THAT(result.config->warnings, ElementsAre("No file matches via include \"/etc/a/*.ini\"",
                                                   "No file matches via include \"/b/*.ini\""));
}

TEST(Include, ExpandsItsPatterns) {
  FakeSurroundings world;
  world.variables["KIND"] = "web";
  world.files["/etc/box/web.conf"] = "[program:x]\ncommand=x\n";
  const auto result = load_text(
      "[supervisord]\n[include]\nfiles = %(here)s/%(host_node_name)s/%(ENV_KIND)s.conf\n", world);
  ASSERT_TRUE(result.config);
  EXPECT_THAT(result.config->warnings, IsEmpty());
}

TEST(Include, NeedsFiles) {
  EXPECT_THAT(load_text("[supervisord]\n[include]\n").errors,
              ElementsAre("/etc/s.conf:2: .ini file has [include] section, but no files setting"));
}

TEST(Include, HasNoEffectInAnIncludedFile) {
  FakeSurroundings world;
  world.files["/etc/a.conf"] = "[include]\nfiles=b.conf\n";
  world.files["/etc/b.conf"] = "[nonsense]\n";
  const auto result = load_text("[supervisord]\n[include]\nfiles=a.conf\n", world);
  ASSERT_TRUE(result.config);
  EXPECT_THAT(result.config->notices,
              ElementsAre("Included extra file \"/etc/a.conf\" during parsing"));
}

TEST(Here, IsTheDirectoryOfTheFileThatSaysIt) {
  FakeSurroundings world;
  world.files["/etc/conf.d/a.conf"] = "[program:a]\ncommand=%(here)s/run\n";
  const auto result = load_text(
      "[supervisord]\n[program:b]\ncommand=%(here)s/run\n[include]\nfiles=conf.d/a.conf\n", world);
  ASSERT_TRUE(result.config);
  EXPECT_EQ(result.config->groups.at(0).processes.at(0).command, "/etc/conf.d/run");
  EXPECT_EQ(result.config->groups.at(1).processes.at(0).command, "/etc/run");
}

}  // namespace
}  // namespace supervisord::config
