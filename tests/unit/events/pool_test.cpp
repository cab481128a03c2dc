#include "supervisord/events/pool.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "supervisord/events/pool_record.hpp"

namespace supervisord::events {
namespace {

using process::State;

class PoolTest : public testing::Test {
 protected:
  static Pool::Facts facts(std::vector<std::string> events = {"EVENT"}, std::size_t size = 3) {
    return {"pool", std::move(events), size, {"a", "b"}};
  }

  /// Takes note of what the pool wants, as its owner does.
  void note(const PoolActions& actions) {
    for (const PoolAction& action : actions) {
      if (const auto* line = std::get_if<Line>(&action)) {
        if (line->level != common::Level::debug) lines_.push_back(line->text);
      }
      if (const auto* give = std::get_if<Give>(&action)) {
        const Entry* const entry = pool_.entry(give->id);
        given_.push_back(give->listener + " " + std::to_string(entry->serial));
      }
      if (const auto* put = std::get_if<PutEntry>(&action)) {
        if (const Entry* const entry = pool_.entry(put->id)) held_[put->id] = encode(*entry);
      }
      if (const auto* drop = std::get_if<DropEntry>(&action)) held_.erase(drop->id);
      if (const auto* put = std::get_if<PutListener>(&action))
        held_listeners_[put->name] = encode(pool_.listener(put->name));
    }
  }
  void accept(std::uint64_t serial) { note(pool_.accept(serial, "TICK_5", "when:5")); }
  void dispatch() { note(pool_.dispatch()); }
  void hear(const std::string& listener, const std::string& text, std::uint64_t piece = 0) {
    note(pool_.hear(listener, text, piece));
  }
  void run(const std::string& listener) {
    note(pool_.change(listener, State::starting));
    note(pool_.change(listener, State::running));
  }
  void run_ready(const std::string& listener) {
    run(listener);
    hear(listener, "READY\n");
  }
  /// A listener takes what it was given in whole.
  void sent(const std::string& listener) { pool_.sent(listener); }
  /// The serials that go to `a` from now on, each accepted.
  std::vector<std::string> drain() {
    given_.clear();
    for (dispatch(); !pool_.entries().empty(); dispatch()) {
      sent("a");
      hear("a", "RESULT 2\nOKREADY\n");
    }
    return given_;
  }
  /// A new pool from what is held of this one.
  Pool successor() const {
    Pool out{pool_.facts()};
    out.restore_next_serial(pool_.next_serial());
    for (const auto& [id, bytes] : held_) {
      auto entry = decode_entry(bytes);
      EXPECT_TRUE(entry);
      out.restore(*std::move(entry));
    }
    for (const auto& [name, bytes] : held_listeners_) {
      auto listener = decode_listener(bytes);
      EXPECT_TRUE(listener);
      out.restore(name, *std::move(listener));
    }
    return out;
  }

