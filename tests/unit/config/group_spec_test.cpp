#include "supervisord/config/group_spec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/fake_surroundings.hpp"

namespace supervisord::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> group_names(const LoadResult& result) {
  std::vector<std::string> names;
  if (!result.config) return result.errors;
  for (const GroupSpec& group : result.config->groups) names.push_back(group.name);
  return names;
}

std::vector<std::string> process_names(const GroupSpec& group) {
  std::vector<std::string> names;
  for (const ProcessSpec& process : group.processes) {
    names.push_back(process.group + ":" + process.name);
  }
  return names;
}

TEST(Groups, AreSortedByPriorityThenName) {
  EXPECT_THAT(
      group_names(load_text("[supervisord]\n[program:b]\ncommand=x\n[program:a]\ncommand=x\n"
                            "[program:z]\ncommand=x\npriority=1\n[group:y]\npriority=-5\n")),
      ElementsAre("y", "z", "a", "b"));
}

TEST(Groups, TakeTheirProgramsInTheListsOrder) {
  const auto result = load_text(
      "[supervisord]\n[program:a]\ncommand=x\n[program:b]\ncommand=x\nnumprocs=2\n"
      "process_name=%(group_name)s%(process_num)d\n[group:g]\nprograms=b, a\n");
  ASSERT_TRUE(result.config);
  ASSERT_EQ(result.config->groups.size(), 1u);  // neither forms a group of its own
  EXPECT_THAT(process_names(result.config->groups[0]), ElementsAre("g:g0", "g:g1", "g:a"));
}

TEST(Groups, MayShareAProgram) {
  const auto result = load_text(
      "[supervisord]\n[program:a]\ncommand=x\n[group:g]\nprograms=a\n[group:h]\nprograms=a\n");
  EXPECT_THAT(group_names(result), ElementsAre("g", "h"));
  EXPECT_THAT(process_names(result.config->groups.at(1)), ElementsAre("h:a"));
}

TEST(Groups, RunGroupedFcgiProgramsAsPlainOnes) {
  const auto result = load_text(
      "[supervisord]\n[fcgi-program:f]\ncommand=x\nsocket=unix:///run/f\n[group:g]\nprograms=f\n");
  ASSERT_TRUE(result.config);
  EXPECT_THAT(process_names(result.config->groups.at(0)), ElementsAre("g:f"));
}

TEST(Groups, NameTheProgramThatIsNotThere) {
  const auto result = load_text(
      "[supervisord]\n[program:a]\ncommand=x\n[fcgi-program:a]\ncommand=x\nsocket=tcp://"
      "h:1\n[group:g]\n"
      "programs=nope,a\n");
  ASSERT_EQ(result.errors.size(), 2u);
  EXPECT_THAT(result.errors[0], HasSubstr("[group:g] names unknown program or fcgi-program nope"));
  EXPECT_THAT(result.errors[1],
              HasSubstr("[group:g] name a is ambiguous (exists as program and fcgi-program)"));
}

TEST(Groups, HaveNoSuffixInTheirOwnErrors) {
  EXPECT_THAT(load_text("[supervisord]\n[group:g]\npriority=x\n").errors,
              ElementsAre("/etc/s.conf:3: [group:g] priority: invalid literal for int() with base "
                          "10: 'x'; expected a whole number"));
}

TEST(Groups, HaveGoodNames) {
  const auto result = load_text("[supervisord]\n[program:a b]\ncommand=x\n[group:c:d]\n");
  ASSERT_EQ(result.errors.size(), 2u);
  EXPECT_THAT(result.errors[0], HasSubstr("Invalid name: 'c:d' because of character: ':'"));
  EXPECT_THAT(result.errors[1], HasSubstr("Invalid name: 'a b' because of character: ' '"));
}

TEST(Groups, OfOneNameAreReportedAndTheFirstIsTaken) {
  const auto result = load_text(
      "[supervisord]\n[program:a]\ncommand=x\npriority=1\n[program:b]\ncommand=y\n"
      "[group:a]\nprograms=b\n");
  ASSERT_TRUE(result.config);
  EXPECT_THAT(group_names(result), ElementsAre("a"));
  EXPECT_THAT(process_names(result.config->groups[0]), ElementsAre("a:a"));
  EXPECT_THAT(result.config->warnings,
              ElementsAre("/etc/s.conf:7: [group:a]: another group is named 'a' too, this one is "
                          "dropped"));
}

TEST(Groups, OfProcessesWithOneNameReportItAndTakeTheLast) {
  const auto result = load_text(
      "[supervisord]\n[program:a]\ncommand=x\nprocess_name=p\n[program:b]\ncommand=y\n"
      "process_name=p\n[group:g]\nprograms=a,b\n");
  ASSERT_TRUE(result.config);
  ASSERT_EQ(result.config->groups[0].processes.size(), 1u);
  EXPECT_EQ(result.config->groups[0].processes[0].command, "y");
  EXPECT_EQ(result.config->warnings.size(), 1u);
}

TEST(Groups, MayBeEmpty) {
  const auto result = load_text("[supervisord]\n[group:g]\nprograms=\n");
  ASSERT_TRUE(result.config);
  EXPECT_THAT(result.config->groups.at(0).processes, IsEmpty());
}

}  // namespace
}  // namespace supervisord::config
