#include "supervisord/log/capture.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace supervisord::log {
namespace {

struct Heard {
  std::string plain;
  std::vector<std::string> captured;
};

class Listener {
 public:
  explicit Listener(std::uint64_t max_bytes) : capture_{max_bytes} {}
  void feed(std::string_view bytes) { capture_.feed(bytes, out_); }
  void finish() { capture_.finish(out_); }
  /// As another daemon would go on.
  void start_anew(std::uint64_t max_bytes) {
    const Capture::State state = capture_.state();
    capture_ = Capture{max_bytes};
    capture_.restore(state);
  }
  const Heard& heard() const { return heard_; }
  bool holds_back() const { return capture_.holds_back(); }

 private:
  Capture capture_;
  Heard heard_;
  Capture::Out out_{[this](std::string_view bytes) { heard_.plain += bytes; },
                    [this](std::string_view data) { heard_.captured.emplace_back(data); }};
};

const std::string begin{begin_token};
const std::string end{end_token};

struct CaptureRow {
  const char* name;
  std::string text;
  Heard heard;
  std::uint64_t max_bytes = 100;
};

class CaptureOf : public testing::TestWithParam<CaptureRow> {};

TEST_P(CaptureOf, IsTheSameHoweverItIsCut) {
  const CaptureRow& row = GetParam();
  for (std::size_t first = 0; first <= row.text.size(); ++first) {
    for (const std::size_t second : {first, first + 1, first + 7, row.text.size()}) {
      if (second < first || second > row.text.size()) continue;
      Listener listener{row.max_bytes};
      listener.feed(row.text.substr(0, first));
      listener.start_anew(row.max_bytes);
      listener.feed(row.text.substr(first, second - first));
      listener.start_anew(row.max_bytes);
      listener.feed(row.text.substr(second));
      listener.finish();
      EXPECT_EQ(listener.heard().plain, row.heard.plain) << first << " " << second;
      EXPECT_EQ(listener.heard().captured, row.heard.captured) << first << " " << second;
      EXPECT_FALSE(listener.holds_back());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Capture, CaptureOf,
    testing::Values(
        CaptureRow{"Nothing", "", {"", {}}},
        CaptureRow{"PlainText", "one\ntwo\n", {"one\ntwo\n", {}}},
        CaptureRow{"Data", "a" + begin + "data\n" + end + "b\n", {"ab\n", {"data\n"}}},
        CaptureRow{"NoData", begin + end, {"", {""}}},
        CaptureRow{"TwoInARow", begin + "1" + end + begin + "2" + end, {"", {"1", "2"}}},
        CaptureRow{"ABeginWithin", begin + "x" + begin + "y" + end, {"", {"x" + begin + "y"}}},
        CaptureRow{"AnEndWithoutBegin", "x" + end + "y", {"x" + end + "y", {}}},
        CaptureRow{
            "ATokenBegunTwice", "<!--XSUPER<!--XSUPERVISOR:BEGIN-->d" + end, {"<!--XSUPER", {"d"}}},
        CaptureRow{
            "ATokenBegunAtTheEnd", "text<!--XSUPERVISOR:BEG", {"text<!--XSUPERVISOR:BEG", {}}},
        CaptureRow{"NoEnd", "a" + begin + "data", {"a" + begin + "data", {}}},
        CaptureRow{"NoEndButHalfOfOne",
                   begin + "data<!--XSUPERVISOR:E",
                   {begin + "data<!--XSUPERVISOR:E", {}}},
        CaptureRow{"TheLastBytesOfTooMany", begin + "0123456789" + end, {"", {"56789"}}, 5},
        CaptureRow{"TheLastBytesOfFarTooMany",
                   begin + std::string(99, 'x') + "56789" + end,
                   {"", {"56789"}},
                   5}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(Capture, HoldsBackNoMoreThanATokensBeginning) {
  Listener listener{100};
  listener.feed("line\n<");
  EXPECT_EQ(listener.heard().plain, "line\n");
  EXPECT_TRUE(listener.holds_back());
  listener.feed("b>");
  EXPECT_EQ(listener.heard().plain, "line\n<b>");
}

TEST(Capture, BeginsAnewFromAStateThatCannotBe) {
  Capture capture{10};
  capture.restore({false, 1000, "x"});
  EXPECT_EQ(capture.state(), Capture::State{});
}

}  // namespace
}  // namespace supervisord::log
