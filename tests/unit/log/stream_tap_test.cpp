#include "supervisord/log/stream_tap.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace supervisord::log {
namespace {

using Lines = std::vector<std::string>;

const std::string begin{begin_token};
const std::string end{end_token};

struct Heard {
  std::string output;
  Lines captured;
  Lines syslog;
};

class Taker {
 public:
  const TapListeners listeners{[this](std::string_view bytes) { heard.output += bytes; },
                               [this](std::string_view data) { heard.captured.emplace_back(data); },
                               [this](std::string_view line) {
                                 if (heard.syslog.size() >= syslog_room) return false;
                                 heard.syslog.emplace_back(line);
                                 return true;
                               }};
  Heard heard;
  std::size_t syslog_room = 1000;
};

std::string finish(StreamTap& tap, const Taker& taker, std::size_t most = 1000) {
  std::string text;
  while (tap.holds_back()) text += tap.finish(most, taker.listeners);
  return text;
}

const Taps all{.strip_ansi = true, .syslog_name = "web", .output = true, .capture_max_bytes = 50};

TEST(StreamTap, DoesAllThatIsAskedForAtOnce) {
  StreamTap tap{all};
  Taker taker;
  const std::string raw = "\x1b[31mone\x1b[0m\ntw" + begin + "data" + end + "o\nthree";
  EXPECT_EQ(tap.pass(raw, taker.listeners), "one\ntwo\nthree");
  EXPECT_EQ(taker.heard.output, "one\ntwdatao\nthree");
  EXPECT_EQ(taker.heard.captured, Lines{"data"});
  EXPECT_EQ(taker.heard.syslog, (Lines{"one", "two"}));
  EXPECT_EQ(finish(tap, taker), "");
  EXPECT_EQ(taker.heard.syslog, (Lines{"one", "two", "three"}));
}

TEST(StreamTap, HandsThroughWhatIsOnlyListenedTo) {
  StreamTap tap{{.output = true}};
  Taker taker;
  const std::string raw = "\x1b[31mone" + begin;
  EXPECT_EQ(tap.pass(raw, taker.listeners).data(), raw.data());
  EXPECT_EQ(taker.heard.output, raw);
  EXPECT_FALSE(tap.holds_back());
  EXPECT_EQ(tap.state(), "");
}

TEST(StreamTap, HearsADialogueAsItCame) {
  StreamTap tap{{.strip_ansi = true, .output = true, .is_dialogue = true}};
  Taker taker;
  const std::string raw = "\x1b[31mREADY\n\x1b";
  EXPECT_EQ(tap.pass(raw, taker.listeners), "READY\n");
  EXPECT_EQ(taker.heard.output, raw);
  EXPECT_EQ(finish(tap, taker), "\x1b");
  EXPECT_EQ(taker.heard.output, raw);  // not once more
}

// Supervisor's PROCESS_LOG events have what is captured too, also more than is kept of it.
TEST(StreamTap, HearsAllThatIsCapturedAndNoToken) {
  StreamTap tap{{.output = true, .capture_max_bytes = 3}};
  Taker taker;
  EXPECT_EQ(tap.pass("a" + begin + "12345" + end + "b" + begin + "67", taker.listeners), "ab");
  EXPECT_EQ(taker.heard.captured, Lines{"345"});
  EXPECT_EQ(finish(tap, taker), begin + "67");
  EXPECT_EQ(taker.heard.output, "a12345b67");
}

// At each place another StreamTap goes on from the state, as after a takeover.
TEST(StreamTap, GoesOnFromItsStateWhereverItIsCut) {
  const std::string raw = "a\x1b[1mb\n<!--X" + begin + "da\x1b[2mta" + end + "c\n\nd" + begin + "e";
  for (std::size_t cut = 0; cut <= raw.size(); ++cut) {
    Taker taker;
    StreamTap before{all};
    std::string text{before.pass(raw.substr(0, cut), taker.listeners)};
    StreamTap after{all, before.state()};
    text += after.pass(raw.substr(cut), taker.listeners);
    StreamTap last{all, after.state()};
    text += finish(last, taker);
    EXPECT_EQ(text, "ab\n<!--Xc\n\nd" + begin + "e") << cut;
    EXPECT_EQ(taker.heard.output, "ab\n<!--Xdatac\n\nde") << cut;
    EXPECT_EQ(taker.heard.captured, Lines{"data"}) << cut;
    EXPECT_EQ(taker.heard.syslog, (Lines{"ab", "<!--Xc", "", "d" + begin + "e"})) << cut;
  }
}

TEST(StreamTap, GivesWhatItHeldBackInParts) {
  StreamTap tap{all};
  Taker taker;
  tap.pass(begin + "0123456789", taker.listeners);
  std::string text{tap.finish(20, taker.listeners)};
  EXPECT_EQ(text, begin.substr(0, 20));
  StreamTap next{all, tap.state()};
  EXPECT_TRUE(next.holds_back());
  text += finish(next, taker, 7);
  EXPECT_EQ(text, begin + "0123456789");
  EXPECT_EQ(taker.heard.syslog, Lines{begin + "0123456789"});
}

TEST(StreamTap, OffersLinesAgainThatSyslogDidNotTake) {
  StreamTap tap{{.syslog_name = "web"}};
  Taker taker;
  taker.syslog_room = 1;
  tap.pass("one\ntwo\nthr", taker.listeners);
  EXPECT_EQ(taker.heard.syslog, Lines{"one"});
  EXPECT_FALSE(tap.send_lines(taker.listeners));
  StreamTap next{{.syslog_name = "web"}, tap.state()};
  taker.syslog_room = 2;
  EXPECT_TRUE(next.send_lines(taker.listeners));
  EXPECT_EQ(next.finish(1000, taker.listeners), "");
  EXPECT_TRUE(next.holds_back());  // "thr" was not taken
  taker.syslog_room = 3;
  EXPECT_EQ(finish(next, taker), "");
  EXPECT_EQ(taker.heard.syslog, (Lines{"one", "two", "thr"}));
}

TEST(StreamTap, CutsLinesThatAreTooLongForSyslogTheSameHoweverTheyCome) {
  const std::string raw = std::string(8'000, 'a') + "\n" + std::string(20'001, 'b') + "\nc\n";
  const Lines expected{std::string(8'000, 'a'), std::string(8'000, 'b'), std::string(8'000, 'b'),
                       std::string(4'001, 'b'), "c"};
  for (const std::size_t cut : {0u, 7'999u, 8'000u, 8'001u, 16'000u, 16'001u, 28'002u}) {
    StreamTap tap{{.syslog_name = "web"}};
    Taker taker;
    tap.pass(raw.substr(0, cut), taker.listeners);
    tap.pass(raw.substr(cut), taker.listeners);
    EXPECT_EQ(taker.heard.syslog, expected) << cut;
  }
}

TEST(StreamTap, BeginsAnewFromAStateThatCannotBeRead) {
  StreamTap tap{all};
  Taker taker;
  tap.pass("x" + begin + "data", taker.listeners);
  const std::string state = tap.state();
  for (std::size_t size = 0; size < state.size(); ++size) {
    EXPECT_EQ((StreamTap{all, state.substr(0, size)}.state()), "") << size;
  }
}

}  // namespace
}  // namespace supervisord::log
