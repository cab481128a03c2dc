// Taps through Logs: real pipes, a real loop, handlers that record.
#include <sys/resource.h>

#include "supervisord/log/capture.hpp"
#include "supervisord/log/logs.hpp"
#include "supervisord/log/rotation.hpp"
#include "tests/unit/log/logs_fixture.hpp"

namespace supervisord::log {
namespace {

using Lines = std::vector<std::string>;

const std::string begin{begin_token};
const std::string end{end_token};
const Taps all{.strip_ansi = true, .syslog_name = "web", .output = true, .capture_max_bytes = 100};

class TapsTest : public LogsTest {};

TEST_F(TapsTest, TellOutputAndWriteItAsItIs) {
  const auto pipe = attach("a/stdout", target("a.log"), {.output = true});
  const std::string much = lines(2'000'000);
  feed(pipe, "little\n");
  feed(pipe, much);
  EXPECT_TRUE(reads("a.log", "little\n" + much));
  EXPECT_TRUE(output["a/stdout"] == "little\n" + much);
  EXPECT_GT(flushes, 0);
}

TEST_F(TapsTest, DoAllAtOnceAndFlushWhatIsHeldBackAtTheEnd) {
  auto pipe = attach("a/stdout", target("a.log"), all);
  feed(pipe, "\x1b[31mred\x1b[0m\nsome" + begin + "da");
  EXPECT_TRUE(reads("a.log", "red\nsome"));
  feed(pipe, "ta" + end + "body\nhalf<!--XSUPER");
  EXPECT_TRUE(reads("a.log", "red\nsomebody\nhalf"));
  EXPECT_EQ(captured["a/stdout"], Lines{"data"});
  EXPECT_EQ(syslog, (Lines{"web red", "web somebody"}));
  pipe.reset();
  EXPECT_TRUE(until([&] { return ended["a/stdout"] == 1; }));
  EXPECT_EQ(contents(dir / "a.log"), "red\nsomebody\nhalf<!--XSUPER");
  EXPECT_EQ(syslog, (Lines{"web red", "web somebody", "web half<!--XSUPER"}));
  EXPECT_TRUE(holder.records.empty());
}

TEST_F(TapsTest, WriteACaptureWithoutItsEndToTheLogHoweverLarge) {
  auto pipe = attach("a/stdout", target("a.log"), {.capture_max_bytes = 2'000'000});
  const std::string much = lines(1'500'000);
  feed(pipe, "x" + begin + much);
  pipe.reset();
  EXPECT_TRUE(until([&] { return ended["a/stdout"] == 1; }));
  EXPECT_TRUE(contents(dir / "a.log") == "x" + begin + much);
  EXPECT_TRUE(captured.empty());
}

TEST_F(TapsTest, WriteWhatAForgottenStreamHeldBack) {
  const auto pipe = attach("a/stdout", target("a.log"), all);
  feed(pipe, "half<!--XSUPER");
  logs->forget("a/stdout");
  EXPECT_EQ(contents(dir / "a.log"), "half<!--XSUPER");
  EXPECT_TRUE(holder.records.empty());
}

TEST_F(TapsTest, DrainWhatIsThere) {
  auto pipe = attach("a/stdout", target("a.log"), all);
  ASSERT_EQ(::write(pipe.get(), "last\nwords<!--", 14), 14);
  logs->drain("a/stdout");
  EXPECT_EQ(output["a/stdout"], "last\nwords");
  EXPECT_EQ(contents(dir / "a.log"), "last\nwords");
  pipe.reset();
  logs->drain("a/stdout");
  EXPECT_EQ(output["a/stdout"], "last\nwords<!--");
  EXPECT_EQ(contents(dir / "a.log"), "last\nwords<!--");
}

TEST_F(TapsTest, RotateBetweenLinesOfWhatIsWritten) {
  const auto pipe = attach("a/stdout", target("a.log", 5'000, 1'000), all);
  const std::string text = lines(100'000);
  std::string raw;
  for (std::size_t i = 0; i < text.size(); i += 1'000) {
    raw += "\x1b[1m" + text.substr(i, 1'000) + begin + "data" + end;
  }
  feed(pipe, raw);
  const std::string path = dir / "a.log";
  std::string got;
  EXPECT_TRUE(until([&] {
    got.clear();
    int last = 0;
    while (std::filesystem::exists(backup_path(path, last + 1))) ++last;
    for (; last >= 0; --last) {
      const std::string part = contents(backup_path(path, last));
      got += part;
      if (last > 0 && !part.ends_with('\n')) return false;
    }
    return got.size() == text.size();
  }));
  EXPECT_TRUE(got == text);
  EXPECT_TRUE(std::filesystem::exists(path + ".15"));
}

TEST_F(TapsTest, TellTheOutputOfAStreamWithoutALog) {
  auto pipe = attach("a/stdout", {}, {.output = true});
  const std::string much = lines(1'000'000);
  feed(pipe, much);
  EXPECT_TRUE(until([&] { return output["a/stdout"] == much; }));
}

TEST_F(TapsTest, ChangeWhatGoesToAPipe) {
  const auto out = *common::make_pipe();
  ASSERT_TRUE(common::set_blocking(out.read_end.get(), common::Blocking::no));
  auto pipe = attach("a/stdout",
                     {Target::Kind::file, "/dev/fd/" + std::to_string(out.write_end.get())}, all);
  const std::string text = lines(300'000);
  std::string raw = "\x1b[31m" + text + "<!--X";
  std::string got;
  std::string_view rest = raw;
  EXPECT_TRUE(until([&] {
    const ssize_t put = ::write(pipe.get(), rest.data(), rest.size());
    if (put > 0) rest.remove_prefix(static_cast<std::size_t>(put));
    if (rest.empty()) pipe.reset();
    char bytes[5000];
    const ssize_t count = ::read(out.read_end.get(), bytes, sizeof bytes);
    if (count > 0) got.append(bytes, static_cast<std::size_t>(count));
    return got.size() == text.size() + 5;
  }));
  EXPECT_TRUE(got == text + "<!--X");
}

TEST_F(TapsTest, DiscardWhatNobodyReadsAnyMoreAndGoOnTelling) {
  auto out = *common::make_pipe();
  const auto pipe = attach(
      "a/stdout", {Target::Kind::file, "/dev/fd/" + std::to_string(out.write_end.get())}, all);
  out.read_end.reset();
  const std::string text = lines(300'000);
  feed(pipe, text);
  EXPECT_TRUE(until([&] { return output["a/stdout"] == text; }));
  EXPECT_EQ(reported("CRIT nobody reads log"), 1);
}

TEST_F(TapsTest, WaitWhileSyslogTakesNothingAndLeaveOthersAlone) {
  syslog_room = 2;
  auto slow = attach("a/stdout", target("a.log"), {.syslog_name = "a"});
  const auto other = attach("b/stdout", target("b.log"), {.output = true});
  feed(slow, "1\n2\n3\n");
  EXPECT_TRUE(reads("a.log", "1\n2\n3\n"));
  feed(slow, "4\n");
  feed(other, "not held up\n");
  EXPECT_TRUE(reads("b.log", "not held up\n"));
  EXPECT_EQ(contents(dir / "a.log"), "1\n2\n3\n");
  syslog_room = 100;
  EXPECT_TRUE(reads("a.log", "1\n2\n3\n4\n"));
  EXPECT_EQ(syslog, (Lines{"a 1", "a 2", "a 3", "a 4"}));
  feed(slow, "5");
  EXPECT_TRUE(reads("a.log", "1\n2\n3\n4\n5"));
  syslog_room = 4;
  slow.reset();
  io.restart();
  io.run_for(std::chrono::milliseconds{50});
  EXPECT_EQ(ended["a/stdout"], 0);
  syslog_room = 5;
  EXPECT_TRUE(until([&] { return ended["a/stdout"] == 1; }));
  EXPECT_EQ(syslog.back(), "a 5");
}

TEST_F(TapsTest, TellAPieceOnceThatAFullDiskHoldsUp) {
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 10'000;
  auto pipe = attach("a/stdout", target("a.log"), all);
  const std::string text = lines(30'000);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  feed(pipe, text + "<!--");
  pipe.reset();
  EXPECT_TRUE(until([&] { return reported("CRIT cannot write log") == 1; }));
  EXPECT_EQ(ended["a/stdout"], 0);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_TRUE(until([&] { return ended["a/stdout"] == 1; }));
  EXPECT_TRUE(contents(dir / "a.log") == text + "<!--");
  EXPECT_TRUE(output["a/stdout"] == text + "<!--");
}

TEST_F(TapsTest, PutTheirStateOnlyWhenItChanges) {
  const auto pipe = attach("a/stdout", target("a.log"), all);
  const auto puts = holder.puts;
  feed(pipe, "whole lines\nonly\n");
  EXPECT_TRUE(reads("a.log", "whole lines\nonly\n"));
  EXPECT_EQ(holder.puts, puts);
  feed(pipe, "half");
  EXPECT_TRUE(reads("a.log", "whole lines\nonly\nhalf"));
  EXPECT_EQ(holder.puts, puts + 1);
}

TEST_F(TapsTest, HearEachWordOfADialogueWithoutWaitingForTheTick) {
  const auto pipe = attach("a/stdout", target("a.log"), {.output = true, .is_dialogue = true});
  feed(pipe, "RESULT 2\nOK");
  ASSERT_TRUE(until([&] { return !output["a/stdout"].empty(); }));
  ASSERT_EQ(::write(pipe.get(), "READY\n", 6), 6);
  io.restart();
  io.poll();
  EXPECT_EQ(output["a/stdout"], "RESULT 2\nOKREADY\n");
}

}  // namespace
}  // namespace supervisord::log
