#include "asgi-worker/loop/write_queue.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "common/unique_fd.hpp"

namespace asgi_worker::loop {
namespace {

/// A piece's owner that counts how often it was given back.
struct Piece {
  std::string text;
  int released = 0;
};
void release(void* owner) { ++static_cast<Piece*>(owner)->released; }

struct Ends {
  common::UniqueFd near, far;
};

Ends socket_pair() {
  auto pair = common::make_socket_pair(SOCK_STREAM, common::Blocking::no);
  EXPECT_TRUE(pair);
  return {std::move(pair->first), std::move(pair->second)};
}

Ends pipe() {
  auto made = common::make_pipe();
  EXPECT_TRUE(made);
  EXPECT_TRUE(common::set_blocking(made->read_end.get(), common::Blocking::no));
  EXPECT_TRUE(common::set_blocking(made->write_end.get(), common::Blocking::no));
  return {std::move(made->write_end), std::move(made->read_end)};
}

std::string read_all(int fd) {
  std::string all(1 << 20, '\0');
  const ssize_t got = ::read(fd, all.data(), all.size());
  all.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return all;
}

TEST(WriteQueue, SendsItsPiecesInOrderWithOneCall) {
  const Ends ends = socket_pair();
  std::vector<Piece> pieces{{"one "}, {"two "}, {"three"}};
  WriteQueue queue{release};
  for (Piece& piece : pieces) queue.add(piece.text, &piece);
  EXPECT_EQ(queue.size(), 13u);
  EXPECT_EQ(queue.send(ends.near.get()), 13);
  EXPECT_TRUE(queue.is_empty());
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_EQ(read_all(ends.far.get()), "one two three");
  for (const Piece& piece : pieces) EXPECT_EQ(piece.released, 1);
}

TEST(WriteQueue, WritesToAPipeToo) {
  const Ends ends = pipe();
  Piece piece{"hello"};
  WriteQueue queue{release};
  queue.add(piece.text, &piece);
  EXPECT_EQ(queue.write(ends.near.get()), 5);
  EXPECT_EQ(read_all(ends.far.get()), "hello");
  EXPECT_EQ(piece.released, 1);
}

using Write = ssize_t (WriteQueue::*)(int);
struct Row {
  const char* name;
  Ends (*ends)();
  Write write;
};
class WriteQueueTo : public testing::TestWithParam<Row> {};

TEST_P(WriteQueueTo, AFullDescriptorLosesNothing) {
  const Ends ends = GetParam().ends();
  const Write write = GetParam().write;
  std::vector<std::unique_ptr<Piece>> pieces;
  std::string expected;
  WriteQueue queue{release};
  for (int index = 0; index < 300; ++index) {  // more than one call takes
    const auto size = static_cast<std::size_t>(1 + index * 37 % 5000);
    pieces.push_back(
        std::make_unique<Piece>(Piece{std::string(size, static_cast<char>('a' + index % 26))}));
    queue.add(pieces.back()->text, pieces.back().get());
    expected += pieces.back()->text;
  }
  std::string got;
  bool was_full = false;
  while (!queue.is_empty() || got.size() < expected.size()) {
    if (!queue.is_empty() && (queue.*write)(ends.near.get()) < 0) {
      ASSERT_EQ(errno, EAGAIN);
      was_full = true;
      got += read_all(ends.far.get());
    } else if (queue.is_empty()) {
      const std::string more = read_all(ends.far.get());
      ASSERT_FALSE(more.empty());
      got += more;
    }
  }
  EXPECT_TRUE(was_full);
  EXPECT_EQ(got, expected);
  for (const auto& piece : pieces) EXPECT_EQ(piece->released, 1);
}

TEST_P(WriteQueueTo, ABrokenDescriptorTellsItsErrorAndKeepsThePieces) {
  Ends ends = GetParam().ends();
  ends.near.reset();
  Piece piece{"x"};
  WriteQueue queue{release};
  queue.add(piece.text, &piece);
  EXPECT_EQ((queue.*GetParam().write)(ends.near.get()), -1);
  EXPECT_EQ(errno, EBADF);
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_EQ(piece.released, 0);
}

INSTANTIATE_TEST_SUITE_P(WriteQueue, WriteQueueTo,
                         testing::Values(Row{"Socket", socket_pair, &WriteQueue::send},
                                         Row{"Pipe", pipe, &WriteQueue::write}),
                         [](const auto& row) { return std::string{row.param.name}; });

TEST(WriteQueue, GivesBackWhatIsLeftWhenItIsClearedOrDestroyed) {
  std::vector<Piece> pieces{{"one"}, {"two"}};
  {
    WriteQueue queue{release};
    queue.add(pieces[0].text, &pieces[0]);
    queue.clear();
    EXPECT_EQ(pieces[0].released, 1);
    EXPECT_EQ(queue.size(), 0u);
    queue.add(pieces[1].text, &pieces[1]);
  }
  EXPECT_EQ(pieces[0].released, 1);
  EXPECT_EQ(pieces[1].released, 1);
}

struct Nested {
  WriteQueue* queue;
  int released = 0;
};
void add_another(void* owner) {
  auto& nested = *static_cast<Nested*>(owner);
  if (++nested.released < 3) nested.queue->add("again", owner);
}

TEST(WriteQueue, AnOwnerMayAddMoreWhenItIsGivenBack) {
  const Ends ends = socket_pair();
  WriteQueue queue{add_another};
  Nested nested{&queue};
  queue.add("first", &nested);
  EXPECT_EQ(queue.send(ends.near.get()), 5);
  EXPECT_EQ(queue.size(), 5u);
  EXPECT_EQ(queue.send(ends.near.get()), 5);
  EXPECT_EQ(queue.send(ends.near.get()), 5);
  EXPECT_TRUE(queue.is_empty());
  EXPECT_EQ(read_all(ends.far.get()), "firstagainagain");
}

}  // namespace
}  // namespace asgi_worker::loop
