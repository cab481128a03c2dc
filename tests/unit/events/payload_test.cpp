#include "supervisord/events/payload.hpp"

#include <gtest/gtest.h>

namespace supervisord::events {
namespace {

using process::State;

struct StateRow {
  const char* name;
  State to;
  const char* payload;
};
class PayloadOf : public testing::TestWithParam<StateRow> {};

TEST_P(PayloadOf, IsSupervisorsText) {
  EXPECT_EQ(payload_of({.process = "web_0",
                        .group = "web",
                        .from = State::starting,
                        .to = GetParam().to,
                        .pid = 7,
                        .tries = 2,
                        .expected = false}),
            GetParam().payload);
}
INSTANTIATE_TEST_SUITE_P(
    Payload, PayloadOf,
    testing::Values(
        StateRow{"Starting", State::starting,
                 "processname:web_0 groupname:web from_state:STARTING tries:2"},
        StateRow{"Backoff", State::backoff,
                 "processname:web_0 groupname:web from_state:STARTING tries:2"},
        StateRow{"Running", State::running,
                 "processname:web_0 groupname:web from_state:STARTING pid:7"},
        StateRow{"Stopping", State::stopping,
                 "processname:web_0 groupname:web from_state:STARTING pid:7"},
        StateRow{"Stopped", State::stopped,
                 "processname:web_0 groupname:web from_state:STARTING pid:7"},
        StateRow{"Exited", State::exited,
                 "processname:web_0 groupname:web from_state:STARTING expected:0 pid:7"},
        StateRow{"Fatal", State::fatal, "processname:web_0 groupname:web from_state:STARTING"},
        StateRow{"Unknown", State::unknown, "processname:web_0 groupname:web from_state:STARTING"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(Payload, OfOutputIsHeaderAndData) {
  const OutputOf of{"web_0", "web", 7};
  EXPECT_EQ(log_payload(of, "stderr", "a\nb\n"),
            "processname:web_0 groupname:web pid:7 channel:stderr\na\nb\n");
  EXPECT_EQ(communication_payload(of, "a"), "processname:web_0 groupname:web pid:7\na");
}

TEST(Payload, OfTheRest) {
  EXPECT_EQ(remote_payload("deploy", "v2"), "type:deploy\nv2");
  EXPECT_EQ(tick_payload(1700000005), "when:1700000005");
  EXPECT_EQ(group_payload("web"), "groupname:web\n");
}

struct TextRow {
  const char* name;
  std::string bytes;
  std::string text;
};
class AsText : public testing::TestWithParam<TextRow> {};

// The second column is what Python's bytes.decode() and repr() make of the first.
TEST_P(AsText, IsWhatPythonWrites) { EXPECT_EQ(as_text(GetParam().bytes), GetParam().text); }
INSTANTIATE_TEST_SUITE_P(
    Payload, AsText,
    testing::Values(TextRow{"Empty", "", ""}, TextRow{"Ascii", "a\n\t\x01", "a\n\t\x01"},
                    TextRow{"Utf8", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
                            "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
                    TextRow{"LastCodePoint", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
                    TextRow{"Beyond", "\xf4\x90\x80\x80", "Undecodable: b'\\xf4\\x90\\x80\\x80'"},
                    TextRow{"Surrogate", "\xed\xa0\x80", "Undecodable: b'\\xed\\xa0\\x80'"},
                    TextRow{"Overlong", "\xc0\x80", "Undecodable: b'\\xc0\\x80'"},
                    TextRow{"OverlongThree", "\xe0\x80\x80", "Undecodable: b'\\xe0\\x80\\x80'"},
                    TextRow{"Cut", "a\xc3", "Undecodable: b'a\\xc3'"},
                    TextRow{"Escapes", "\xff\\\n\r\t\x1b~\x7f",
                            "Undecodable: b'\\xff\\\\\\n\\r\\t\\x1b~\\x7f'"},
                    TextRow{"SingleQuote", "\xff'", "Undecodable: b\"\\xff'\""},
                    TextRow{"BothQuotes", "\xff'\"", "Undecodable: b'\\xff\\'\"'"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(Envelope, CountsCharactersNotBytes) {
  EXPECT_EQ(envelope({.server = "supervisor",
                      .serial = 21,
                      .pool = "listener",
                      .pool_serial = 10,
                      .type = "REMOTE_COMMUNICATION"},
                     "type:x\n\xc3\xa4\xe2\x82\xac"),
            "ver:3.0 server:supervisor serial:21 pool:listener poolserial:10 "
            "eventname:REMOTE_COMMUNICATION len:9\ntype:x\n\xc3\xa4\xe2\x82\xac");
}

struct CoverRow {
  const char* name;
  const char* subscribed;
  const char* type;
  bool covers;
};
class Covers : public testing::TestWithParam<CoverRow> {};

TEST_P(Covers, ItselfAndWhatIsBelow) {
  EXPECT_EQ(covers(GetParam().subscribed, GetParam().type), GetParam().covers);
}
INSTANTIATE_TEST_SUITE_P(
    Payload, Covers,
    testing::Values(CoverRow{"Root", "EVENT", "TICK_5", true},
                    CoverRow{"Itself", "TICK_5", "TICK_5", true},
                    CoverRow{"Parent", "TICK", "TICK_5", true},
                    CoverRow{"Grandchild", "PROCESS_STATE", "PROCESS_STATE_RUNNING", true},
                    CoverRow{"Sibling", "TICK_60", "TICK_5", false},
                    CoverRow{"SiblingWithTheSameBeginning", "TICK_6", "TICK_60", false},
                    CoverRow{"Child", "TICK_5", "TICK", false},
                    CoverRow{"OtherBranch", "PROCESS_LOG", "PROCESS_STATE_RUNNING", false}),
    [](const auto& row) { return std::string{row.param.name}; });

}  // namespace
}  // namespace supervisord::events