  Pool pool_{facts()};
  std::vector<std::string> lines_;
  std::vector<std::string> given_;
  std::map<std::uint64_t, std::string> held_;
  std::map<std::string, std::string> held_listeners_;
};

using Strings = std::vector<std::string>;

TEST_F(PoolTest, GivesToTheFirstReadyListenerInConfigurationOrder) {
  run_ready("b");
  run_ready("a");
  accept(0);
  accept(1);
  dispatch();
  EXPECT_EQ(given_, (Strings{"a 0", "b 1"}));
}

TEST_F(PoolTest, GivesNothingBeforeRunning) {
  note(pool_.change("a", State::starting));
  hear("a", "READY\n");
  accept(0);
  dispatch();
  EXPECT_TRUE(given_.empty());
  note(pool_.change("a", State::running));
  dispatch();
  EXPECT_EQ(given_, Strings{"a 0"});
}

TEST_F(PoolTest, GivesNothingToWhoIsBeingStopped) {
  run_ready("a");
  note(pool_.change("a", State::stopping));
  accept(0);
  dispatch();
  EXPECT_TRUE(given_.empty());
}

TEST_F(PoolTest, GivesTheNextOneOnlyToWhoHasTheLastOneWhole) {
  run_ready("a");
  accept(0);
  accept(1);
  dispatch();
  hear("a", "RESULT 2\nOKREADY\n");
  dispatch();
  EXPECT_EQ(given_, Strings{"a 0"});
  sent("a");
  dispatch();
  EXPECT_EQ(given_, (Strings{"a 0", "a 1"}));
}

TEST_F(PoolTest, DropsTheOldestWhenItOverflows) {
  for (const std::uint64_t serial : {10U, 11U, 12U, 13U}) accept(serial);
  EXPECT_EQ(lines_, Strings{"pool pool event buffer overflowed, discarding event 10"});
  EXPECT_EQ(held_.size(), 3U);
  run_ready("a");
  EXPECT_EQ(drain(), (Strings{"a 11", "a 12", "a 13"}));
}

TEST_F(PoolTest, TakesAnEventForEachSubscriptionWithTheSameSerials) {
  pool_ = Pool{facts({"EVENT", "TICK_5", "PROCESS_STATE"})};
  accept(4);
  const auto ids = pool_.entries();
  ASSERT_EQ(ids.size(), 2U);
  EXPECT_EQ(pool_.entry(ids[0])->serial, pool_.entry(ids[1])->serial);
  EXPECT_EQ(pool_.entry(ids[0])->pool_serial, pool_.entry(ids[1])->pool_serial);
  EXPECT_EQ(pool_.next_serial(), 1U);
}

TEST_F(PoolTest, TakesNothingThatItDoesNotSubscribe) {
  pool_ = Pool{facts({"PROCESS_STATE"})};
  accept(0);
  EXPECT_TRUE(pool_.entries().empty());
  EXPECT_EQ(pool_.next_serial(), 0U);
}

// How an event can come back: what the listener says or does with event 0 in its hands.
struct BackRow {
  const char* name;
  const char* says;
  std::optional<State> becomes;
  const char* line;  // the first one; "": none
};
class ComesBack : public PoolTest, public testing::WithParamInterface<BackRow> {};

TEST_P(ComesBack, ToTheFront) {
  run_ready("a");
  accept(0);
  dispatch();
  accept(1);
  given_.clear();
  if (*GetParam().says != '\0') hear("a", GetParam().says);
  if (GetParam().becomes) note(pool_.change("a", *GetParam().becomes));
  EXPECT_EQ(lines_.empty() ? "" : lines_.front(), GetParam().line);
  run_ready("b");
  dispatch();
  EXPECT_EQ(given_, Strings{"b 0"});
}
INSTANTIATE_TEST_SUITE_P(
    Pool, ComesBack,
    testing::Values(BackRow{"Rejected", "RESULT 4\nFAIL", {}, "a: event was rejected"},
                    BackRow{"BadLine", "hello\n", {}, "a: bad result line: 'hello'"},
                    BackRow{
                        "BadBytes", "\xff\n", {}, "a: bad result line: 'Undecodable: b'\\xff''"},
                    BackRow{"Died", "", State::exited, ""},
                    BackRow{"Stopped", "", State::stopped, ""},
                    BackRow{"DiedInItsResult", "RESULT 5\nOK", State::exited, ""}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST_F(PoolTest, SaysOnceWhoIsUnknown) {
  run_ready("a");
  hear("a", "noise");
  hear("a", "more noise");
  EXPECT_EQ(lines_,
            Strings{"a: has entered the UNKNOWN state and will no longer receive events, this "
                    "usually indicates the process violated the eventlistener protocol"});
  accept(0);
  dispatch();
  EXPECT_TRUE(given_.empty());
}

TEST_F(PoolTest, NewRunOfAListenerBeginsAnew) {
  run_ready("a");
  hear("a", "noise");
  note(pool_.change("a", State::exited));
  hear("a", "READY\n");  // of somebody who inherited its output
  run("a");
  accept(0);
  dispatch();
  EXPECT_TRUE(given_.empty());
  hear("a", "READY\n");
  dispatch();
  EXPECT_EQ(given_, Strings{"a 0"});
}

TEST_F(PoolTest, ComingBackIntoAFullBufferDropsTheOldest) {
  run_ready("a");
  accept(0);
  dispatch();
  for (const std::uint64_t serial : {1U, 2U, 3U}) accept(serial);
  sent("a");
  hear("a", "RESULT 4\nFAILREADY\n");
  EXPECT_EQ(lines_, (Strings{"a: event was rejected",
                             "pool pool event buffer overflowed, discarding event 1"}));
  EXPECT_EQ(drain(), (Strings{"a 0", "a 2", "a 3"}));
}

TEST_F(PoolTest, WhoHasClosedItsInputIsGivenNoMore) {
  run_ready("a");
  run_ready("b");
  accept(0);
  dispatch();
  note(pool_.take_back("a", Pool::Because::closed_stdin));
  dispatch();
  EXPECT_EQ(given_, (Strings{"a 0", "b 0"}));
}

TEST_F(PoolTest, SuccessorGoesOnInTheMiddle) {
  run_ready("a");
  run_ready("b");
  accept(0);
  accept(1);
  dispatch();  // a has 0, b has 1
  accept(2);
  hear("b", "RESULT 4\nFAIL");  // 1 goes before 2
  hear("a", "RESULT 2\nO");
  Pool next = successor();
  EXPECT_EQ(next.listener("a").dialogue.state(), ListenerState::busy);
  next.restore("b", pool_.listener("b"));
  pool_ = std::move(next);
  hear("a", "KREADY\n");
  EXPECT_EQ(drain(), (Strings{"a 1", "a 2"}));
  EXPECT_EQ(pool_.next_serial(), 3U);
}

TEST_F(PoolTest, HearsNoPieceAgain) {
  run("a");
  hear("a", "READY\n", 4711);
  pool_ = successor();
  hear("a", "READY\n", 4711);
  EXPECT_EQ(pool_.listener("a").dialogue.state(), ListenerState::ready);
}

TEST(PoolRecord, SerialsComeBack) {
  Serials serials;
  serials.next = 21;
  serials.pools = {{"a", 3}, {"b", 0}};
  serials.ticks = {{5, 1700000005}, {3600, 1699999200}};
  serials.piece = 4711;
  EXPECT_EQ(decode_serials(encode(serials)), serials);
}

TEST(PoolRecord, BytesThatAreNoRecordAreNone) {
  for (const std::string bytes :
       {"", "x", "\xa1\x62id\x61x", "\xbb\x72\x3a\x0c\x20\x20\x20\x20\x20"}) {
    EXPECT_FALSE(decode_entry(bytes));
  }
  EXPECT_FALSE(decode_listener("\x80"));
  EXPECT_FALSE(decode_serials("\xf6"));
}

}  // namespace
}  // namespace supervisord::events
