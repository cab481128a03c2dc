#include "supervisord/keeper/children.hpp"

#include <gtest/gtest.h>

namespace supervisord::keeper {
namespace {

ChildRow row_of(const char* name, pid_t pid) {
  ChildRow row;
  row.facts.name = name;
  row.facts.pid = pid;
  return row;
}

TEST(Children, ALivingOneIsFoundByNameAndPid) {
  Children children;
  children.add(row_of("a", 7));
  ASSERT_NE(children.find("a"), nullptr);
  EXPECT_EQ(children.find("a"), children.find_living(7));
  EXPECT_EQ(children.living(), 1U);
  EXPECT_EQ(children.find("b"), nullptr);
  EXPECT_EQ(children.find_living(8), nullptr);
}

TEST(Children, AnEndedOneStaysUntilItIsForgotten) {
  Children children;
  children.add(row_of("a", 7));
  children.exited(*children.find("a"), {256, true});
  EXPECT_EQ(children.find_living(7), nullptr);
  ASSERT_NE(children.find("a"), nullptr);
  EXPECT_EQ(children.find("a")->facts.exit, (ChildExit{256, true}));
  EXPECT_TRUE(children.forget("a"));
  EXPECT_EQ(children.find("a"), nullptr);
}

TEST(Children, ALivingOneCannotBeForgotten) {
  Children children;
  children.add(row_of("a", 7));
  EXPECT_FALSE(children.forget("a"));
  EXPECT_FALSE(children.forget("b"));
  EXPECT_NE(children.find("a"), nullptr);
}

TEST(Children, AnHeirHasTheNameAndTheGroup) {
  Children children;
  children.add(row_of("a", 7));
  ChildRow& row = *children.find("a");
  row.heir.emplace();
  row.heir->pid = 8;
  children.goes_on(row);
  EXPECT_EQ(children.find_living(8), &row);
  EXPECT_EQ(children.find_living(7), nullptr);
  EXPECT_EQ(row.facts.process_group(), 7);
  row.heir.emplace();
  row.heir->pid = 9;
  children.goes_on(row);
  EXPECT_EQ(row.facts.process_group(), 7);
}

TEST(Children, APidUsedAgainNamesTheLivingOne) {
  Children children;
  children.add(row_of("a", 7));
  children.exited(*children.find("a"), {});
  children.add(row_of("b", 7));
  EXPECT_EQ(children.find_living(7), children.find("b"));
  EXPECT_TRUE(children.forget("a"));
  EXPECT_EQ(children.find_living(7), children.find("b"));
}

}  // namespace
}  // namespace supervisord::keeper
