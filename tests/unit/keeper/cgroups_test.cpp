#include "supervisord/keeper/cgroups.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace supervisord::keeper {
namespace {

namespace fs = std::filesystem;

struct FolderRow {
  const char* name;
  const char* cgroup;
  const char* mountinfo;
  const char* folder;
};
class CgroupFolder : public testing::TestWithParam<FolderRow> {};

TEST_P(CgroupFolder, IsWhatTheTableSays) {
  EXPECT_EQ(cgroup_folder(GetParam().cgroup, GetParam().mountinfo), GetParam().folder);
}

constexpr const char* unified =
    "22 1 0:20 / / rw - ext4 /dev/sda rw\n"
    "30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr const char* hybrid =
    "30 22 0:26 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
    "31 22 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

INSTANTIATE_TEST_SUITE_P(
    Cgroups, CgroupFolder,
    testing::Values(FolderRow{"Unified", "0::/system.slice/s.service\n", unified,
                              "/sys/fs/cgroup/system.slice/s.service"},
                    FolderRow{"Root", "0::/\n", unified, "/sys/fs/cgroup"},
                    FolderRow{"Hybrid", "1:cpu:/a\n0::/b\n", hybrid, "/sys/fs/cgroup/unified/b"},
                    FolderRow{"OnlyVersion1", "1:cpu:/a\n", hybrid, ""},
                    FolderRow{"NotMounted", "0::/a\n", "22 1 0:20 / / rw - ext4 /dev/sda rw\n", ""},
                    FolderRow{"PartOfTheTree", "0::/a/b\n",
                              "31 22 0:27 /a /cg rw - cgroup2 cgroup2 rw\n", "/cg/b"},
                    FolderRow{"OutsideOfThePart", "0::/ab\n",
                              "31 22 0:27 /a /cg rw - cgroup2 cgroup2 rw\n", ""},
                    FolderRow{"Blank", "0::/a\n", "31 22 0:27 / /c\\040g rw - cgroup2 cgroup2 rw\n",
                              "/c g/a"},
                    FolderRow{"Empty", "", "", ""}),
    [](const auto& row) { return std::string{row.param.name}; });

// A folder with the kernel's files in it stands for the tree.
struct CgroupsTest : testing::Test {
  CgroupsTest() {
    fs::create_directories(ours);
    std::ofstream{ours / "cgroup.kill"};
  }
  ~CgroupsTest() override { fs::remove_all(base); }
  const fs::path base = fs::path{testing::TempDir()} / ("cgroups." + std::to_string(::getpid()));
  const fs::path ours = base / ("supervisord-" + std::to_string(::getpid()));
};

TEST_F(CgroupsTest, OffWhereTheKernelCannotKillThem) {
  fs::remove(ours / "cgroup.kill");
  fs::remove(ours);
  EXPECT_TRUE(Cgroups{base}.make().path.empty());
  EXPECT_FALSE(fs::exists(ours));
}

TEST_F(CgroupsTest, OffWhereNoneCanBeMade) {
  EXPECT_TRUE(Cgroups{base / "nowhere"}.make().path.empty());
  EXPECT_TRUE(Cgroups{""}.make().path.empty());
  EXPECT_TRUE(Cgroups{}.make().path.empty());
}

TEST_F(CgroupsTest, EachHasAFolderOfItsOwnAlsoBesideOlderOnes) {
  fs::create_directory(ours / "1");  // of before an upgrade
  Cgroups cgroups{base};
  const auto one = cgroups.make();
  const auto two = cgroups.make();
  EXPECT_EQ(one.path, (ours / "2").string());
  EXPECT_EQ(two.path, (ours / "3").string());
  EXPECT_TRUE(one.fd && two.fd);
}

TEST_F(CgroupsTest, AKillIsWritten) {
  Cgroups cgroups{base};
  const auto made = cgroups.make();
  EXPECT_FALSE(Cgroups::kill(made.path));
  std::ofstream{fs::path{made.path} / "cgroup.kill"};
  EXPECT_TRUE(Cgroups::kill(made.path));
  std::string said;
  std::ifstream{fs::path{made.path} / "cgroup.kill"} >> said;
  EXPECT_EQ(said, "1");
}

TEST_F(CgroupsTest, AFullOneIsRemovedOnceItIsEmpty) {
  Cgroups cgroups{base};
  const auto made = cgroups.make();
  const fs::path somebody = fs::path{made.path} / "somebody";
  std::ofstream{somebody};
  cgroups.remove(made.path);
  EXPECT_TRUE(fs::exists(made.path));
  fs::remove(somebody);
  cgroups.sweep();
  EXPECT_FALSE(fs::exists(made.path));
}

TEST_F(CgroupsTest, TheLastOfADeadKeepersTakesItsFolderAlong) {
  Cgroups cgroups{base};
  const fs::path dead = base / "supervisord-1000000";
  fs::create_directories(dead / "7");
  cgroups.remove(dead / "7");
  EXPECT_FALSE(fs::exists(dead));
}

// The largest pid that Linux gives is 2^22.
TEST_F(CgroupsTest, WhatDeadKeepersLeftGoesAsFarAsItIsEmpty) {
  const fs::path empty = base / "supervisord-5000000";
  const fs::path full = base / "supervisord-5000001";
  fs::create_directories(empty / "1");
  fs::create_directories(full / "1");
  fs::create_directories(full / "2");
  std::ofstream{full / "2" / "somebody"};
  const Cgroups cgroups{base};
  EXPECT_FALSE(fs::exists(empty));
  EXPECT_FALSE(fs::exists(full / "1"));
  EXPECT_TRUE(fs::exists(full / "2"));
}

TEST_F(CgroupsTest, TheEndLeavesNothing) {
  Cgroups cgroups{base};
  (void)cgroups.make();
  fs::remove(ours / "cgroup.kill");
  cgroups.end();
  EXPECT_FALSE(fs::exists(ours));
}

}  // namespace
}  // namespace supervisord::keeper
