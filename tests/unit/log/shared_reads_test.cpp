#include "supervisord/log/shared_reads.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "supervisord/log/tail.hpp"
#include "tests/unit/log/temp_dir.hpp"

namespace supervisord::log {
namespace {

class SharedReadsTest : public testing::Test {
 protected:
  SharedReadsTest() { put_contents(log, std::string(100, 'a')); }

  const TempDir dir;
  const std::string log = dir / "log";
  SharedReads reads{{.usual = 100, .behind = 400, .least = 10, .kept = 1000, .in_use = 16000}};
};

TEST_F(SharedReadsTest, OpensAFileOnce) {
  const auto file = reads.open(log);
  EXPECT_EQ(reads.open(log), file);
  EXPECT_EQ(reads.open(dir / "none"), nullptr);
}

TEST_F(SharedReadsTest, GiveOneChunkToAllWhoAreAtItsPlace) {
  const auto file = reads.open(log);
  const auto first = reads.read(file, 0);
  ASSERT_TRUE(first);
  append(log, "more");
  EXPECT_EQ(reads.read(file, 0), first);  // though there is more by now: both go on at 100
  const auto next = reads.read(file, 100);
  EXPECT_EQ(next->bytes, "more");
  EXPECT_EQ(reads.read(file, 100), next);
  EXPECT_EQ(reads.read(file, 104), nullptr);
}

TEST_F(SharedReadsTest, ReadUpToWhereAnotherHasRead) {
  const auto file = reads.open(log);
  const auto late = reads.read(file, 60);
  const auto early = reads.read(file, 20);
  EXPECT_EQ(early->bytes.size(), 40u);
  EXPECT_EQ(reads.read(file, 60), late);
}

TEST_F(SharedReadsTest, GiveMoreAtOnceToOneThatIsBehind) {
  append(log, std::string(1000, 'b'));
  const auto file = reads.open(log);
  EXPECT_EQ(reads.read(file, 0)->bytes.size(), 400u);
  EXPECT_EQ(reads.read(file, 1000)->bytes.size(), 100u);
}

TEST_F(SharedReadsTest, GiveLessAtOnceTheMoreIsInUse) {
  append(log, std::string(100'000, 'b'));
  const auto file = reads.open(log);
  std::vector<SharedChunk> held;
  for (std::uint64_t at = 0; at < 90'000; at += 450) held.push_back(reads.read(file, at));
  EXPECT_LE(reads.bytes_in_use(), 16'000u + held.size() * 10);
  EXPECT_EQ(held.back()->bytes.size(), 10u);
  held.clear();
  EXPECT_LE(reads.bytes_in_use(), 1000u);  // what is kept
  EXPECT_EQ(reads.read(file, 95'000)->bytes.size(), 400u);
}

TEST_F(SharedReadsTest, ForgetAFileThatShrank) {
  const auto file = reads.open(log);
  EXPECT_TRUE(reads.read(file, 0));
  put_contents(log, "");
  EXPECT_EQ(reads.read(file, 0), nullptr);
  put_contents(log, std::string(100, 'b'));
  EXPECT_EQ(reads.read(file, 0)->bytes, std::string(100, 'b'));
}

TEST_F(SharedReadsTest, TakeNoFileForAnother) {
  EXPECT_TRUE(reads.read(reads.open(log), 0));  // and nobody has it open any more
  std::filesystem::remove(log);
  put_contents(log, std::string(100, 'b'));  // perhaps with the same inode
  EXPECT_EQ(reads.read(reads.open(log), 0)->bytes, std::string(100, 'b'));
}

}  // namespace
}  // namespace supervisord::log
