#include "asgi-worker/http/buffer.hpp"

#include <gtest/gtest.h>

#include <string>

namespace asgi_worker::http {
namespace {

TEST(Buffer, HoldsNoMemoryAtFirst) { EXPECT_EQ(Buffer{}.capacity(), 0u); }

TEST(Buffer, GivesBytesInTheirOrderAcrossConsumingAndGrowing) {
  Buffer buffer;
  std::string expected;
  std::string got;
  for (int round = 0; round < 500; ++round) {
    const std::string piece(static_cast<std::size_t>(round % 97),
                            static_cast<char>('a' + round % 26));
    buffer.append(piece);
    expected += piece;
    const std::size_t taken = buffer.size() / 3;
    got += buffer.view().substr(0, taken);
    buffer.consume(taken);
  }
  got += buffer.view();
  EXPECT_EQ(got, expected);
}

TEST(Buffer, UsesTheRoomInFrontBeforeItGrows) {
  Buffer buffer;
  buffer.append(std::string(2'000, 'a'));
  const std::size_t capacity = buffer.capacity();
  buffer.consume(1'500);
  buffer.append(std::string(1'000, 'b'));
  EXPECT_EQ(buffer.capacity(), capacity);
  EXPECT_EQ(buffer.view(), std::string(500, 'a') + std::string(1'000, 'b'));
}

TEST(Buffer, TakesItsEndBack) {
  Buffer buffer;
  buffer.append("xxkeepdrop");
  buffer.consume(2);
  buffer.truncate(4);
  EXPECT_EQ(buffer.view(), "keep");
}

}  // namespace
}  // namespace asgi_worker::http
