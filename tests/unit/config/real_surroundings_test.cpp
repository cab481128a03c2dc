#include "supervisord/config/real_surroundings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace supervisord::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class RealSurroundingsIn : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(::mkdtemp(directory_.data()), nullptr); }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream{directory_ + "/" + name} << text;
  }

  std::string directory_ = testing::TempDir() + "surroundings.XXXXXX";
  RealSurroundings world_;
};

TEST_F(RealSurroundingsIn, ReadsWholeFiles) {
  const std::string text(200'000, 'x');
  write("a", text);
  EXPECT_EQ(*world_.read_file(directory_ + "/a"), text);
  EXPECT_EQ(world_.read_file(directory_ + "/none").error().code,
            std::errc::no_such_file_or_directory);
  EXPECT_EQ(world_.read_file(directory_).error().code, std::errc::is_a_directory);
}

TEST_F(RealSurroundingsIn, SortsWhatAPatternMatches) {
  write("b.conf", "");
  write("B.conf", "");
  write("a.conf", "");
  write("c.txt", "");
  EXPECT_THAT(world_.glob(directory_ + "/*.conf"),
              ElementsAre(directory_ + "/B.conf", directory_ + "/a.conf", directory_ + "/b.conf"));
  EXPECT_THAT(world_.glob(directory_ + "/*.none"), IsEmpty());
}

TEST_F(RealSurroundingsIn, SeesDirectoriesAndVariables) {
  write("file", "");
  EXPECT_TRUE(world_.is_directory(directory_));
  EXPECT_FALSE(world_.is_directory(directory_ + "/file"));
  EXPECT_EQ(world_.environment().contains("PATH"), ::getenv("PATH") != nullptr);
  EXPECT_FALSE(world_.host_name().empty());
}

}  // namespace
}  // namespace supervisord::config
