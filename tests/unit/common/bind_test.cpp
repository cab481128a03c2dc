#include "common/bind.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace common {
namespace {

struct TcpRow {
  const char* name;
  const char* text;
  const char* host;
  std::uint16_t port;
};
class TcpText : public testing::TestWithParam<TcpRow> {};
TEST_P(TcpText, IsHostAndPort) {
  const auto address = parse_address(GetParam().text, 8000);
  ASSERT_TRUE(address) << address.error().context;
  const auto* const tcp = std::get_if<TcpAddress>(&*address);
  ASSERT_NE(tcp, nullptr);
  EXPECT_EQ(tcp->host, GetParam().host);
  EXPECT_EQ(tcp->port, GetParam().port);
}
INSTANTIATE_TEST_SUITE_P(Bind, TcpText,
                         testing::Values(TcpRow{"HostAndPort", "0.0.0.0:80", "0.0.0.0", 80},
                                         TcpRow{"PortOnly", ":80", "", 80},
                                         TcpRow{"HostOnly", "localhost", "localhost", 8000},
                                         TcpRow{"Ipv6", "[::]:80", "::", 80},
                                         TcpRow{"Ipv6HostOnly", "[::1]", "::1", 8000},
                                         TcpRow{"Scheme", "tcp://a:1", "a", 1},
                                         TcpRow{"AnyFreePort", "127.0.0.1:0", "127.0.0.1", 0}),
                         [](const auto& row) { return std::string{row.param.name}; });

class BadText : public testing::TestWithParam<const char*> {};
TEST_P(BadText, IsRefusedWithTheText) {
  const auto address = parse_address(GetParam());
  ASSERT_FALSE(address);
  EXPECT_NE(address.error().context.find("cannot listen on '" + std::string{GetParam()} + "'"),
            std::string::npos);
}
INSTANTIATE_TEST_SUITE_P(Bind, BadText,
                         testing::Values("", "a:http", "a:70000", "::1:80", "[::1", "[::1]80",
                                         "unix:", "fd://", "fd://x"));

TEST(UnixText, IsAPathInBothSpellings) {
  for (const char* const text : {"unix:/run/x.sock", "unix:///run/x.sock"}) {
    const auto address = parse_address(text);
    ASSERT_TRUE(address);
    EXPECT_EQ(std::get<UnixAddress>(*address).path, "/run/x.sock");
  }
}

TEST(FdText, IsANumber) { EXPECT_EQ(std::get<FdAddress>(*parse_address("fd://3")).fd, 3); }

class BindTo : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/bind-test-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(BindTo, AnyPortTellsTheOneItGot) {
  const auto fd = bind_address(TcpAddress{"127.0.0.1", 0}, {});
  ASSERT_TRUE(fd) << fd.error().context;
  const auto text = bound_address(fd->get());
  EXPECT_TRUE(text.starts_with("127.0.0.1:"));
  EXPECT_FALSE(text.ends_with(":0"));
}

TEST_F(BindTo, PathWithAModeWhateverTheUmask) {
  const mode_t before = ::umask(0777);
  const auto path = (folder_ / "a.sock").string();
  const auto fd = bind_address(UnixAddress{path}, {.unix_mode = 0640});
  ::umask(before);
  ASSERT_TRUE(fd) << fd.error().context;
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0640U);
  EXPECT_EQ(bound_address(fd->get()), "unix:" + path);
  unlink_bound(fd->get());
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(BindTo, PathThatIsServedIsInUseAndOneThatIsNotIsTakenOver) {
  const auto path = (folder_ / "a.sock").string();
  {
    const auto first = bind_address(UnixAddress{path}, {});
    ASSERT_TRUE(first) << first.error().context;
    const auto second = bind_address(UnixAddress{path}, {});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, std::errc::address_in_use);
  }
  EXPECT_TRUE(bind_address(UnixAddress{path}, {}));
}

TEST_F(BindTo, LongestPathAndOneByteMore) {
  const auto fill = 107 - folder_.string().size() - 1;
  EXPECT_TRUE(bind_address(UnixAddress{(folder_ / std::string(fill, 'x')).string()}, {}));
  const auto too_long =
      bind_address(UnixAddress{(folder_ / std::string(fill + 1, 'x')).string()}, {});
  ASSERT_FALSE(too_long);
  EXPECT_NE(too_long.error().context.find("108 bytes long, the system takes 107"),
            std::string::npos);
}

TEST_F(BindTo, DescriptorThatIsNoSocketIsRefused) {
  const auto pipe = make_pipe();
  ASSERT_TRUE(pipe);
  EXPECT_FALSE(bind_address(FdAddress{pipe->read_end.get()}, {}));
}

}  // namespace
}  // namespace common
