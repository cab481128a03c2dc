#include "supervisord/events/dialogue.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace supervisord::events {
namespace {

using S = ListenerState;

/// One text for what a row hears: "READY", "OK", "FAIL", "BAD line", "UNKNOWN".
std::string story(const std::vector<Meaning>& meanings) {
  std::string out;
  for (const Meaning& meaning : meanings) {
    if (!out.empty()) out += ' ';
    if (const auto* answered = std::get_if<Answered>(&meaning))
      out += answered->is_ok ? "OK" : "FAIL";
    if (const auto* bad = std::get_if<BadResult>(&meaning)) out += "BAD(" + bad->line + ")";
    if (const auto* became = std::get_if<Became>(&meaning)) out += listener_state_name(became->to);
  }
  return out;
}

struct Row {
  const char* name;
  S state;
  std::string bytes;
  std::string story;
};
class DialogueHears : public testing::TestWithParam<Row> {};

Dialogue dialogue_in(S state) { return Dialogue{Dialogue::Memory{.state = state}}; }

TEST_P(DialogueHears, TheSameWhereverTheTextIsCut) {
  const Row& row = GetParam();
  Dialogue whole = dialogue_in(row.state);
  EXPECT_EQ(story(whole.feed(row.bytes)), row.story);
  for (std::size_t cut = 0; cut <= row.bytes.size(); ++cut) {
    Dialogue in_two = dialogue_in(row.state);
    auto meanings = in_two.feed(row.bytes.substr(0, cut));
    Dialogue successor{in_two.memory()};  // what is held of the first part is enough
    const auto rest = successor.feed(row.bytes.substr(cut));
    meanings.insert(meanings.end(), rest.begin(), rest.end());
    EXPECT_EQ(story(meanings), row.story) << "cut at " << cut;
    EXPECT_EQ(successor.memory(), whole.memory()) << "cut at " << cut;
  }
}
INSTANTIATE_TEST_SUITE_P(
    Dialogue, DialogueHears,
    testing::Values(
        Row{"Ready", S::acknowledged, "READY\n", "READY"},
        Row{"NotYetReady", S::acknowledged, "READY", ""},
        Row{"ShortNonsenseIsWaitedFor", S::acknowledged, "hello", ""},
        Row{"Nonsense", S::acknowledged, "hello world\n", "UNKNOWN"},
        Row{"ReadyTwice", S::acknowledged, "READY\nREADY\n", "READY UNKNOWN"},
        Row{"SpeaksOutOfTurn", S::ready, "x", "UNKNOWN"},
        Row{"Ok", S::busy, "RESULT 2\nOK", "OK ACKNOWLEDGED"},
        Row{"OkAndReady", S::busy, "RESULT 2\nOKREADY\n", "OK ACKNOWLEDGED READY"},
        Row{"Fail", S::busy, "RESULT 4\nFAIL", "FAIL ACKNOWLEDGED"},
        Row{"LongerThanOk", S::busy, "RESULT 3\nOKK", "FAIL ACKNOWLEDGED"},
        Row{"ShorterThanOk", S::busy, "RESULT 1\nO", "FAIL ACKNOWLEDGED"},
        Row{"EmptyResult", S::busy, "RESULT 0\n", "FAIL ACKNOWLEDGED"},
        Row{"LongResult", S::busy, "RESULT 10\nOK23456789READY\n", "FAIL ACKNOWLEDGED READY"},
        Row{"ResultNotComplete", S::busy, "RESULT 5\nOK", ""},
        Row{"TokenIsNotLookedAt", S::busy, "1234567 2\nOK", "OK ACKNOWLEDGED"},
        Row{"BlanksAndSign", S::busy, "RESULT  +2 \r\nOK", "OK ACKNOWLEDGED"},
        Row{"NoNumber", S::busy, "RESULT x\nOK", "BAD(RESULT x) UNKNOWN"},
        Row{"NoLength", S::busy, "RESULT\n", "BAD(RESULT) UNKNOWN"},
        Row{"EmptyLine", S::busy, "\n", "BAD() UNKNOWN"},
        Row{"Negative", S::busy, "RESULT -1\n", "BAD(RESULT -1) UNKNOWN"},
        Row{"TooLarge", S::busy, "RESULT 9223372036854775808\n",
            "BAD(RESULT 9223372036854775808) UNKNOWN"},
        Row{"SomethingBehindTheNumber", S::busy, "RESULT 2 x\n", "BAD(RESULT 2 x) UNKNOWN"},
        Row{"ReadyWithoutResult", S::busy, "READY\n", "BAD(READY) UNKNOWN"},
        Row{"WordAfterResult", S::busy, "RESULT 2\nOKDONE.\n", "OK ACKNOWLEDGED UNKNOWN"},
        Row{"DeafForEver", S::unknown, "READY\n", ""}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(Dialogue, LineWithoutEndIsNoResult) {
  Dialogue dialogue = dialogue_in(S::busy);
  EXPECT_EQ(story(dialogue.feed(std::string(4096, 'x'))), "");
  const auto meanings = dialogue.feed("x");
  ASSERT_EQ(meanings.size(), 2U);
  EXPECT_EQ(dialogue.state(), S::unknown);
  EXPECT_EQ(dialogue.memory().unread.size(), 0U);
}

TEST(Dialogue, EventGoesOutAndComesBack) {
  Dialogue dialogue = dialogue_in(S::ready);
  dialogue.give_event();
  EXPECT_EQ(dialogue.state(), S::busy);
  dialogue.take_event_back();
  EXPECT_EQ(dialogue.state(), S::ready);
}

}  // namespace
}  // namespace supervisord::events
