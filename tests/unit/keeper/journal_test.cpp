#include "supervisord/keeper/journal.hpp"

#include <gtest/gtest.h>

namespace supervisord::keeper {
namespace {

ChildFacts sample_child() {
  return {"g:p", 4711, 123456, 99, 77, {{0, 5}, {1, 6}}, std::nullopt, "", 4700};
}

std::string whole() {
  ChildFacts hint;
  hint.name = "hint";
  ChildFacts ended = sample_child();
  ended.name = "ended";
  ended.exit = ChildExit{256, true};
  return journal_header("boot") + journal_child(hint) + journal_child(sample_child()) +
         journal_child(ended) + journal_put("process:g:p", "RUNNING");
}

TEST(Journal, SaysWhatWasWritten) {
  const auto state = replay(whole());
  ASSERT_TRUE(state);
  EXPECT_EQ(state->boot_id, "boot");
  ASSERT_EQ(state->children.size(), 3U);
  EXPECT_EQ(state->children.at("g:p"), sample_child());
  EXPECT_EQ(state->children.at("hint").pid, 0);
  EXPECT_EQ(state->children.at("ended").exit, (ChildExit{256, true}));
  EXPECT_EQ(state->records.at("process:g:p"), "RUNNING");
}

TEST(Journal, LaterRowsWin) {
  ChildFacts ended = sample_child();
  ended.exit = ChildExit{9, true};
  const auto state = replay(whole() + journal_child(ended) + journal_put("process:g:p", "EXITED"));
  ASSERT_TRUE(state);
  EXPECT_EQ(state->children.at("g:p").exit, (ChildExit{9, true}));
  EXPECT_EQ(state->records.at("process:g:p"), "EXITED");
}

TEST(Journal, WhatIsForgottenOrDroppedIsGone) {
  const auto state = replay(whole() + journal_forgotten("g:p") + journal_drop("process:g:p"));
  ASSERT_TRUE(state);
  EXPECT_FALSE(state->children.contains("g:p"));
  EXPECT_TRUE(state->records.empty());
}

TEST(Journal, CutAnywhereGivesTheRowsBefore) {
  const std::string before = whole();
  const std::string after = before + journal_put("process:g:p", "CUT");
  for (std::size_t size = before.size(); size < after.size(); ++size) {
    const auto state = replay(std::string_view{after}.substr(0, size));
    ASSERT_TRUE(state) << size;
    EXPECT_EQ(state->records.at("process:g:p"), "RUNNING") << size;
  }
}

TEST(Journal, ADamagedRowEndsIt) {
  std::string bytes = whole() + journal_put("process:g:p", "DAMAGED");
  bytes.back() = '?';
  EXPECT_EQ(replay(bytes)->records.at("process:g:p"), "RUNNING");
}

TEST(Journal, CompactedSaysTheSame) {
  const auto state = replay(whole() + journal_forgotten("ended"));
  ASSERT_TRUE(state);
  const auto again = replay(journal_of(*state));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->children, state->children);
  EXPECT_EQ(again->records, state->records);
  EXPECT_EQ(again->boot_id, state->boot_id);
}

TEST(Journal, HoldsForItsBootOnly) {
  const auto state = replay(whole());
  ASSERT_TRUE(state);
  const JournalState same = of_this_boot(*state, "boot");
  EXPECT_EQ(same.children, state->children);
  EXPECT_EQ(same.records, state->records);
  const JournalState later = of_this_boot(*state, "another boot");
  EXPECT_EQ(later.boot_id, "another boot");
  EXPECT_TRUE(later.children.empty());
  EXPECT_TRUE(later.records.empty());
}

TEST(Journal, AnotherFileIsRefused) {
  EXPECT_FALSE(replay(""));
  EXPECT_FALSE(replay("[supervisord]\nlogfile=/tmp/x\n"));
  EXPECT_FALSE(replay(journal_put("a", "b")));
}

}  // namespace
}  // namespace supervisord::keeper
