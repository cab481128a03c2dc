#include "asgi-worker/loop/poller.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>
#include <vector>

namespace asgi_worker::loop {
namespace {

constexpr std::chrono::seconds long_enough{10};  // what is waited for comes at once

class Recorder final : public common::EventSink {
 public:
  void on_events(std::uint32_t events) override { seen.push_back(events); }
  std::vector<std::uint32_t> seen;
};

class PollerTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(poller.open(), 0);
    auto pair = common::make_socket_pair(SOCK_STREAM, common::Blocking::no);
    ASSERT_TRUE(pair);
    near = std::move(pair->first);
    far = std::move(pair->second);
  }

  /// One turn: tells the sinks; the number of events.
  int turn(Poller::Duration most = {}) {
    const int count = poller.wait(most);
    for (int index = 0; index < count; ++index) {
      const epoll_event& event = poller.event(index);
      static_cast<common::EventSink*>(event.data.ptr)->on_events(event.events);
    }
    return count;
  }
  void send() { ASSERT_EQ(::write(far.get(), "x", 1), 1); }

  Poller poller;
  common::UniqueFd near, far;
  Recorder sink;
};

TEST_F(PollerTest, TellsWhatIsWatchedFor) {
  ASSERT_EQ(poller.set(near.get(), EPOLLIN, sink), 0);
  EXPECT_EQ(poller.events_of(near.get()), std::uint32_t{EPOLLIN});
  EXPECT_EQ(turn(), 0);
  send();
  EXPECT_EQ(turn(long_enough), 1);
  EXPECT_EQ(sink.seen, std::vector<std::uint32_t>{EPOLLIN});
}

TEST_F(PollerTest, TellsAgainUntilItIsDealtWith) {
  ASSERT_EQ(poller.set(near.get(), EPOLLIN, sink), 0);
  send();
  EXPECT_EQ(turn(long_enough), 1);
  EXPECT_EQ(turn(), 1);
}

TEST_F(PollerTest, WhatIsWatchedForCanChange) {
  ASSERT_EQ(poller.set(near.get(), EPOLLIN, sink), 0);
  ASSERT_EQ(poller.set(near.get(), EPOLLIN | EPOLLOUT, sink), 0);
  EXPECT_EQ(turn(), 1);
  EXPECT_EQ(sink.seen, std::vector<std::uint32_t>{EPOLLOUT});
}

TEST_F(PollerTest, WatchesNoLongerWhenNothingIsWanted) {
  ASSERT_EQ(poller.set(near.get(), EPOLLIN, sink), 0);
  send();
  ASSERT_EQ(poller.set(near.get(), 0, sink), 0);
  EXPECT_EQ(poller.events_of(near.get()), 0u);
  EXPECT_EQ(turn(), 0);
  EXPECT_EQ(poller.set(near.get(), 0, sink), 0) << "again is no error";
}

TEST_F(PollerTest, AClosedDescriptorIsNoErrorToLeave) {
  ASSERT_EQ(poller.set(near.get(), EPOLLIN, sink), 0);
  const int fd = near.get();
  near.reset();
  EXPECT_EQ(poller.set(fd, 0, sink), 0);
}

TEST_F(PollerTest, ADescriptorThatWasGivenOutAgainBelongsToTheNewOne) {
  Recorder newer;
  ASSERT_EQ(poller.set(near.get(), EPOLLIN, sink), 0);
  const int fd = near.get();
  near.reset();
  auto pair = common::make_socket_pair(SOCK_STREAM, common::Blocking::no);
  ASSERT_TRUE(pair);
  ASSERT_EQ(pair->first.get(), fd) << "the lowest number is given out first";
  ASSERT_EQ(poller.set(fd, EPOLLIN, newer), 0);
  ASSERT_EQ(::write(pair->second.get(), "x", 1), 1);
  EXPECT_EQ(turn(long_enough), 1);
  EXPECT_TRUE(sink.seen.empty());
  EXPECT_EQ(newer.seen.size(), 1u);
}

TEST_F(PollerTest, ForgetsOnlyWhoeverIsRegistered) {
  Recorder newer;
  ASSERT_EQ(poller.set(near.get(), EPOLLIN, sink), 0);
  ASSERT_EQ(poller.set(near.get(), EPOLLIN, newer), 0);
  poller.forget(near.get(), sink);
  EXPECT_EQ(poller.events_of(near.get()), std::uint32_t{EPOLLIN});
  poller.forget(near.get(), newer);
  EXPECT_EQ(poller.events_of(near.get()), 0u);
}

TEST_F(PollerTest, SaysWhyAFileCannotBeWatched) {
  char name[] = "/tmp/poller-XXXXXX";
  const common::UniqueFd file{::mkstemp(name)};
  ASSERT_TRUE(file);
  ::unlink(name);
  EXPECT_EQ(poller.set(file.get(), EPOLLIN, sink), EPERM);
  EXPECT_EQ(poller.events_of(file.get()), 0u);
  EXPECT_EQ(poller.set(-1, EPOLLIN, sink), EBADF);
}

TEST_F(PollerTest, AHangUpIsToldToAWriterToo) {
  ASSERT_EQ(poller.set(near.get(), EPOLLIN, sink), 0);
  far.reset();
  EXPECT_EQ(turn(long_enough), 1);
  ASSERT_EQ(sink.seen.size(), 1u);
  EXPECT_NE(sink.seen[0] & EPOLLHUP, 0u);
}

TEST_F(PollerTest, AnotherThreadEndsAWait) {
  std::thread waker{[this] { poller.wake(); }};
  EXPECT_EQ(turn(long_enough), 1);
  waker.join();
  EXPECT_EQ(turn(), 0) << "once is enough";
}

TEST_F(PollerTest, MoreThanOneTurnTakesStaysReady) {
  std::vector<common::UniqueFd> ends;
  for (int index = 0; index < Poller::most_events + 10; ++index) {
    auto pair = common::make_socket_pair(SOCK_STREAM, common::Blocking::no);
    ASSERT_TRUE(pair);
    ASSERT_EQ(poller.set(pair->first.get(), EPOLLOUT, sink), 0);
    ends.push_back(std::move(pair->first));
    ends.push_back(std::move(pair->second));
  }
  EXPECT_EQ(turn(), Poller::most_events);
  EXPECT_GE(turn(), 10);
}

TEST_F(PollerTest, WaitsNoLessThanItIsAskedTo) {
  for (const Poller::Duration most : {Poller::Duration{250}, Poller::Duration{1'250}}) {
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(turn(most), 0);
    EXPECT_GE(std::chrono::steady_clock::now() - began, most);
  }
}

TEST_F(PollerTest, AClosedOneTakesNothing) {
  poller.close();
  EXPECT_FALSE(poller.is_open());
  EXPECT_EQ(poller.set(near.get(), EPOLLIN, sink), EBADF);
  EXPECT_EQ(poller.wait({}), -EBADF);
}

TEST_F(PollerTest, AForkedChildHasAnInstanceOfItsOwn) {
  ASSERT_EQ(poller.set(near.get(), EPOLLIN, sink), 0);
  const int gone = ::dup(near.get());
  ASSERT_EQ(poller.set(gone, EPOLLIN, sink), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(gone);
    const bool is_renewed = poller.renew_after_fork() == 0;
    const bool is_watched = poller.events_of(near.get()) == EPOLLIN && poller.events_of(gone) == 0;
    poller.set(near.get(), 0, sink);  // in the child's instance only
    ::_exit(is_renewed && is_watched ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  send();
  EXPECT_EQ(turn(long_enough), 2);
  ::close(gone);
}

}  // namespace
}  // namespace asgi_worker::loop
