// Taps across daemons: the log has everything once, the handlers hear everything at least once,
// wherever the last daemon ended. Real kills are in crash_test.cpp.
#include "supervisord/log/capture.hpp"
#include "supervisord/log/held_records.hpp"
#include "tests/unit/log/takeover_fixture.hpp"

namespace supervisord::log {
namespace {

using Lines = std::vector<std::string>;

const std::string begin{begin_token};
const std::string end{end_token};
const Taps all_taps{
    .strip_ansi = true, .syslog_name = "web", .output = true, .capture_max_bytes = 1000};

// Whether all of `wanted` is in `got`, in order; more may be between.
bool is_within(const Lines& wanted, const Lines& got) {
  auto next = wanted.begin();
  for (const auto& line : got) {
    if (next != wanted.end() && line == *next) ++next;
  }
  return next == wanted.end();
}

struct TapStepRow {
  const char* name;
  const char* step;
  int nth;
  bool at_end = false;
};

class TapsTakeoverAt : public TakeoverTest, public testing::WithParamInterface<TapStepRow> {
 protected:
  static constexpr std::size_t size = 40'000;

  void expect_nothing_lost(FakeHolder::With with) {
    const auto [name, step, nth, at_end] = GetParam();
    auto pipe = attach("a/stdout", target("a.log", 10'000, 100), all_taps);
    const std::string first = "begun" + begin + "da\x1b[3";
    ASSERT_EQ(::write(pipe.get(), first.data(), first.size()), static_cast<ssize_t>(first.size()));
    logs->drain("a/stdout");
    start_and_die_at(step, nth);
    const std::string text = lines(size);
    const std::string second = "1mta" + end + "\n" + text + begin + "more" + end + "half<!--XSUP";
    ASSERT_EQ(::write(pipe.get(), second.data(), second.size()),
              static_cast<ssize_t>(second.size()));
    if (at_end) pipe.reset();
    ASSERT_TRUE(dies("a/stdout"));
    auto reopened = *common::duplicate(holder.records.at("stream:a/stdout#1").fds.at(0).get());
    start(with);
    if (with == FakeHolder::With::bytes_only) {
      EXPECT_TRUE(logs->attach_recovered("a/stdout", std::move(reopened)));
    }
    pipe.reset();
    ASSERT_TRUE(until([&] { return ended["a/stdout"] == 1; }));
    EXPECT_TRUE(all("a.log") == "begun\n" + text + "half<!--XSUP");
    const std::string heard = "begunda", last_piece = "ta\n" + text + "morehalf", held = "<!--XSUP";
    const std::string& out = output["a/stdout"];
    EXPECT_TRUE(out == heard + last_piece + held || out == heard + last_piece + last_piece + held ||
                out == heard + last_piece + held + held);
    EXPECT_TRUE(is_within({"data", "more"}, captured["a/stdout"]));
    EXPECT_LE(captured["a/stdout"].size(), 4u);
    Lines expected{"web begun"};
    for (std::size_t from = 0; from < text.size();) {
      const std::size_t to = text.find('\n', from);
      expected.push_back("web " + text.substr(from, to - from));
      from = to + 1;
    }
    expected.push_back("web half<!--XSUP");
    EXPECT_TRUE(is_within(expected, syslog));
    EXPECT_LE(syslog.size(), 2 * expected.size());
    EXPECT_TRUE(holder.records.empty());
  }
};

TEST_P(TapsTakeoverAt, LosesNothing) { expect_nothing_lost(FakeHolder::With::descriptors); }

TEST_P(TapsTakeoverAt, LosesNothingAfterTheKeeperDiedToo) {
  expect_nothing_lost(FakeHolder::With::bytes_only);
}

INSTANTIATE_TEST_SUITE_P(
    TapsTakeover, TapsTakeoverAt,
    testing::Values(TapStepRow{"BeforeReading", "reading: before", 1},
                    TapStepRow{"ReadingCommitted", "reading: committed", 1},
                    TapStepRow{"Read", "reading: read", 1}, TapStepRow{"Told", "reading: told", 1},
                    TapStepRow{"WritingCommitted", "writing: committed", 1},
                    TapStepRow{"BeforeWrite", "writing: before write", 2},
                    TapStepRow{"Written", "writing: written", 2},
                    TapStepRow{"RotatingCommitted", "rotating: committed", 1},
                    TapStepRow{"BetweenRenames", "rotate: before rename", 3},
                    TapStepRow{"Held", "rotate: held", 2},
                    TapStepRow{"BeforeWritingOn", "rotating: before writing", 2},
                    TapStepRow{"BeforeIdle", "idle: before", 1},
                    TapStepRow{"Settled", "idle: settled", 1},
                    TapStepRow{"Idle", "idle: committed", 1},
                    TapStepRow{"EndTold", "finish: told", 1, true},
                    TapStepRow{"EndCommitted", "finish: committed", 1, true},
                    TapStepRow{"EndSettled", "idle: settled", 2, true},
                    TapStepRow{"EndIdle", "idle: committed", 2, true}),
    [](const auto& row) { return std::string{row.param.name}; });

using TapsTakeoverTest = TakeoverTest;

TEST_F(TapsTakeoverTest, TellsARecoveredPieceOnlyFromTheLoop) {
  start_and_die_at("reading: read", 1);
  const auto pipe = attach("a/stdout", target("a.log"), {.output = true});
  ASSERT_EQ(::write(pipe.get(), "piece\n", 6), 6);
  ASSERT_TRUE(dies("a/stdout"));
  EXPECT_EQ(start().state, RecordState::reading);
  EXPECT_EQ(output["a/stdout"], "");  // those who hear it are not there yet
  EXPECT_TRUE(reads("a.log", "piece\n"));
  EXPECT_EQ(output["a/stdout"], "piece\n");
}

TEST_F(TapsTakeoverTest, GoesOnWithoutTheTapsOfAnEarlierRecordsVersion) {
  const auto pipe = attach("a/stdout", target("a.log"), all_taps);
  std::string bytes = encode(StreamRecord{"a/stdout", 1, target("a.log"), {}, {}, {}});
  bytes[0] = 1;
  bytes.resize(bytes.size() - 6 * 8 - mark_bytes);
  holder.records.at("stream:a/stdout#1").bytes = bytes;
  start();
  feed(pipe, "\x1b[1mx");
  EXPECT_TRUE(reads("a.log", "\x1b[1mx"));
}

}  // namespace
}  // namespace supervisord::log
