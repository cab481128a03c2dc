#include "supervisord/keeper/state_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace supervisord::keeper {
namespace {

struct StateFileTest : testing::Test {
  StateFileTest() {
    char name[] = "/tmp/state_test.XXXXXX";
    folder = ::mkdtemp(name);
  }
  ~StateFileTest() override { std::filesystem::remove_all(folder); }
  StateFile open() {
    return StateFile{common::UniqueFd{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)}};
  }
  std::string folder;
};

TEST_F(StateFileTest, ReadsBackWhatWasWrittenAndAppended) {
  StateFile file = open();
  EXPECT_FALSE(file.read());
  JournalState state;
  state.boot_id = "boot";
  state.records["process:a"] = "1";
  ASSERT_TRUE(file.rewrite(state));
  ASSERT_TRUE(file.append(journal_put("process:a", "2")));
  const auto again = open().read();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->records.at("process:a"), "2");
}

TEST_F(StateFileTest, IsDueForCompactionWhenItHasGrown) {
  StateFile file = open();
  ASSERT_TRUE(file.rewrite({}));
  EXPECT_FALSE(file.is_due());
  for (int i = 0; i < 300; ++i)
    ASSERT_TRUE(file.append(journal_put("process:a", std::string(1024, 'x'))));
  EXPECT_TRUE(file.is_due());
  JournalState state;
  state.records["process:a"] = "last";
  ASSERT_TRUE(file.rewrite(state));
  EXPECT_FALSE(file.is_due());
  EXPECT_LT(std::filesystem::file_size(folder + "/keeper.state"), 1024U);
  EXPECT_FALSE(std::filesystem::exists(folder + "/keeper.state.new"));
}

TEST_F(StateFileTest, ALinkInItsPlaceIsNotFollowed) {
  std::filesystem::create_symlink("/etc/passwd", folder + "/keeper.state");
  EXPECT_FALSE(open().read());
}

TEST(StateFile, WithoutAFolderDoesNothing) {
  StateFile file;
  EXPECT_TRUE(file.rewrite({}));
  EXPECT_TRUE(file.append("row"));
}

}  // namespace
}  // namespace supervisord::keeper
