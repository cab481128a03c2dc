#include "supervisord/log/logs.hpp"

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "supervisord/log/rotation.hpp"
#include "tests/unit/log/logs_fixture.hpp"

namespace supervisord::log {
namespace {

TEST_F(LogsTest, BringLittleAndMuchToTheFile) {
  const auto pipe = attach("a/stdout", target("a.log"));
  const std::string much = lines(3'000'000);
  feed(pipe, "hello\n");
  feed(pipe, much);
  EXPECT_TRUE(reads("a.log", "hello\n" + much));
}

TEST_F(LogsTest, GivePipeAndFileToTheHolderBeforeTheFirstByte) {
  const auto pipe = attach("a/stdout", target("a.log"));
  EXPECT_EQ(holder.records.at("stream:a/stdout#1").fds.size(), 1u);
  EXPECT_EQ(holder.records.at("log:" + dir / "a.log").fds.size(), 1u);
  EXPECT_EQ(contents(dir / "a.log"), "");
}

TEST_F(LogsTest, TellTheEndOnceAndForgetThePipe) {
  auto pipe = attach("a/stdout", target("a.log"));
  feed(pipe, "last words");
  pipe.reset();
  EXPECT_TRUE(until([&] { return ended["a/stdout"] == 1; }));
  EXPECT_EQ(contents(dir / "a.log"), "last words");
  EXPECT_TRUE(holder.records.empty());
}

TEST_F(LogsTest, ReadEarlierRunsToTheirEndsBesideTheNewOne) {
  auto first = attach("a/stdout", target("a.log"));
  auto second = attach("a/stdout", target("a.log"));
  feed(second, "second\n");
  EXPECT_TRUE(reads("a.log", "second\n"));
  feed(first, "first, late\n");
  EXPECT_TRUE(reads("a.log", "second\nfirst, late\n"));
  first.reset();
  EXPECT_TRUE(until([&] { return ended["a/stdout"] == 1; }));
  feed(second, "more\n");
  EXPECT_TRUE(reads("a.log", "second\nfirst, late\nmore\n"));
}

TEST_F(LogsTest, HaveOneDescriptionForAFileOfTwoNames) {
  put_contents(dir / "a.log", "");
  std::filesystem::create_symlink(dir / "a.log", dir / "b.log");
  const auto out = attach("a/stdout", target("a.log"));
  const auto err = attach("a/stderr", target("b.log"));
  feed(out, "out\n");
  EXPECT_TRUE(reads("a.log", "out\n"));
  feed(err, "err\n");
  EXPECT_TRUE(reads("a.log", "out\nerr\n"));
  feed(out, "out\n");
  EXPECT_TRUE(reads("a.log", "out\nerr\nout\n"));
  EXPECT_EQ(holder.records.count("log:" + dir / "b.log"), 0u);
}

TEST_F(LogsTest, FollowWhatOthersAppendAndTruncate) {
  const auto pipe = attach("a/stdout", target("a.log"));
  feed(pipe, "one\n");
  EXPECT_TRUE(reads("a.log", "one\n"));
  append(dir / "a.log", "foreign\n");
  feed(pipe, "two\n");
  EXPECT_TRUE(reads("a.log", "one\nforeign\ntwo\n"));
  put_contents(dir / "a.log", "");
  feed(pipe, "three\n");
  EXPECT_TRUE(reads("a.log", "three\n"));
}

struct RotationRow {
  const char* name;
  std::size_t size;
  std::uint64_t limit;
};

class LogsRotating : public LogsTest, public testing::WithParamInterface<RotationRow> {};

TEST_P(LogsRotating, CutBetweenLines) {
  const auto [name, size, limit] = GetParam();
  const auto pipe = attach("a/stdout", target("a.log", limit, 1000));
  const std::string text = lines(size);
  feed(pipe, text);
  const std::string path = dir / "a.log";
  std::string all;
  const auto collect = [&] {
    all.clear();
    int last = 0;
    while (std::filesystem::exists(backup_path(path, last + 1))) ++last;
    for (; last >= 0; --last) all += contents(backup_path(path, last));
    return all.size() == text.size();
  };
  ASSERT_TRUE(until(collect));
  EXPECT_TRUE(all == text);
  EXPECT_TRUE(std::filesystem::exists(path + ".2"));
  for (int number = 1; std::filesystem::exists(backup_path(path, number)); ++number) {
    const std::string part = contents(backup_path(path, number));
    EXPECT_EQ(part.back(), '\n') << number;
    EXPECT_LE(part.size(), limit + 110) << number;
  }
}

INSTANTIATE_TEST_SUITE_P(Logs, LogsRotating,
                         testing::Values(RotationRow{"Large", 2'000'000, 300'000},
                                         RotationRow{"Small", 100'000, 2'000},
                                         RotationRow{"LessThanALine", 20'000, 20}),
                         [](const auto& row) { return std::string{row.param.name}; });

TEST_F(LogsTest, RotateLinesThatComeByteByByte) {
  const auto pipe = attach("a/stdout", target("a.log", 8, 5));
  for (const char c : std::string{"one\ntwo\nthree\nfo"}) {
    feed(pipe, std::string(1, c));
    logs->drain("a/stdout");
  }
  EXPECT_EQ(contents(dir / "a.log"), "three\nfo");
  EXPECT_EQ(contents(dir / "a.log.1"), "one\ntwo\n");
}

TEST_F(LogsTest, TruncateAFullFileWithoutBackups) {
  const auto pipe = attach("a/stdout", target("a.log", 10, 0));
  feed(pipe, "0123456789\nnext\n");
  EXPECT_TRUE(reads("a.log", "next\n"));
  EXPECT_FALSE(std::filesystem::exists(dir / "a.log.1"));
}

TEST_F(LogsTest, GoOnInTheOldFileWhenItCannotBeRotated) {
  const auto pipe = attach("a/stdout", target("a.log", 10, 2));
  std::filesystem::create_directories(dir / "a.log.2/not-empty");
  put_contents(dir / "a.log.1", "old");
  feed(pipe, "0123456789\nnext\n");
  EXPECT_TRUE(reads("a.log", "0123456789\nnext\n"));
  EXPECT_EQ(reported("ERRO cannot rotate log: '" + dir / "a.log"), 1);
}

TEST_F(LogsTest, WaitForReopenWhenTheDirectoryIsMissing) {
  const auto pipe = attach("a/stdout", target("missing/a.log"));
  EXPECT_EQ(reports, std::vector<std::string>{
                         "CRIT cannot open log: '" + dir / "missing/a.log" +
                         "' (ENOENT, No such file or directory); output waits until reopen"});
  feed(pipe, "kept\n");
  const auto other = attach("b/stdout", target("b.log"));
  feed(other, "not held up\n");
  EXPECT_TRUE(reads("b.log", "not held up\n"));
  std::filesystem::create_directory(dir / "missing");
  logs->reopen_all();
  EXPECT_TRUE(reads("missing/a.log", "kept\n"));
}

TEST_F(LogsTest, GoToTheNewFileAfterReopen) {
  const auto pipe = attach("a/stdout", target("a.log"));
  feed(pipe, "one\n");
  EXPECT_TRUE(reads("a.log", "one\n"));
  std::filesystem::rename(dir / "a.log", dir / "moved");
  feed(pipe, "two\n");
  EXPECT_TRUE(reads("moved", "one\ntwo\n"));
  logs->reopen_all();
  feed(pipe, "three\n");
  EXPECT_TRUE(reads("a.log", "three\n"));
  EXPECT_EQ(contents(dir / "moved"), "one\ntwo\n");
}

TEST_F(LogsTest, BeginANewRunInTheFileOfItsName) {
  const auto first = attach("a/stdout", target("a.log"));
  feed(first, "one\n");
  EXPECT_TRUE(reads("a.log", "one\n"));
  std::filesystem::rename(dir / "a.log", dir / "moved");
  const auto second =
      attach("a/stdout", target("a.log"));  // while the first run's pipe is still open
  feed(second, "two\n");
  EXPECT_TRUE(reads("a.log", "two\n"));
  EXPECT_EQ(contents(dir / "moved"), "one\n");
}

TEST_F(LogsTest, BeginAClearedLogAnew) {
  const auto pipe = attach("a/stdout", target("a.log"));
  feed(pipe, "one\n");
  EXPECT_TRUE(reads("a.log", "one\n"));
  ASSERT_TRUE(logs->clear(dir / "a.log"));
  EXPECT_EQ(contents(dir / "a.log"), "");
  feed(pipe, "two\n");
  EXPECT_TRUE(reads("a.log", "two\n"));
}

TEST_F(LogsTest, ClearALogThatNobodyWrites) {
  put_contents(dir / "a.log", "old");
  ASSERT_TRUE(logs->clear(dir / "a.log"));
  EXPECT_EQ(contents(dir / "a.log"), "");
  EXPECT_EQ(logs->clear(dir / "none.log").error().code, common::Errc::missing);
}

TEST_F(LogsTest, KeepBytesOfAFullDiskAndGoOnByThemselves) {
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 100'000;
  // The mapping's file is grown already, so the limit meets the logs only.
  const auto full = attach("full/stdout", target("full.log"));
  const auto other = attach("other/stdout", target("other.log"));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string much = lines(150'000);
  ASSERT_GT(::fcntl(full.get(), F_SETPIPE_SZ, 1 << 20), 0);
  feed(full, much);
  EXPECT_TRUE(until([&] { return reported("CRIT cannot write log") > 0; }));
  feed(other, lines(50'000));
  EXPECT_TRUE(reads("other.log", lines(50'000)));
  EXPECT_EQ(contents(dir / "full.log").size(), 100'000u);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_TRUE(reads("full.log", much));
  EXPECT_EQ(reported("CRIT cannot write log: '" + dir / "full.log' (EFBIG"), 1);
  EXPECT_EQ(reported("INFO log is written again"), 1);
}

TEST_F(LogsTest, GoOnWhenAFullFileSystemHasRoomAgain) {
  const std::string disk = dir / "disk";
  std::filesystem::create_directory(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=128k") != 0) GTEST_SKIP() << "cannot mount";
  put_contents(disk + "/filler", std::string(100'000, 'x'));
  const auto pipe = attach("a/stdout", target("disk/a.log"));
  const std::string text = lines(60'000);
  feed(pipe, text);
  EXPECT_TRUE(until([&] { return reported("CRIT cannot write log") == 1; }));
  std::filesystem::remove(disk + "/filler");
  EXPECT_TRUE(reads("disk/a.log", text));
  logs.reset();
  holder.records.clear();
  EXPECT_EQ(::umount2(disk.c_str(), MNT_DETACH), 0);
}

TEST_F(LogsTest, CreateAutoLogsForTheOwnerOnly) {
  const mode_t before = ::umask(022);
  Target mine = target("auto.log");
  mine.owner_only = true;
  ASSERT_TRUE(logs->create(mine));
  ASSERT_TRUE(logs->create(target("a.log")));
  ::umask(before);
  struct stat info;
  ASSERT_EQ(::stat((dir / "auto.log").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  ASSERT_EQ(::stat((dir / "a.log").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0644u);
}

TEST_F(LogsTest, ReadAndThrowAwayWhatHasNoLog) {
  auto pipe = attach("a/stdout", {});
  feed(pipe, lines(1'000'000));
  pipe.reset();
  EXPECT_TRUE(until([&] { return ended["a/stdout"] == 1; }));
}

// /dev/fd/N of what a test has opened stands for /dev/stdout.
class LogsToADescriptor : public LogsTest {
 protected:
  common::UniqueFd attach_to(int fd) {
    return attach("a/stdout", {Target::Kind::file, "/dev/fd/" + std::to_string(fd), 10, 3, false});
  }
};

TEST_F(LogsToADescriptor, WriteToAPipeAndWaitForItsReader) {
  const auto out = *common::make_pipe();
  ASSERT_TRUE(common::set_blocking(out.read_end.get(), common::Blocking::no));
  const auto pipe = attach_to(out.write_end.get());
  const std::string text = lines(300'000);
  std::string got;
  std::string_view rest = text;
  EXPECT_TRUE(until([&] {
    const ssize_t put = ::write(pipe.get(), rest.data(), rest.size());
    if (put > 0) rest.remove_prefix(static_cast<std::size_t>(put));
    char bytes[5000];
    const ssize_t count = ::read(out.read_end.get(), bytes, sizeof bytes);
    if (count > 0) got.append(bytes, static_cast<std::size_t>(count));
    return got.size() == text.size();
  }));
  EXPECT_TRUE(got == text);
}

TEST_F(LogsToADescriptor, DiscardWhatNobodyReadsAnyMore) {
  auto out = *common::make_pipe();
  const auto pipe = attach_to(out.write_end.get());
  out.read_end.reset();
  feed(pipe, lines(300'000));
  EXPECT_TRUE(until([&] { return reported("CRIT nobody reads log") == 1; }));
}

TEST_F(LogsToADescriptor, AppendToAFileThatSpliceRefuses) {
  const common::UniqueFd file{
      ::open((dir / "out").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
  const auto pipe = attach_to(file.get());
  feed(pipe, "a\n");
  EXPECT_TRUE(reads("out", "a\n"));
  append(dir / "out", "foreign\n");
  feed(pipe, "b\n");
  EXPECT_TRUE(reads("out", "a\nforeign\nb\n"));
  const std::string much = lines(200'000);
  feed(pipe, much);
  EXPECT_TRUE(reads("out", "a\nforeign\nb\n" + much));
  EXPECT_FALSE(std::filesystem::exists(dir / "out.1"));
}

TEST_F(LogsTest, MoveWhatIsThereWhenDrained) {
  const auto pipe = attach("a/stdout", target("a.log"));
  ASSERT_EQ(::write(pipe.get(), "at exit\n", 8), 8);
  logs->drain("a/stdout");
  EXPECT_EQ(contents(dir / "a.log"), "at exit\n");
}

TEST_F(LogsTest, KeepNothingOfAForgottenStream) {
  const auto pipe = attach("a/stdout", target("a.log"));
  ASSERT_EQ(::write(pipe.get(), "at exit\n", 8), 8);
  logs->forget("a/stdout");
  EXPECT_EQ(contents(dir / "a.log"), "at exit\n");
  EXPECT_TRUE(holder.records.empty());
  io.restart();
  io.poll();
  EXPECT_EQ(ended["a/stdout"], 0);
}

TEST_F(LogsTest, GrowAPipeThatIsFoundFullTwice) {
  const auto pipe = attach("a/stdout", target("a.log"));
  feed(pipe, lines(3'000'000));
  EXPECT_GT(::fcntl(pipe.get(), F_GETPIPE_SZ), 65536);
}

TEST_F(LogsTest, GiveAFollowerOneChunkForEachNext) {
  const auto pipe = attach("a/stdout", target("a.log", 20, 3));
  feed(pipe, "old\n");
  EXPECT_TRUE(reads("a.log", "old\n"));
  std::vector<std::string> chunks;
  auto follow = *logs->follow({dir / "a.log", 3}, {}, 2,
                              [&](const SharedChunk& chunk) { chunks.push_back(chunk->bytes); });
  follow->next();
  EXPECT_TRUE(chunks.empty());
  EXPECT_TRUE(until([&] { return !chunks.empty(); }));
  EXPECT_EQ(chunks.back(), "d\n");
  feed(pipe, "not asked for\n");
  EXPECT_TRUE(until([&] { return contents(dir / "a.log").size() > 4; }));
  EXPECT_EQ(chunks.size(), 1u);
  follow->next();
  EXPECT_TRUE(until([&] { return chunks.size() == 2; }));
  EXPECT_EQ(chunks.back(), "not asked for\n");
  follow->next();
  feed(pipe, "rotates\nnew file\n");
  EXPECT_TRUE(until([&] { return chunks.size() == 3; }));
  EXPECT_EQ(chunks.back(), "rotates\n");
  follow->next();
  EXPECT_TRUE(until([&] { return chunks.size() == 4; }));
  EXPECT_EQ(chunks.back(), "new file\n");
}

TEST_F(LogsTest, LetAFollowerEndItselfInItsCallback) {
  const auto pipe = attach("a/stdout", target("a.log"));
  std::unique_ptr<Follow> follow;
  follow = *logs->follow({dir / "a.log", 3}, {}, 0, [&](const SharedChunk&) { follow.reset(); });
  follow->next();
  feed(pipe, "bytes\n");
  EXPECT_TRUE(until([&] { return follow == nullptr; }));
}

TEST_F(LogsTest, WakeAFollowerOfTheMainLog) {
  put_contents(dir / "main.log", "");
  std::string got;
  auto follow = *logs->follow({dir / "main.log", 3}, {}, 0,
                              [&](const SharedChunk& chunk) { got = chunk->bytes; });
  follow->next();
  io.restart();
  io.poll();
  append(dir / "main.log", "line\n");
  logs->written(dir / "main.log");
  EXPECT_TRUE(until([&] { return got == "line\n"; }));
}

}  // namespace
}  // namespace supervisord::log
