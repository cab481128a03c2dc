#include "supervisord/log/follow_turns.hpp"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <memory>
#include <vector>

#include "supervisord/log/follow.hpp"
#include "tests/unit/log/temp_dir.hpp"

namespace supervisord::log {
namespace {

class FollowTurnsTest : public testing::Test {
 protected:
  FollowTurnsTest() { put_contents(log, "text"); }
  /// Its callback: `act`.
  void add(std::function<void(std::size_t)> act) {
    const std::size_t number = followers.size();
    followers.push_back(std::make_unique<Follower>(
        turns, *Cursor::open(reads, {log, 0}, {}, 4),
        [number, act = std::move(act)](const SharedChunk&) { act(number); }, [](Follower&) {}));
    followers.back()->next();
  }

  const TempDir dir;
  const std::string log = dir / "log";
  boost::asio::io_context io;
  SharedReads reads;
  FollowTurns turns{io, {.at_once = std::chrono::microseconds{0}, .rest = 0}};
  std::vector<std::unique_ptr<Follower>> followers;
};

TEST_F(FollowTurnsTest, LetWhatIsPostedComeBetween) {
  std::vector<std::string> order;
  for (int count = 0; count < 3; ++count) {
    add([&](std::size_t number) {
      order.push_back(std::to_string(number));
      boost::asio::post(io, [&order] { order.emplace_back("call"); });
    });
  }
  EXPECT_TRUE(order.empty());
  io.run();
  EXPECT_EQ(order, (std::vector<std::string>{"0", "call", "1", "call", "2", "call"}));
}

TEST_F(FollowTurnsTest, SkipThoseThatHaveGone) {
  std::vector<std::size_t> looked;
  for (int count = 0; count < 4; ++count) {
    add([&](std::size_t number) {
      looked.push_back(number);
      followers[number].reset();  // itself
      followers[1].reset();
    });
  }
  io.run();
  EXPECT_EQ(looked, (std::vector<std::size_t>{0, 2, 3}));
}

}  // namespace
}  // namespace supervisord::log
