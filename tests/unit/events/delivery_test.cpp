#include "supervisord/events/delivery.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <string>

namespace supervisord::events {
namespace {

class DeliveryTest : public testing::Test {
 protected:
  DeliveryTest() {
    auto made = common::make_pipe();
    EXPECT_TRUE(made);
    pipe_ = std::move(*made);
    EXPECT_TRUE(common::set_blocking(pipe_.write_end.get(), common::Blocking::no));
    EXPECT_TRUE(common::set_blocking(pipe_.read_end.get(), common::Blocking::no));
    ::signal(SIGPIPE, SIG_IGN);
  }

  std::unique_ptr<Delivery> deliver(common::UniqueFd memory) {
    auto copy = common::duplicate(pipe_.write_end.get());
    EXPECT_TRUE(copy);
    return std::make_unique<Delivery>(io_, std::move(memory), std::move(*copy),
                                      [this](Delivery::End end) { end_ = end; });
  }
  std::string read() {
    std::string out(1 << 20, '\0');
    const ssize_t size = ::read(pipe_.read_end.get(), out.data(), out.size());
    out.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return out;
  }
  void turn() {
    io_.restart();
    io_.poll();
  }

  boost::asio::io_context io_;
  common::Pipe pipe_;
  std::optional<Delivery::End> end_;
};

std::string large() {
  std::string out;
  for (int i = 0; out.size() < 300'000; ++i) out += std::to_string(i) + " ";
  return out;
}

TEST_F(DeliveryTest, SendsAtOnceWhatFits) {
  auto memory = make_event_memory("event");
  ASSERT_TRUE(memory);
  deliver(*std::move(memory))->go();
  EXPECT_EQ(end_, Delivery::End::all_sent);
  EXPECT_EQ(read(), "event");
}

TEST_F(DeliveryTest, WaitsForWhoDoesNotRead) {
  const std::string text = large();
  auto memory = make_event_memory(text);
  ASSERT_TRUE(memory);
  const auto delivery = deliver(*std::move(memory));
  delivery->go();
  EXPECT_FALSE(end_);
  std::string got;
  for (int i = 0; i < 100 && !end_; ++i) {
    got += read();
    turn();
  }
  EXPECT_EQ(end_, Delivery::End::all_sent);
  EXPECT_EQ(got + read(), text);
}

TEST_F(DeliveryTest, SuccessorGoesOnWithTheNextByte) {
  const std::string text = large();
  auto memory = make_event_memory(text);
  ASSERT_TRUE(memory);
  auto held = common::duplicate(memory->get());  // as the keeper has it
  ASSERT_TRUE(held);
  deliver(*std::move(memory))->go();  // and is gone
  std::string got = read();
  ASSERT_LT(got.size(), text.size());
  const auto successor = deliver(*std::move(held));
  successor->go();
  for (int i = 0; i < 100 && !end_; ++i) {
    got += read();
    turn();
  }
  EXPECT_EQ(got + read(), text);
}

TEST_F(DeliveryTest, SaysWhetherAnythingWentToWhoHasClosed) {
  auto memory = make_event_memory("event");
  ASSERT_TRUE(memory);
  pipe_.read_end.reset();
  deliver(*std::move(memory))->go();
  EXPECT_EQ(end_, Delivery::End::refused_whole);
}

TEST_F(DeliveryTest, SaysThatPartWentToWhoHasClosed) {
  auto memory = make_event_memory(large());
  ASSERT_TRUE(memory);
  const auto delivery = deliver(*std::move(memory));
  delivery->go();
  pipe_.read_end.reset();
  turn();
  EXPECT_EQ(end_, Delivery::End::refused_rest);
}

}  // namespace
}  // namespace supervisord::events
