#include "supervisord/spawner/keeper_launcher.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "supervisord/keeper/link.hpp"

namespace supervisord::spawner {
namespace {

using keeper::Incoming;
using keeper::Link;

// The test is the keeper.
struct KeeperLauncherTest : testing::Test {
  KeeperLauncherTest() {
    auto pair = common::make_socket_pair(SOCK_SEQPACKET);
    keeper.emplace(std::move(pair->first));
    launcher = *KeeperLauncher::connect(io, std::move(pair->second));
  }
  Snapshot greet() {
    keeper->send(keeper::Welcome{});
    keeper->send(keeper::Record{"config", "bytes"}, std::vector<int>{0, 0});
    keeper::Child child;
    child.name = "g:p";
    child.pid = 7;
    child.recovered_targets = {1};
    keeper->send(child, std::vector<int>{0});
    keeper->send(keeper::ListEnd{});
    keeper->send(keeper::Signalled{15});
    keeper->flush();
    auto snapshot = launcher->hello();
    received();
    return std::move(*snapshot);
  }
  // The packets that came, as one list; how many in `packets`.
  std::vector<Incoming> received() {
    std::vector<Incoming> incoming;
    for (packets = 0; keeper->receive(incoming) == Link::Received::packet;) ++packets;
    return incoming;
  }
  void start() {
    launcher->start(
        {.spawned = [this](const auto& m) { said.push_back("spawned " + m.name); },
         .spawn_failed =
             [this](const auto& m) { said.push_back("failed " + m.name + " " + m.step); },
         .exited = [this](const auto& m) { said.push_back("exited " + m.name); },
         .signal_failed = [this](const auto& m) { said.push_back("signal_failed " + m.name); }},
        {.signalled = [this](int number) { said.push_back("signalled " + std::to_string(number)); },
         .note = [this](auto, const auto& text) { said.push_back("note " + text); },
         .lost = [this](const auto&) { said.push_back("lost"); }});
  }
  void turn() {
    io.restart();
    io.poll();
  }
  boost::asio::io_context io;
  std::optional<Link> keeper;
  std::unique_ptr<KeeperLauncher> launcher;
  std::vector<std::string> said;
  int packets = 0;
};

TEST_F(KeeperLauncherTest, TheListIsTheSnapshot) {
  const Snapshot snapshot = greet();
  ASSERT_EQ(snapshot.records.size(), 1U);
  EXPECT_EQ(snapshot.records[0].key, "config");
  EXPECT_EQ(snapshot.records[0].fds.size(), 2U);
  ASSERT_EQ(snapshot.children.size(), 1U);
  EXPECT_EQ(snapshot.children[0].pid, 7);
  ASSERT_EQ(snapshot.children[0].recovered.size(), 1U);
  EXPECT_EQ(snapshot.children[0].recovered[0].target, 1);
}

TEST_F(KeeperLauncherTest, WhatCameBehindTheListIsToldAfterStart) {
  greet();
  start();
  EXPECT_TRUE(said.empty());
  turn();
  EXPECT_EQ(said, std::vector<std::string>{"signalled 15"});
}

TEST_F(KeeperLauncherTest, OneTurnsMessagesLeaveInOnePacketInOrder) {
  greet();
  launcher->put("process:g:p", "x", {});
  keeper::SpawnPlan plan;
  plan.name = "g:p";
  launcher->spawn(plan, {});
  launcher->signal("g:q", 15, SignalTarget::process_group);
  launcher->forget("g:r");
  launcher->drop("events");
  EXPECT_TRUE(received().empty());
  turn();
  const auto incoming = received();
  EXPECT_EQ(packets, 1);
  ASSERT_EQ(incoming.size(), 5U);
  EXPECT_EQ(std::get<keeper::Put>(incoming[0].message), (keeper::Put{"process:g:p", "x", true}));
  EXPECT_EQ(std::get<keeper::Spawn>(incoming[1].message).plan.name, "g:p");
  EXPECT_EQ(std::get<keeper::Signal>(incoming[2].message), (keeper::Signal{"g:q", 15, true}));
  EXPECT_EQ(std::get<keeper::Forget>(incoming[3].message), keeper::Forget{"g:r"});
  EXPECT_EQ(std::get<keeper::Drop>(incoming[4].message), keeper::Drop{"events"});
}

struct KeyRow {
  const char* name;
  const char* key;
  bool durable;
  bool at_once;
};
class RecordOf : public KeeperLauncherTest, public testing::WithParamInterface<KeyRow> {};

TEST_P(RecordOf, IsDurableAndSentAsTheTableSays) {
  greet();
  launcher->put(GetParam().key, "", {});
  EXPECT_EQ(!received().empty(), GetParam().at_once);
  launcher->put(GetParam().key, "", {});
  launcher->flush();
  const auto incoming = received();
  ASSERT_FALSE(incoming.empty());
  EXPECT_EQ(std::get<keeper::Put>(incoming[0].message).durable, GetParam().durable);
}
INSTANTIATE_TEST_SUITE_P(KeeperLauncher, RecordOf,
                         testing::Values(KeyRow{"Process", "process:g:p", true, false},
                                         KeyRow{"Stream", "stream:g:p:1", true, true},
                                         KeyRow{"Log", "log:/x", true, true},
                                         KeyRow{"Config", "config", false, false},
                                         KeyRow{"Processes", "processes", false, false}),
                         [](const auto& row) { return std::string{row.param.name}; });

TEST_F(KeeperLauncherTest, AnswersComeInTheirOrder) {
  greet();
  start();
  keeper->send(keeper::Spawned{"a", 1, 2});
  keeper->send(keeper::Exited{"a", 1, 0, true});
  keeper->send(keeper::Failed{"b", "exec", "/b", 2});
  keeper->send(keeper::Note{keeper::NoteLevel::info, "text"});
  keeper->flush();
  turn();
  EXPECT_EQ(said, (std::vector<std::string>{"signalled 15", "spawned a", "exited a",
                                            "failed b exec", "note text"}));
}

TEST_F(KeeperLauncherTest, ALostKeeperIsToldOnceAfterWhatItSaid) {
  greet();
  start();
  keeper->send(keeper::Exited{"a", 1, 0, true});
  keeper->flush();
  keeper.reset();
  turn();
  launcher->put("config", "", {});
  turn();
  EXPECT_EQ(said, (std::vector<std::string>{"signalled 15", "exited a", "lost"}));
}

TEST_F(KeeperLauncherTest, AKeeperOfAnotherMajorIsRefused) {
  keeper::Welcome welcome;
  welcome.major = 2;
  keeper->send(welcome);
  keeper->flush();
  EXPECT_FALSE(launcher->hello());
}

TEST_F(KeeperLauncherTest, AKeeperThatIsGoneIsAnError) {
  keeper.reset();
  EXPECT_FALSE(launcher->hello());
}

TEST(KeeperLauncherConnect, RefusesWhatIsNoLink) {
  boost::asio::io_context io;
  EXPECT_FALSE(KeeperLauncher::connect(io, common::UniqueFd{::dup(0)}));
  auto pair = common::make_socket_pair(SOCK_STREAM);
  EXPECT_FALSE(KeeperLauncher::connect(io, std::move(pair->first)));
}

}  // namespace
}  // namespace supervisord::spawner
