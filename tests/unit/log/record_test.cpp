#include "supervisord/log/record.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>

namespace supervisord::log {
namespace {

constexpr FileId our_file{1, 10};
constexpr FileId old_file{1, 9};

Slot slot_in(RecordState state) {
  Slot slot;
  slot.state = state;
  slot.stream = 3;
  slot.base = 1000;
  slot.size = 500;
  slot.from = state == RecordState::reading ? 0 : 100;
  slot.upto = state == RecordState::reading ? 0 : 400;
  slot.old_file = old_file;
  return slot;
}

struct RecoveryRow {
  const char* name;
  RecordState state;
  Found found;
  RecoveryStep step;
  std::uint32_t from;
  std::uint32_t upto;
  std::uint64_t base;
  Surprise surprise;
};

class RecoveryOf : public testing::TestWithParam<RecoveryRow> {};

TEST_P(RecoveryOf, DoesWhatTheTableSays) {
  const RecoveryRow& row = GetParam();
  const Recovery recovery = recover(slot_in(row.state), row.found);
  EXPECT_EQ(recovery.step, row.step);
  EXPECT_EQ(recovery.slot.from, row.from);
  EXPECT_EQ(recovery.slot.upto, row.upto);
  EXPECT_EQ(recovery.slot.base, row.base);
  EXPECT_EQ(recovery.surprise, row.surprise);
}

INSTANTIATE_TEST_SUITE_P(Record, RecoveryOf,
                         testing::Values(RecoveryRow{"Idle",
                                                     RecordState::idle,
                                                     {{}, our_file, 1000},
                                                     RecoveryStep::nothing,
                                                     0,
                                                     0,
                                                     0,
                                                     Surprise::none},
                                         RecoveryRow{"ReadingBeforeTheRead",
                                                     RecordState::reading,
                                                     {{true, true}, our_file, 1000},
                                                     RecoveryStep::nothing,
                                                     0,
                                                     0,
                                                     0,
                                                     Surprise::none},
                                         RecoveryRow{"ReadingAfterTheRead",
                                                     RecordState::reading,
                                                     {{false, false}, our_file, 1000},
                                                     RecoveryStep::cut_and_write,
                                                     0,
                                                     500,
                                                     1000,
                                                     Surprise::none},
                                         RecoveryRow{"ReadingInHalf",
                                                     RecordState::reading,
                                                     {{false, true}, our_file, 1000},
                                                     RecoveryStep::nothing,
                                                     0,
                                                     0,
                                                     0,
                                                     Surprise::part_lost},
                                         RecoveryRow{"WritingNothingDone",
                                                     RecordState::writing,
                                                     {{}, our_file, 1000},
                                                     RecoveryStep::write,
                                                     100,
                                                     400,
                                                     1000,
                                                     Surprise::none},
                                         RecoveryRow{"WritingPartDone",
                                                     RecordState::writing,
                                                     {{}, our_file, 1123},
                                                     RecoveryStep::write,
                                                     223,
                                                     400,
                                                     1123,
                                                     Surprise::none},
                                         RecoveryRow{"WritingAllDone",
                                                     RecordState::writing,
                                                     {{}, our_file, 1300},
                                                     RecoveryStep::write,
                                                     400,
                                                     400,
                                                     1300,
                                                     Surprise::none},
                                         RecoveryRow{"WritingForeignAppend",
                                                     RecordState::writing,
                                                     {{}, our_file, 1301},
                                                     RecoveryStep::write,
                                                     100,
                                                     400,
                                                     1301,
                                                     Surprise::foreign_write},
                                         RecoveryRow{"WritingForeignTruncation",
                                                     RecordState::writing,
                                                     {{}, our_file, 999},
                                                     RecoveryStep::write,
                                                     100,
                                                     400,
                                                     999,
                                                     Surprise::foreign_write},
                                         RecoveryRow{"RotatingNotDone",
                                                     RecordState::rotating,
                                                     {{}, old_file, 1300},
                                                     RecoveryStep::rotate,
                                                     100,
                                                     400,
                                                     1000,
                                                     Surprise::none},
                                         RecoveryRow{"RotatingDone",
                                                     RecordState::rotating,
                                                     {{}, our_file, 0},
                                                     RecoveryStep::cut_and_write,
                                                     100,
                                                     500,
                                                     0,
                                                     Surprise::none}),
                         [](const auto& row) { return std::string{row.param.name}; });

// A page of memory as the mapping has it: zeroes at first.
class Page {
 public:
  Page() { std::memset(memory_.get(), 0, record_bytes); }
  RecordPage& get() { return *reinterpret_cast<RecordPage*>(memory_.get()); }

