#include "supervisord/log/tail.hpp"

#include <gtest/gtest.h>

#include "supervisord/log/open_target.hpp"
#include "supervisord/log/readable.hpp"
#include "supervisord/log/rotation.hpp"
#include "tests/unit/log/temp_dir.hpp"

namespace supervisord::log {
namespace {

struct ReadRow {
  const char* name;
  std::int64_t offset;
  std::uint64_t length;
  const char* bytes;
  std::uint64_t at;
};

class ReadOf : public testing::TestWithParam<ReadRow> {};

TEST_P(ReadOf, TenBytes) {
  const TempDir dir;
  put_contents(dir / "log", "0123456789");
  const auto chunk = read_log(dir / "log", GetParam().offset, GetParam().length);
  ASSERT_TRUE(chunk);
  EXPECT_EQ(chunk->bytes, GetParam().bytes);
  EXPECT_EQ(chunk->position.offset, GetParam().at);
  EXPECT_NE(chunk->position.file_id, 0u);
}

INSTANTIATE_TEST_SUITE_P(Tail, ReadOf,
                         testing::Values(ReadRow{"All", 0, 0, "0123456789", 0},
                                         ReadRow{"ToTheEnd", 7, 0, "789", 7},
                                         ReadRow{"Middle", 2, 3, "234", 2},
                                         ReadRow{"BeyondTheEnd", 20, 5, "", 10},
                                         ReadRow{"LongerThanThereIs", 8, 50, "89", 8},
                                         ReadRow{"TheLast", -4, 0, "6789", 6},
                                         ReadRow{"MoreThanThereIs", -40, 0, "0123456789", 0}),
                         [](const auto& row) { return std::string{row.param.name}; });

TEST(ReadLog, RefusesALengthWithANegativeOffset) {
  const TempDir dir;
  put_contents(dir / "log", "0123456789");
  EXPECT_EQ(read_log(dir / "log", -1, 1).error().code, common::Errc::bad_value);
}

TEST(ReadLog, SaysWhenThereIsNoLog) {
  const TempDir dir;
  EXPECT_EQ(read_log(dir / "log", 0, 0).error().code, common::Errc::missing);
  EXPECT_EQ(read_log("/dev/null", 0, 0).error().code, common::Errc::missing);
}

struct TailRow {
  const char* name;
  std::uint64_t offset;
  std::uint64_t length;
  const char* bytes;
  bool overflow;
};

class TailOf : public testing::TestWithParam<TailRow> {};

TEST_P(TailOf, TenBytes) {
  const TempDir dir;
  put_contents(dir / "log", "0123456789");
  const LogTail tail = tail_log(dir / "log", GetParam().offset, GetParam().length);
  EXPECT_EQ(tail.bytes, GetParam().bytes);
  EXPECT_EQ(tail.offset, 10u);
  EXPECT_EQ(tail.overflow, GetParam().overflow);
}

INSTANTIATE_TEST_SUITE_P(Tail, TailOf,
                         testing::Values(TailRow{"WholeFile", 5, 20, "0123456789", false},
                                         TailRow{"TheLast", 0, 3, "789", true},
                                         TailRow{"AtTheEnd", 10, 3, "", false}),
                         [](const auto& row) { return std::string{row.param.name}; });

TEST(TailLog, IsEmptyWithoutALog) {
  const TempDir dir;
  const LogTail tail = tail_log(dir / "log", 0, 10);
  EXPECT_EQ(tail.bytes, "");
  EXPECT_EQ(tail.offset, 0u);
  EXPECT_FALSE(tail.overflow);
}

class CursorTest : public testing::Test {
 protected:
  CursorTest() { put_contents(log, "0123456789"); }
  Cursor open(std::optional<LogPosition> from, std::uint64_t last_bytes = 0) {
    return *Cursor::open(reads, {log, 3}, from, last_bytes);
  }
  void rotate(const std::string& fresh) {
    ASSERT_TRUE(run_rotation(log, 3));
    put_contents(log, fresh);
  }
  LogPosition position(std::uint64_t offset) const { return {mixed(*file_id_of(log)), offset}; }
  static std::string rest(Cursor& cursor) {
    std::string bytes;
    while (auto chunk = cursor.next()) bytes += (chunk->truncated ? "[cut]" : "") + chunk->bytes;
    return bytes;
  }

  const TempDir dir;
  const std::string log = dir / "log";
  SharedReads reads;
};

TEST_F(CursorTest, BeginsWithTheLastBytes) {
  Cursor cursor = open({}, 4);
  const auto chunk = cursor.next();
  ASSERT_TRUE(chunk);
  EXPECT_EQ(chunk->bytes, "6789");
  EXPECT_EQ(chunk->position.offset, 6u);
  EXPECT_FALSE(cursor.next());
}

TEST_F(CursorTest, ReadsTheOldFileToItsEndBeforeTheNewOne) {
  Cursor cursor = open({});
  append(log, "ab");
  rotate("new");
  EXPECT_EQ(rest(cursor), "abnew");
}

TEST_F(CursorTest, GoesThroughFilesThatCameAndWentMeanwhile) {
  Cursor cursor = open({});
  rotate("one");
  rotate("two");
  rotate("three");
  EXPECT_EQ(rest(cursor), "onetwothree");
}

TEST_F(CursorTest, GoesOnFromAPositionInARotatedFile) {
  const LogPosition from = position(8);
  rotate("one");
  rotate("two");
  Cursor cursor = open(from);
  EXPECT_EQ(rest(cursor), "89onetwo");
}

TEST_F(CursorTest, SaysThatItCannotGoOnFromAFileThatIsGone) {
  const LogPosition from = position(8);
  const auto keeps_the_inode = open_target({Target::Kind::file, log, 0, 0, false});
  for (const char* const fresh : {"1", "2", "3", "4"}) rotate(fresh);
  Cursor cursor = open(from);
  EXPECT_EQ(rest(cursor), "[cut]4");
}

TEST_F(CursorTest, BeginsAgainInAFileThatShrank) {
  Cursor cursor = open({});
  put_contents(log, "abc");
  EXPECT_EQ(rest(cursor), "[cut]abc");
}

TEST_F(CursorTest, GoesToTheNewFileWhenTheOldOneWasDeleted) {
  Cursor cursor = open({});
  std::filesystem::remove(log);
  EXPECT_EQ(rest(cursor), "");
  put_contents(log, "fresh");
  EXPECT_EQ(rest(cursor), "[cut]fresh");
}

}  // namespace
}  // namespace supervisord::log
