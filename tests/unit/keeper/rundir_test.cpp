#include "supervisord/keeper/rundir.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace supervisord::keeper {
namespace {

using namespace std::chrono_literals;

struct RundirTest : testing::Test {
  RundirTest() {
    char name[] = "/tmp/rundir_test.XXXXXX";
    top = ::mkdtemp(name);
    path = top + "/supervisord.d";
  }
  ~RundirTest() override { std::filesystem::remove_all(top); }
  std::string top, path;
};

TEST_F(RundirTest, MakesWhatIsMissing) {
  const auto rundir = take_rundir(path, std::nullopt, 0ms);
  ASSERT_TRUE(rundir) << rundir.error().context;
  struct stat facts {};
  ASSERT_EQ(::stat((path + "/pump").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0600U);
  EXPECT_EQ(facts.st_size, ::sysconf(_SC_PAGESIZE) + 1024 * 1024);
  ASSERT_EQ(::stat((path + "/notify").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0711U);
}

TEST_F(RundirTest, IsTakenOnceOnly) {
  const auto first = take_rundir(path, std::nullopt, 0ms);
  ASSERT_TRUE(first);
  const auto second = take_rundir(path, std::nullopt, 30ms);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code.value(), EWOULDBLOCK);
}

TEST_F(RundirTest, StaysTakenWhileADuplicateIsOpen) {
  auto first = take_rundir(path, std::nullopt, 0ms);
  const auto daemons = common::duplicate(first->pump.get());
  first->pump.reset();
  EXPECT_FALSE(take_rundir(path, std::nullopt, 0ms));
}

TEST_F(RundirTest, KeepsWhatIsInThePump) {
  {
    const auto first = take_rundir(path, std::nullopt, 0ms);
    ASSERT_EQ(::pwrite(first->pump.get(), "bytes", 5, 4096), 5);
  }
  const auto second = take_rundir(path, std::nullopt, 0ms);
  char bytes[5];
  ASSERT_EQ(::pread(second->pump.get(), bytes, 5, 4096), 5);
  EXPECT_EQ(std::string(bytes, 5), "bytes");
}

TEST_F(RundirTest, ALinkInItsPlaceIsRefused) {
  std::filesystem::create_directory(top + "/other");
  std::filesystem::create_directory_symlink(top + "/other", path);
  EXPECT_FALSE(take_rundir(path, std::nullopt, 0ms));
}

TEST_F(RundirTest, AnotherFileInThePumpsPlaceIsRefused) {
  std::filesystem::create_directory(path);
  std::filesystem::create_symlink("/etc/passwd", path + "/pump");
  EXPECT_FALSE(take_rundir(path, std::nullopt, 0ms));
}

TEST_F(RundirTest, RemovalLeavesNothingOfOurs) {
  const auto rundir = take_rundir(path, std::nullopt, 0ms);
  const common::UniqueFd socket{::open((path + "/notify/1").c_str(), O_CREAT | O_WRONLY, 0600)};
  remove_rundir(*rundir);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(RundirTest, RemovalLeavesWhatIsNotOurs) {
  const auto rundir = take_rundir(path, std::nullopt, 0ms);
  const common::UniqueFd other{::open((path + "/other").c_str(), O_CREAT | O_WRONLY, 0600)};
  remove_rundir(*rundir);
  EXPECT_TRUE(std::filesystem::exists(path + "/other"));
}

TEST(MemoryRundir, HasAPumpOnly) {
  const auto rundir = make_memory_rundir();
  ASSERT_TRUE(rundir);
  EXPECT_FALSE(rundir->folder);
  EXPECT_TRUE(rundir->pump);
}

}  // namespace
}  // namespace supervisord::keeper
