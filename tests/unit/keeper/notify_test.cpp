#include "common/notify.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "common/unique_fd.hpp"

namespace common {
namespace {

// A datagram socket of an abstract name, which needs no file.
struct Manager {
  Manager()
      : name{"@notify_test." + std::to_string(::getpid())},
        fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name.data() + 1, name.size() - 1);
    bound = ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address),
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())) == 0;
  }
  std::string name;
  UniqueFd fd;
  bool bound = false;
};

TEST(Notifier, SendsOneDatagram) {
  const Manager manager;
  ASSERT_TRUE(manager.bound);
  ASSERT_TRUE(Notifier{manager.name}.send("READY=1\nSTATUS=x"));
  char bytes[64];
  const ssize_t size = ::recv(manager.fd.get(), bytes, sizeof bytes, MSG_DONTWAIT);
  ASSERT_GT(size, 0);
  EXPECT_EQ(std::string(bytes, static_cast<std::size_t>(size)), "READY=1\nSTATUS=x");
}

TEST(Notifier, WithoutASocketDoesNothing) { EXPECT_TRUE(Notifier{""}.send("READY=1")); }

TEST(Notifier, SaysThatNobodyIsThere) {
  EXPECT_FALSE(Notifier{"/nowhere/notify"}.send("READY=1"));
  EXPECT_FALSE(Notifier{std::string(200, 'x')}.send("READY=1"));
}

}  // namespace
}  // namespace common
