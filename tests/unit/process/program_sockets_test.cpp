#include "supervisord/process/program_sockets.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "common/bind.hpp"
#include "tests/fakes/process_fixture.hpp"

namespace supervisord::process {
namespace {

class ProgramSocketsTest : public ProcessFixture {
 protected:
  ProgramSocketsTest() {
    char name[] = "/tmp/socketsXXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~ProgramSocketsTest() override { std::filesystem::remove_all(folder_); }

  config::SocketSpec unix_socket(const std::string& name) const {
    config::SocketSpec spec;
    spec.name = name;
    spec.place.unix_path = folder_ + "/" + name;
    spec.place.url = "unix://" + spec.place.unix_path;
    return spec;
  }
  std::string record(const std::string& name) const {
    return "program-socket:" + unix_socket(name).place.url;
  }
  mode_t mode_of(const std::string& name) const {
    struct stat status {};
    ::stat((folder_ + "/" + name).c_str(), &status);
    return status.st_mode & 07777U;
  }
  bool is_there(const std::string& name) const {
    return std::filesystem::exists(folder_ + "/" + name);
  }

  std::string folder_;
};

TEST_F(ProgramSocketsTest, IsOpenedOnceBlockingAndHeld) {
  const auto first = sockets_.open(unix_socket("a"));
  ASSERT_TRUE(first);
  EXPECT_EQ(::fcntl(*first, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_EQ(mode_of("a"), 0700U);
  EXPECT_EQ(*sockets_.open(unix_socket("a")), *first);
  EXPECT_EQ(keeper_.count("put " + record("a")), 1U);
  EXPECT_EQ(keeper_.records.at(record("a")), "unix:" + folder_ + "/a");
}

TEST_F(ProgramSocketsTest, KeepsOnlyWhatIsNamed) {
  ASSERT_TRUE(sockets_.open(unix_socket("a")));
  ASSERT_TRUE(sockets_.open(unix_socket("b")));
  sockets_.keep_only({unix_socket("b").place.url});
  EXPECT_FALSE(is_there("a"));
  EXPECT_TRUE(is_there("b"));
  EXPECT_TRUE(keeper_.was_told("drop " + record("a")));
  EXPECT_FALSE(keeper_.was_told("drop " + record("b")));
}

TEST_F(ProgramSocketsTest, AddressIsFreeThoughTheKeeperStillHasADuplicate) {
  const auto bound = common::bind_address(common::TcpAddress{"127.0.0.1", 0}, {});
  config::SocketSpec spec;
  spec.name = "web";
  spec.place.host = "127.0.0.1";
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(bound->get(), reinterpret_cast<sockaddr*>(&address), &size);
  spec.place.port = ntohs(address.sin_port);
  spec.place.url = "tcp://127.0.0.1:" + std::to_string(spec.place.port);
  common::Held held;
  held.fds.push_back(*common::duplicate(bound->get()));
  sockets_.inherit(spec.place.url, std::move(held));
  EXPECT_FALSE(sockets_.open(
      {"other", {.url = "tcp://other", .host = "127.0.0.1", .port = spec.place.port}}));
  sockets_.keep_only({});
  EXPECT_TRUE(sockets_.open(spec));
}

TEST_F(ProgramSocketsTest, TakesAnotherModeOnTheSocketThatIsThere) {
  auto spec = unix_socket("a");
  const int fd = *sockets_.open(spec);
  spec.place.mode = 0660;
  EXPECT_EQ(*sockets_.open(spec), fd);
  EXPECT_EQ(mode_of("a"), 0660U);
}

TEST_F(ProgramSocketsTest, SuccessorGoesOnWithTheHeldOne) {
  ProgramSockets before{keeper_, [](common::Level, const std::string&) {}};
  common::Held held;
  held.fds.push_back(*common::duplicate(*before.open(unix_socket("a"))));
  const int number = held.fds.front().get();
  sockets_.inherit(unix_socket("a").place.url, std::move(held));
  EXPECT_EQ(*sockets_.open(unix_socket("a")), number);
  EXPECT_EQ(keeper_.count("put " + record("a")), 1U);
}

TEST_F(ProgramSocketsTest, ComesBackFromAProcessThatHasIt) {
  config::SocketSpec spec;
  spec.name = "web";
  spec.place.url = "tcp://127.0.0.1:1";  // its record says where it really is
  const auto bound = common::bind_address(common::TcpAddress{"127.0.0.1", 0}, {});
  ASSERT_TRUE(bound);
  sockets_.inherit(spec.place.url, {spec.place.url, common::bound_address(bound->get()), {}});
  sockets_.recover(spec, ::getpid());
  const auto fd = sockets_.open(spec);
  ASSERT_TRUE(fd) << fd.error().context;
  EXPECT_EQ(common::bound_address(*fd), common::bound_address(bound->get()));
}

TEST_F(ProgramSocketsTest, RecordOfOneThatNobodyHasGoes) {
  sockets_.inherit("tcp://127.0.0.1:1", {"", "127.0.0.1:1", {}});
  sockets_.keep_only({});
  EXPECT_TRUE(keeper_.was_told("drop program-socket:tcp://127.0.0.1:1"));
}

TEST_F(ProgramSocketsTest, ProcessGetsThemBehindItsThreeOthers) {
  auto spec = spec_of("web");
  spec.start_secs = std::chrono::seconds{0};
  spec.sockets = {unix_socket("a"), unix_socket("b")};
  Process& process = add(spec);
  process.start();
  EXPECT_EQ(keeper_.descriptors, 5U);
  EXPECT_EQ(keeper_.plans.at("web:web").targets, (std::vector<int>{0, 1, 2, 3, 4}));
  EXPECT_TRUE(keeper_.plans.at("web:web").listen_pid);
  EXPECT_LT(keeper_.place("put " + record("b")), keeper_.place("spawn web:web"));
  process.on_spawned({"web:web", 7});
  process.on_exited({"web:web", 7, 0, true});
  EXPECT_TRUE(is_there("a"));
}

TEST_F(ProgramSocketsTest, OneThatCannotBeOpenedIsASpawnError) {
  std::filesystem::create_directory(folder_ + "/a");
  auto spec = spec_of("web");
  spec.sockets = {unix_socket("a")};
  Process& process = add(spec);
  process.start();
  EXPECT_EQ(process.state(), State::backoff);
  EXPECT_NE(process.status().spawn_error.find("cannot open [socket:a]"), std::string::npos);
  process.stop();
}

TEST_F(ProgramSocketsTest, UsesNameEachProgramOnce) {
  for (const char* const name : {"x", "y"}) {
    auto spec = spec_of(name);
    spec.sockets = {unix_socket("a")};
    add(spec);
  }
  const auto uses = socket_uses(table_);
  ASSERT_EQ(uses.size(), 1U);
  EXPECT_EQ(uses[0].name, "a");
  EXPECT_EQ(uses[0].programs, (std::vector<std::string>{"x", "y"}));
}

}  // namespace
}  // namespace supervisord::process
