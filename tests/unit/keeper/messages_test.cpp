#include "supervisord/keeper/messages.hpp"

#include <gtest/gtest.h>

#include "tests/unit/keeper/samples.hpp"

namespace supervisord::keeper {
namespace {

TEST(Messages, ComeBackAsTheyWere) {
  for (const Message& message : one_of_each()) {
    const auto decoded = decode(message_type(message), encode(message));
    ASSERT_TRUE(decoded) << message_type(message);
    EXPECT_EQ(decoded->index(), message.index());
    // Spawn and Preflight hold plain structs without ==; the bytes say as much.
    EXPECT_EQ(encode(*decoded), encode(message)) << message_type(message);
  }
}

TEST(Messages, PlanKeepsEveryField) {
  const auto decoded = decode(message_type(Spawn{}), encode(Spawn{sample_plan()}));
  ASSERT_TRUE(decoded);
  const SpawnPlan& plan = std::get<Spawn>(*decoded).plan;
  EXPECT_EQ(plan.name, "g:p");
  EXPECT_EQ(plan.executable, "/bin/x");
  EXPECT_EQ(plan.argv, (std::vector<std::string>{"x", "", "a b"}));
  EXPECT_EQ(plan.environment, (std::vector<std::string>{"A=1"}));
  EXPECT_EQ(plan.directory, "/tmp");
  EXPECT_EQ(plan.umask, mode_t{027});
  ASSERT_TRUE(plan.identity);
  EXPECT_EQ(plan.identity->uid, 1000U);
  EXPECT_EQ(plan.identity->gid, 1001U);
  EXPECT_EQ(plan.identity->groups, (std::vector<gid_t>{1001, 4}));
  ASSERT_EQ(plan.limits.size(), 1U);
  EXPECT_EQ(plan.limits[0].hard, RLIM_INFINITY);
  EXPECT_EQ(plan.targets, (std::vector<int>{0, 1, 2}));
}

TEST(Messages, ShorterThanTheirFieldsAreRefused) {
  for (const Message& message : one_of_each()) {
    const std::string bytes = encode(message);
    if (bytes.empty()) continue;
    // Its last field is one byte that an earlier version did not send.
    if (std::holds_alternative<Spawn>(message)) continue;
    EXPECT_FALSE(decode(message_type(message), std::string_view{bytes}.substr(0, bytes.size() - 1)))
        << message_type(message);
  }
}

TEST(Messages, APlanOfAnEarlierVersionHasNoCgroupAndNoSockets) {
  const std::string bytes = encode(Spawn{sample_plan()});
  const auto decoded =
      decode(message_type(Spawn{}), std::string_view{bytes}.substr(0, bytes.size() - 2));
  ASSERT_TRUE(decoded);
  EXPECT_FALSE(std::get<Spawn>(*decoded).plan.own_cgroup);
  EXPECT_FALSE(std::get<Spawn>(*decoded).plan.listen_pid);
}

TEST(Messages, FieldsOfALaterVersionAreIgnored) {
  for (const Message& message : one_of_each()) {
    const auto decoded = decode(message_type(message), encode(message) + "more");
    ASSERT_TRUE(decoded) << message_type(message);
    EXPECT_EQ(decoded->index(), message.index());
  }
}

TEST(Messages, AnUnknownTypeSaysWhich) {
  const auto decoded = decode(999, "whatever");
  ASSERT_TRUE(decoded);
  EXPECT_EQ(std::get<Unknown>(*decoded), Unknown{999});
}

TEST(Messages, ACountBeyondThePayloadIsRefusedAtOnce) {
  std::string bytes = encode(Spawn{});
  bytes.replace(8, 4, "\xff\xff\xff\xff");  // the number of words in argv
  EXPECT_FALSE(decode(message_type(Spawn{}), bytes));
}

TEST(Packet, FramesComeApartAsTheyWerePutTogether) {
  std::string packet;
  append_frame(packet, {.size = 3, .type = 7, .fds = 2, .in_memfd = false}, "abc");
  append_frame(packet, {.size = 0, .type = 8, .fds = 1, .in_memfd = true}, "");
  const auto frames = split_packet(packet);
  ASSERT_TRUE(frames);
  ASSERT_EQ(frames->size(), 2U);
  EXPECT_EQ((*frames)[0].payload, "abc");
  EXPECT_EQ((*frames)[0].header.fds, 2);
  EXPECT_FALSE((*frames)[0].header.in_memfd);
  EXPECT_EQ((*frames)[1].header.type, 8);
  EXPECT_TRUE((*frames)[1].header.in_memfd);
}

TEST(Packet, CutAnywhereInAFrameIsRefused) {
  std::string packet;
  append_frame(packet, {.size = 3, .type = 7, .fds = 0, .in_memfd = false}, "abc");
  for (std::size_t size = 1; size < packet.size(); ++size) {
    EXPECT_FALSE(split_packet(std::string_view{packet}.substr(0, size))) << size;
  }
}

}  // namespace
}  // namespace supervisord::keeper