 private:
  struct alignas(64) Bytes {
    char bytes[record_bytes];
  };
  std::unique_ptr<Bytes> memory_ = std::make_unique<Bytes>();
};

TEST(Record, IsIdleOnAFreshPage) {
  Page page;
  EXPECT_EQ(Record{page.get()}.current().state, RecordState::idle);
}

TEST(Record, ShowsASuccessorWhatWasCommittedLast) {
  Page page;
  Record{page.get()}.commit(slot_in(RecordState::reading));
  Record{page.get()}.commit(slot_in(RecordState::writing));
  const Slot found = Record{page.get()}.current();
  EXPECT_EQ(found.state, RecordState::writing);
  EXPECT_EQ(found.from, 100u);
  EXPECT_EQ(found.sequence, 2u);
}

TEST(Record, NeverTouchesTheSlotInForce) {
  Page page;
  Record record{page.get()};
  record.commit(slot_in(RecordState::reading));
  const Slot before = page.get().slots[1];
  record.commit(slot_in(RecordState::writing));
  EXPECT_EQ(std::memcmp(&before, &page.get().slots[1], sizeof before), 0);
}

TEST(Record, TakesWhatCannotBeForIdle) {
  Page page;
  Slot slot = slot_in(RecordState::writing);
  slot.upto = slot.size + 1;
  Record{page.get()}.commit(slot);
  EXPECT_EQ(Record{page.get()}.current().state, RecordState::idle);
}

TEST(Marks, AreSeenUntilTheyAreReadOver) {
  Mark mark;
  mark.fill(7);
  std::string piece(100, 'x');
  place_marks(piece, mark);
  EXPECT_TRUE(look_for_marks(piece, mark).first);
  EXPECT_TRUE(look_for_marks(piece, mark).last);
  piece[0] = 'y';
  EXPECT_FALSE(look_for_marks(piece, mark).first);
  EXPECT_TRUE(look_for_marks(piece, mark).last);
}

TEST(Marks, FitAPieceSmallerThanThey) {
  Mark mark;
  mark.fill(7);
  std::string piece = "abc";
  place_marks(piece, mark);
  EXPECT_TRUE(look_for_marks(piece, mark).first);
  EXPECT_FALSE(look_for_marks(piece, mark).last);
  piece[1] = 'y';
  EXPECT_FALSE(look_for_marks(piece, mark).first);
}

struct CutRow {
  const char* name;
  const char* piece;
  std::uint32_t from;
  std::uint64_t offset;
  std::uint64_t limit;
  std::uint32_t upto;
};

class CutOf : public testing::TestWithParam<CutRow> {};

TEST_P(CutOf, FallsOnALinesEnd) {
  const CutRow& row = GetParam();
  EXPECT_EQ(cut(std::string_view{row.piece}, row.from, row.offset, row.limit), row.upto);
}

INSTANTIATE_TEST_SUITE_P(Record, CutOf,
                         testing::Values(CutRow{"NoLimit", "one\ntwo\n", 0, 1'000'000, 0, 8},
                                         CutRow{"StaysUnderTheLimit", "one\ntwo\n", 0, 0, 9, 8},
                                         CutRow{"FillsTheFileExactly", "one\ntwo\n", 0, 0, 8, 8},
                                         CutRow{"LastLineThatFits", "one\ntwo\nthree", 0, 0, 10, 8},
                                         CutRow{"RestOfThePiece", "one\ntwo\nthree\n", 4, 0, 5, 8},
                                         CutRow{"FirstLineBeyond", "a long line\ntwo\n", 0, 0, 5,
                                                12},
                                         CutRow{"FileIsFullAlready", "one\ntwo\n", 0, 20, 10, 4},
                                         CutRow{"LineGoesOn", "no end of line", 0, 8, 10, 14}),
                         [](const auto& row) { return std::string{row.param.name}; });

}  // namespace
}  // namespace supervisord::log
