#include "common/fd_passing.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>

namespace common {
namespace {

TEST(FdPassing, TakesTheMostThatFitsAPacket) {
  auto pair = make_socket_pair(SOCK_SEQPACKET);
  const std::vector<int> fds(max_fds_a_packet, 0);
  ASSERT_TRUE(send_with_fds(pair->first.get(), "x", fds));
  std::array<char, 16> buffer{};
  const auto packet = receive_with_fds(pair->second.get(), buffer);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->size, 1U);
  EXPECT_EQ(packet->fds.size(), max_fds_a_packet);
  EXPECT_FALSE(packet->fds_missing);
}

TEST(FdPassing, RefusesMore) {
  auto pair = make_socket_pair(SOCK_SEQPACKET);
  const std::vector<int> fds(max_fds_a_packet + 1, 0);
  EXPECT_FALSE(send_with_fds(pair->first.get(), "x", fds));
}

TEST(FdPassing, SaysThatAPacketWasCut) {
  auto pair = make_socket_pair(SOCK_SEQPACKET);
  ASSERT_TRUE(send_with_fds(pair->first.get(), "long", {}));
  std::array<char, 2> buffer{};
  EXPECT_TRUE(receive_with_fds(pair->second.get(), buffer)->cut);
}

TEST(FdPassing, AClosedSocketIsAnErrorAndNoSignal) {
  auto pair = make_socket_pair(SOCK_SEQPACKET);
  pair->second.reset();
  const auto sent = send_with_fds(pair->first.get(), "x", {});
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code.value(), EPIPE);
}

}  // namespace
}  // namespace common
