#include "supervisord/log/main_log.hpp"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include "tests/unit/log/temp_dir.hpp"

namespace supervisord::log {
namespace {

using common::Level;

// Keeps what it is given.
class MemoryOutput : public common::LogOutput {
 public:
  void write(std::string_view line) override { text.append(line); }
  std::string text;
};

TEST(LogLine, IsSpelledAsSupervisorDoes) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  const std::chrono::system_clock::time_point at{std::chrono::milliseconds{1'763'881'920'007}};
  EXPECT_EQ(common::log_line(at, Level::info, "spawned: 'app' with pid 4711"),
            "2025-11-23 07:12:00,007 INFO spawned: 'app' with pid 4711\n");
}

TEST(LogLine, HasAWordForEachLevel) {
  std::string words;
  for (const Level level : {Level::critical, Level::error, Level::warn, Level::info, Level::debug,
                            Level::trace, Level::blather}) {
    words += std::string{common::level_word(level)} + " ";
  }
  EXPECT_EQ(words, "CRIT ERRO WARN INFO DEBG TRAC BLAT ");
}

TEST(Log, TakesSpdlogsOwnCallsAndLeavesOutWhatLiesBelowTheThreshold) {
  const auto output = std::make_shared<MemoryOutput>();
  common::set_up_log(Level::trace, {output});
  common::log(Level::critical, "one");
  spdlog::warn("two {}", 2);
  common::log(Level::trace, "three");
  common::log(Level::blather, "four");
  EXPECT_NE(output->text.find(" CRIT one\n"), std::string::npos);
  EXPECT_NE(output->text.find(" WARN two 2\n"), std::string::npos);
  EXPECT_NE(output->text.find(" TRAC three\n"), std::string::npos);
  EXPECT_EQ(output->text.find("four"), std::string::npos);
  common::set_up_log(Level::blather, {output});
  common::log(Level::blather, "five");
  EXPECT_NE(output->text.find(" BLAT five\n"), std::string::npos);
}

class MainLogTest : public testing::Test {
 protected:
  std::shared_ptr<MainLog> open(std::uint64_t rotate_at_bytes, int backups) {
    return *MainLog::open({Target::Kind::file, path, rotate_at_bytes, backups, false},
                          {.changed = [this](int) { ++changes; }, .written = [this] { ++lines; }});
  }

  const TempDir dir;
  const std::string path = dir / "supervisord.log";
  int changes = 0;
  int lines = 0;
};

TEST_F(MainLogTest, AppendsToWhatIsThere) {
  put_contents(path, "before\n");
  open(0, 0)->write("after\n");
  EXPECT_EQ(contents(path), "before\nafter\n");
  EXPECT_EQ(lines, 1);
}

TEST_F(MainLogTest, IsRotatedWhenItIsFull) {
  const auto log = open(10, 2);
  for (const char* const line :
       {"one one\n", "two two\n", "three\n", "four four four\n", "five\n"}) {
    log->write(line);
  }
  EXPECT_EQ(contents(path), "five\n");
  EXPECT_EQ(contents(path + ".1"), "three\nfour four four\n");
  EXPECT_EQ(contents(path + ".2"), "one one\ntwo two\n");
  EXPECT_EQ(changes, 2);
}

TEST_F(MainLogTest, IsTruncatedWhenItIsFullWithoutBackups) {
  const auto log = open(10, 0);
  log->write("0123456789\n");
  log->write("next\n");
  EXPECT_EQ(contents(path), "next\n");
}

TEST_F(MainLogTest, GoesToTheNewFileAfterReopen) {
  const auto log = open(0, 0);
  log->write("one\n");
  std::filesystem::rename(path, dir / "moved");
  log->write("two\n");
  ASSERT_TRUE(log->reopen());
  log->write("three\n");
  EXPECT_EQ(contents(dir / "moved"), "one\ntwo\n");
  EXPECT_EQ(contents(path), "three\n");
  EXPECT_EQ(changes, 1);
  struct stat info;
  ASSERT_EQ(::fstat(log->fd(), &info), 0);
  EXPECT_EQ(info.st_size, 6);
}

TEST_F(MainLogTest, StaysInTheOldFileWhenReopenFails) {
  const auto log = open(0, 0);
  std::filesystem::rename(path, dir / "moved");
  std::filesystem::create_directory(path);
  EXPECT_FALSE(log->reopen());
  log->write("still\n");
  EXPECT_EQ(contents(dir / "moved"), "still\n");
}

TEST_F(MainLogTest, BeginsAnewWhenCleared) {
  const auto log = open(0, 0);
  log->write("one\n");
  ASSERT_TRUE(log->clear());
  log->write("two\n");
  EXPECT_EQ(contents(path), "two\n");
}

TEST_F(MainLogTest, NamesWhatItCannotOpen) {
  const auto log = MainLog::open({Target::Kind::file, dir / "missing/log", 0, 0, false});
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code.value(), ENOENT);
}

}  // namespace
}  // namespace supervisord::log
