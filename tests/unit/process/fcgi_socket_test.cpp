#include "supervisord/process/fcgi_socket.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "tests/fakes/process_fixture.hpp"

namespace supervisord::process {
namespace {

class FcgiTest : public ProcessFixture {
 protected:
  FcgiTest() {
    char name[] = "/tmp/fcgiXXXXXX";
    folder_ = ::mkdtemp(name);
    path_ = folder_ + "/s";
  }
  ~FcgiTest() override { std::filesystem::remove_all(folder_); }

  config::ListenSpec spec() const {
    config::ListenSpec out;
    out.url = "unix://" + path_;
    out.unix_path = path_;
    return out;
  }
  Group& group_of_two() {
    config::GroupSpec group;
    group.name = "f";
    group.fcgi = spec();
    for (const char* const name : {"a", "b"}) {
      auto process = spec_of(name);
      process.group = "f";
      process.start_secs = std::chrono::seconds{0};
      process.autorestart = config::AutoRestart::never;
      group.processes.push_back(process);
    }
    return table_.add(std::make_unique<Group>(group, surroundings_));
  }
  bool answers() const {
    const common::UniqueFd client{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path_.copy(to.sun_path, sizeof to.sun_path - 1);
    return ::connect(client.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }

  std::string folder_;
  std::string path_;
};

TEST_F(FcgiTest, SocketIsThereFromTheFirstSpawnToTheLastReap) {
  Group& group = group_of_two();
  Process& a = *group.find("a");
  Process& b = *group.find("b");
  EXPECT_FALSE(std::filesystem::exists(path_));
  a.start();
  EXPECT_TRUE(answers());
  EXPECT_LT(keeper_.place("put fcgi:f"), keeper_.place("spawn f:a"));
  EXPECT_FALSE(keeper_.was_told("put stdin:f:a"));
  EXPECT_EQ(keeper_.descriptors, 3U);
  a.on_spawned({"f:a", 7});
  b.start();
  b.on_spawned({"f:b", 8});
  EXPECT_EQ(keeper_.count("put fcgi:f"), 1U);
  a.on_exited({"f:a", 7, 0, true});
  EXPECT_TRUE(answers());
  b.on_exited({"f:b", 8, 0, true});
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_TRUE(keeper_.was_told("drop fcgi:f"));
  EXPECT_EQ(std::ranges::count(lines_, "Creating socket unix://" + path_), 1);
  EXPECT_EQ(std::ranges::count(lines_, "Closing socket unix://" + path_), 1);
}

TEST_F(FcgiTest, FailedSpawnLeavesNoSocket) {
  Process& a = *group_of_two().find("a");
  a.start();
  a.on_spawn_failed({"f:a", "fork", "", ENOMEM});
  EXPECT_FALSE(std::filesystem::exists(path_));
  a.stop();
}

TEST_F(FcgiTest, SocketThatCannotBeOpenedIsASpawnError) {
  std::filesystem::create_directory(path_);
  Process& a = *group_of_two().find("a");
  a.start();
  EXPECT_EQ(a.state(), State::backoff);
  EXPECT_TRUE(a.failed_to_spawn());
  EXPECT_NE(a.status().spawn_error.find("cannot open the socket of 'f'"), std::string::npos);
  EXPECT_FALSE(keeper_.was_told("spawn f:a"));
  a.stop();
}

TEST_F(FcgiTest, ModeBlockingAndWhatWasThereBefore) {
  auto wanted = spec();
  wanted.mode = 0640;
  const auto report = [](common::Level, const std::string&) {};
  FcgiSocket first{"f", wanted, keeper_, report};
  ASSERT_TRUE(first.take("a"));
  FcgiSocket second{"f", wanted, keeper_, report};
  const auto fd = second.take("a");  // an existing one is unlinked first
  ASSERT_TRUE(fd);
  EXPECT_EQ(::fcntl(*fd, F_GETFL) & O_NONBLOCK, 0);
  struct stat status {};
  ::stat(path_.c_str(), &status);
  EXPECT_EQ(status.st_mode & 07777U, 0640U);
}

TEST_F(FcgiTest, SuccessorGoesOnWithTheSocket) {
  const auto report = [](common::Level, const std::string&) {};
  FcgiSocket before{"f", spec(), keeper_, report};
  const int held = *before.take("a");
  FcgiSocket after{"f", spec(), keeper_, report};
  after.inherit(*common::duplicate(held));
  after.join("a", 0);
  after.close_if_unused();
  EXPECT_TRUE(std::filesystem::exists(path_));
  ASSERT_TRUE(after.take("b"));
  EXPECT_EQ(keeper_.count("put fcgi:f"), 1U);
  after.leave("a");
  after.leave("b");
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(FcgiTest, ExitMetByTheSuccessorLeavesTheSocketToTheOthers) {
  const auto report = [](common::Level, const std::string&) {};
  FcgiSocket before{"f", spec(), keeper_, report};
  Group& group = group_of_two();
  group.socket()->inherit(*common::duplicate(*before.take("a")));
  for (const char* const name : {"a", "b"}) {
    Inheritance inheritance;
    Record record;
    record.memory.state = State::running;
    record.memory.has_child = true;
    record.pid = inheritance.pid = name[0];
    inheritance.record = record;
    inheritance.has_child = true;
    const std::string key = std::string{"f:"} + name;
    if (*name == 'a') inheritance.exit = spawner::Exited{key, inheritance.pid, 0, true};
    group.find(name)->take_over(std::move(inheritance));
  }
  group.socket()->close_if_unused();
  EXPECT_EQ(group.find("a")->state(), State::exited);
  EXPECT_TRUE(answers());
  group.find("b")->on_exited({"f:b", 'b', 0, true});
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(FcgiTest, SuccessorClosesASocketThatNobodyHas) {
  const auto report = [](common::Level, const std::string&) {};
  FcgiSocket before{"f", spec(), keeper_, report};
  const int held = *before.take("a");
  FcgiSocket after{"f", spec(), keeper_, report};
  after.inherit(*common::duplicate(held));
  after.close_if_unused();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(FcgiTest, CheckLeavesARunningOnesSocketAlone) {
  const auto report = [](common::Level, const std::string&) {};
  FcgiSocket running{"f", spec(), keeper_, report};
  ASSERT_TRUE(running.take("a"));
  EXPECT_TRUE(check_fcgi_socket(spec()));
  EXPECT_TRUE(answers());
  auto nowhere = spec();
  nowhere.unix_path = folder_ + "/none/s";
  EXPECT_FALSE(check_fcgi_socket(nowhere));
}

}  // namespace
}  // namespace supervisord::process
