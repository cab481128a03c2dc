#include "supervisord/keeper/link.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace supervisord::keeper {
namespace {

struct LinkTest : testing::Test {
  LinkTest() {
    auto pair = common::make_socket_pair(SOCK_SEQPACKET);
    here.emplace(std::move(pair->first));
    there.emplace(std::move(pair->second));
  }
  // All that is there, sending on what the other end queues.
  std::vector<Incoming> all() {
    std::vector<Incoming> incoming;
    for (;;) {
      here->flush();
      const std::size_t before = incoming.size();
      while (there->receive(incoming) == Link::Received::packet) {
      }
      if (incoming.size() == before) return incoming;
    }
  }
  std::optional<Link> here, there;
};

TEST_F(LinkTest, PacksWhatIsSentInOneTurn) {
  for (int i = 0; i < 100; ++i) here->send(Signalled{i});
  here->flush();
  std::vector<Incoming> incoming;
  EXPECT_EQ(there->receive(incoming), Link::Received::packet);
  ASSERT_EQ(incoming.size(), 100U);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(std::get<Signalled>(incoming[static_cast<std::size_t>(i)].message).number, i);
  EXPECT_EQ(there->receive(incoming), Link::Received::nothing);
}

TEST_F(LinkTest, DescriptorsGoWithTheirMessage) {
  auto first = common::make_pipe();
  auto second = common::make_pipe();
  const std::vector<int> two{first->read_end.get(), first->write_end.get()};
  here->send(Put{"two", "", false}, two);
  here->send(Put{"none", "", false});
  here->send(Put{"one", "", false}, std::vector<int>{second->read_end.get()});
  const auto incoming = all();
  ASSERT_EQ(incoming.size(), 3U);
  EXPECT_EQ(incoming[0].fds.size(), 2U);
  EXPECT_EQ(incoming[1].fds.size(), 0U);
  ASSERT_EQ(incoming[2].fds.size(), 1U);
  struct stat sent {};
  struct stat got {};
  ::fstat(second->read_end.get(), &sent);
  ::fstat(incoming[2].fds[0].get(), &got);
  EXPECT_EQ(sent.st_ino, got.st_ino);
  EXPECT_NE(::fcntl(incoming[2].fds[0].get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(LinkTest, CallersDescriptorsMayBeClosedBeforeTheFlush) {
  auto pipe = common::make_pipe();
  here->send(Put{"a", "", false}, std::vector<int>{pipe->read_end.get()});
  pipe->read_end.reset();
  EXPECT_EQ(all().at(0).fds.size(), 1U);
}

struct SizeRow {
  const char* name;
  std::size_t bytes;
};
class PayloadOf : public LinkTest, public testing::WithParamInterface<SizeRow> {};

TEST_P(PayloadOf, Arrives) {
  const Put put{"a", std::string(GetParam().bytes, 'x'), true};
  here->send(put, std::vector<int>{0});
  const auto incoming = all();
  ASSERT_EQ(incoming.size(), 1U);
  EXPECT_EQ(std::get<Put>(incoming[0].message), put);
  EXPECT_EQ(incoming[0].fds.size(), 1U);  // without the memfd
}
INSTANTIATE_TEST_SUITE_P(Link, PayloadOf,
                         testing::Values(SizeRow{"Empty", 0},
                                         SizeRow{"BelowTheLimit", 32 * 1024 - 64},
                                         SizeRow{"AboveIt", 32 * 1024 + 1},
                                         SizeRow{"Large", 20'000'000}),
                         [](const auto& row) { return std::string{row.param.name}; });

TEST_F(LinkTest, NeverBlocksAndLosesNothing) {
  constexpr std::size_t count = 3000;
  for (std::size_t i = 0; i < count; ++i)
    here->send(Put{std::to_string(i), std::string(4000, 'x'), false});
  const auto incoming = all();
  ASSERT_EQ(incoming.size(), count);
  for (std::size_t i = 0; i < count; ++i)
    EXPECT_EQ(std::get<Put>(incoming[i].message).key, std::to_string(i));
}

TEST_F(LinkTest, ManyDescriptorsAreSpreadOverPackets) {
  const std::vector<int> three{0, 0, 0};
  for (int i = 0; i < 200; ++i) here->send(Put{"a", "", false}, three);
  const auto incoming = all();
  ASSERT_EQ(incoming.size(), 200U);
  for (const auto& one : incoming) EXPECT_EQ(one.fds.size(), 3U);
}

TEST_F(LinkTest, SaysWhenNoNumberWasFree) {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  here->send(Put{"first", "", false}, std::vector<int>{0});
  here->send(Put{"second", "", false}, std::vector<int>{0, 0});
  here->flush();
  const common::UniqueFd next{::dup(0)};
  const rlimit one_more{static_cast<rlim_t>(next.get()) + 2, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &one_more);
  std::vector<Incoming> incoming;
  const auto received = there->receive(incoming);
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(received, Link::Received::packet);
  ASSERT_EQ(incoming.size(), 2U);
  EXPECT_TRUE(incoming[1].fds_missing);
  EXPECT_EQ(std::get<Put>(incoming[1].message).key, "second");
}

TEST_F(LinkTest, ReadsUntilEmptyAfterTheOtherEndIsGone) {
  here->send(Ready{});
  here->flush();
  here.reset();
  std::vector<Incoming> incoming;
  EXPECT_EQ(there->receive(incoming), Link::Received::packet);
  EXPECT_EQ(there->receive(incoming), Link::Received::closed);
  EXPECT_EQ(incoming.size(), 1U);
  there->send(Ready{});
  EXPECT_EQ(there->flush(), Link::Flushed::closed);
}

TEST_F(LinkTest, ReadsAllOfOneThatDiedWithoutReadingUs) {
  there->send(Ready{});
  there->flush();
  for (int i = 0; i < 3; ++i) {
    here->send(Signalled{i});
    here->flush();
  }
  here.reset();
  std::vector<Incoming> incoming;
  while (there->receive(incoming) == Link::Received::packet) {
  }
  EXPECT_EQ(incoming.size(), 3U);
}

TEST_F(LinkTest, AMessageThatCannotBeReadIsUnknown) {
  std::string packet;
  append_frame(packet, {.size = 1, .type = message_type(Welcome{}), .fds = 0, .in_memfd = false},
               "x");
  append_frame(packet, {.size = 0, .type = message_type(Ready{}), .fds = 0, .in_memfd = false}, "");
  ASSERT_TRUE(common::send_with_fds(here->fd(), packet, {}));
  std::vector<Incoming> incoming;
  there->receive(incoming);
  ASSERT_EQ(incoming.size(), 2U);
  EXPECT_EQ(std::get<Unknown>(incoming[0].message).type, message_type(Welcome{}));
  EXPECT_TRUE(std::holds_alternative<Ready>(incoming[1].message));
}

}  // namespace
}  // namespace supervisord::keeper
