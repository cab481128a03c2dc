// What the next daemon finds: ended here by an exception at a marked step instead of a kill, so
// that each step is met for certain. Real kills are in crash_test.cpp.
#include <sys/resource.h>

#include <algorithm>

#include "supervisord/log/logs.hpp"
#include "tests/unit/log/takeover_fixture.hpp"

namespace supervisord::log {
namespace {

struct StepRow {
  const char* name;
  const char* step;
  int nth;
  RecordState met;
};

class TakeoverAt : public TakeoverTest, public testing::WithParamInterface<StepRow> {
 protected:
  void expect_every_line_once(FakeHolder::With with) {
    const auto [name, step, nth, met] = GetParam();
    start_and_die_at(step, nth);
    auto pipe = attach("a/stdout", target("a.log", 10'000, 100));
    const std::string text = lines(40'000);
    ASSERT_EQ(::write(pipe.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ASSERT_TRUE(dies("a/stdout"));
    auto reopened = *common::duplicate(holder.records.at("stream:a/stdout#1").fds.at(0).get());
    const RecoveredFrom found = start(with);
    EXPECT_EQ(found.state, met);
    EXPECT_EQ(found.stream, met == RecordState::idle ? "" : "a/stdout");
    EXPECT_EQ(reported("INFO log pump recovered"), met == RecordState::idle ? 0 : 1);
    if (with == FakeHolder::With::bytes_only) {
      EXPECT_EQ(logs->waiting_for_pipe(), std::vector<std::string>{"a/stdout"});
      EXPECT_TRUE(logs->attach_recovered("a/stdout", std::move(reopened)));
    }
    logs->drain("a/stdout");
    EXPECT_TRUE(all("a.log") == text);
    EXPECT_EQ(contents(dir / "a.log.1").back(), '\n');
    pipe.reset();
    EXPECT_TRUE(until([&] { return ended["a/stdout"] == 1; }));
    EXPECT_TRUE(holder.records.empty());
  }
};

TEST_P(TakeoverAt, HasEveryLineOnce) { expect_every_line_once(FakeHolder::With::descriptors); }

TEST_P(TakeoverAt, HasEveryLineOnceAfterTheKeeperDiedToo) {
  expect_every_line_once(FakeHolder::With::bytes_only);
}

INSTANTIATE_TEST_SUITE_P(
    Takeover, TakeoverAt,
    testing::Values(StepRow{"BeforeReading", "reading: before", 1, RecordState::idle},
                    StepRow{"ReadingCommitted", "reading: committed", 1, RecordState::reading},
                    StepRow{"Read", "reading: read", 1, RecordState::reading},
                    StepRow{"WritingCommitted", "writing: committed", 1, RecordState::writing},
                    StepRow{"BeforeWrite", "writing: before write", 2, RecordState::writing},
                    StepRow{"Written", "writing: written", 2, RecordState::writing},
                    StepRow{"RotatingCommitted", "rotating: committed", 1, RecordState::rotating},
                    StepRow{"BeforeFirstRename", "rotate: before rename", 1, RecordState::rotating},
                    StepRow{"BetweenRenames", "rotate: before rename", 3, RecordState::rotating},
                    StepRow{"Renamed", "rotate: renamed", 2, RecordState::rotating},
                    StepRow{"Opened", "rotate: opened", 2, RecordState::rotating},
                    StepRow{"Held", "rotate: held", 2, RecordState::rotating},
                    StepRow{"BeforeWritingOn", "rotating: before writing", 2,
                            RecordState::rotating},
                    StepRow{"BeforeIdle", "idle: before", 1, RecordState::writing},
                    StepRow{"Idle", "idle: committed", 1, RecordState::idle}),
    [](const auto& row) { return std::string{row.param.name}; });

class TakeoverWithoutBackups : public TakeoverTest,
                               public testing::WithParamInterface<const char*> {};

TEST_P(TakeoverWithoutBackups, KeepsWhatComesAfterTheTruncation) {
  start_and_die_at(GetParam(), 1);
  const auto pipe = attach("a/stdout", target("a.log", 5'000, 0));
  const std::string text = "0123456789\n" + std::string(5'000, 'x') + "\nlast\n";
  ASSERT_EQ(::write(pipe.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ASSERT_TRUE(dies("a/stdout"));
  start();
  logs->drain("a/stdout");
  EXPECT_EQ(contents(dir / "a.log"), "last\n");
}

INSTANTIATE_TEST_SUITE_P(Takeover, TakeoverWithoutBackups,
                         testing::Values("rotating: committed", "rotate: before truncation",
                                         "rotate: truncated"));

TEST_F(TakeoverTest, KeepsAPieceUntilItsLogCanBeOpened) {
  std::filesystem::create_directory(dir / "logs");
  start_and_die_at("writing: written", 2);
  const auto pipe = attach("a/stdout", target("logs/a.log", 10'000, 100));
  const std::string text = lines(40'000);
  ASSERT_EQ(::write(pipe.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ASSERT_TRUE(dies("a/stdout"));
  std::filesystem::rename(dir / "logs", dir / "away");
  EXPECT_EQ(start(FakeHolder::With::bytes_only).state, RecordState::writing);
  EXPECT_EQ(reported("CRIT cannot open log"), 1);
  std::filesystem::rename(dir / "away", dir / "logs");
  logs->reopen_all();
  EXPECT_TRUE(until([&] { return all("logs/a.log") == text; }));
}

TEST_F(TakeoverTest, GoesOnWithAPieceOfAFullDisk) {
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 10'000;
  auto pipe = attach("a/stdout", target("a.log"));
  const std::string text = lines(30'000);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  ASSERT_EQ(::write(pipe.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  logs->drain("a/stdout");
  logs->forget("a/stdout");
  EXPECT_EQ(contents(dir / "a.log").size(), 10'000u);
  EXPECT_EQ(start().state, RecordState::writing);
  EXPECT_EQ(contents(dir / "a.log").size(), 10'000u);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_TRUE(reads("a.log", text));
  pipe.reset();
  EXPECT_TRUE(until([&] { return holder.records.empty(); }));
}

TEST_F(TakeoverTest, GoesOnWithAllStreams) {
  const auto a = attach("a/stdout", target("a.log"));
  const auto b = attach("b/stdout", target("b.log"));
  ASSERT_EQ(::write(a.get(), "one\n", 4), 4);
  EXPECT_EQ(start().state, RecordState::idle);
  feed(b, "two\n");
  EXPECT_TRUE(reads("a.log", "one\n"));
  EXPECT_TRUE(reads("b.log", "two\n"));
}

TEST_F(TakeoverTest, LeavesTheRecordsOfOthers) {
  std::vector<common::Held> records;
  records.push_back({"process:a", "x", {}});
  logs->take_over(records);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records.front().key, "process:a");
}

TEST_F(TakeoverTest, SaysWhichRecordItCannotRead) {
  holder.put("stream:a/stdout#1", "nonsense", {});
  start();
  EXPECT_EQ(reported("ERRO record of 'stream:a/stdout#1' cannot be read"), 1);
  EXPECT_TRUE(holder.records.empty());
}

TEST_F(TakeoverTest, NeverUsesAPipesNumberAgain) {
  const auto a = attach("a/stdout", target("a.log"));
  start();
  const auto b = attach("b/stdout", target("b.log"));
  EXPECT_TRUE(holder.records.contains("stream:b/stdout#2"));
}

}  // namespace
}  // namespace supervisord::log
