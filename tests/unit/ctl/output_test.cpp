#include <gtest/gtest.h>

#include <array>

#include "supervisorctl/output/exit_code.hpp"
#include "supervisorctl/output/flags.hpp"
#include "supervisorctl/output/json.hpp"
#include "supervisorctl/output/name.hpp"
#include "supervisorctl/output/outcome.hpp"
#include "supervisorctl/output/since.hpp"
#include "supervisorctl/output/table.hpp"

namespace supervisorctl {
namespace {

v1::Process process(std::string group, std::string name, v1::State state, std::string description) {
  v1::Process out;
  out.set_group(std::move(group));
  out.set_name(std::move(name));
  out.set_state(state);
  out.set_description(std::move(description));
  return out;
}

TEST(StatusTable, PadsTheNameTo33AndTheStateTo10AndTrimsNothing) {
  const auto running = process("web", "web", v1::STATE_RUNNING, "pid 7, uptime 0:00:07");
  const auto starting = process("g", "new", v1::STATE_STARTING, "");
  EXPECT_EQ(status_table({&running, &starting}),
            "web                              RUNNING   pid 7, uptime 0:00:07\n"
            "g:new                            STARTING  \n");
}

TEST(StatusTable, WidensForALongName) {
  const auto tall = process("g", std::string(38, 'n'), v1::STATE_FATAL, "why");
  EXPECT_EQ(status_table({&tall}), "g:" + std::string(38, 'n') + "   FATAL     why\n");
}

TEST(StatusTable, CountsCodePointsForItsPadding) {
  const auto accented = process("caf\xC3\xA9", "caf\xC3\xA9", v1::STATE_STOPPED, "Not started");
  EXPECT_EQ(status_table({&accented}),
            "caf\xC3\xA9" + std::string(29, ' ') + "STOPPED   Not started\n");
}

TEST(StatusTable, ShowsTheStatusTextOfARunningProcessLast) {
  auto running = process("web", "web", v1::STATE_RUNNING, "pid 7, uptime 0:00:07");
  running.set_status_text("4 workers");
  auto stopped = process("old", "old", v1::STATE_STOPPED, "Not started");
  stopped.set_status_text("gone");
  EXPECT_EQ(status_table({&running, &stopped}),
            "web                              RUNNING   pid 7, uptime 0:00:07, 4 workers\n"
            "old                              STOPPED   Not started\n");
}

struct OutcomeRow {
  const char* name;
  Verb verb;
  v1::Fault fault;
  const char* line;
  int status;
};
class OutcomeOf : public testing::TestWithParam<OutcomeRow> {};

TEST_P(OutcomeOf, HasSupervisorsLineAndStatus) {
  v1::Outcome outcome;
  outcome.set_group("g");
  outcome.set_process("p");
  outcome.set_fault(GetParam().fault);
  EXPECT_EQ(outcome_line(GetParam().verb, outcome), GetParam().line);
  EXPECT_EQ(outcome_status(GetParam().verb, GetParam().fault), GetParam().status);
}

INSTANTIATE_TEST_SUITE_P(
    Outcomes, OutcomeOf,
    testing::Values(
        OutcomeRow{"Started", Verb::start, v1::FAULT_UNSPECIFIED, "g:p: started", 0},
        OutcomeRow{"StartUnknown", Verb::start, v1::FAULT_BAD_NAME, "g:p: ERROR (no such process)",
                   1},
        OutcomeRow{"StartNoFile", Verb::start, v1::FAULT_NO_FILE, "g:p: ERROR (no such file)", 1},
        OutcomeRow{"StartNotExecutable", Verb::start, v1::FAULT_NOT_EXECUTABLE,
                   "g:p: ERROR (file is not executable)", 1},
        OutcomeRow{"StartAlready", Verb::start, v1::FAULT_ALREADY_STARTED,
                   "g:p: ERROR (already started)", 0},
        OutcomeRow{"StartSpawn", Verb::start, v1::FAULT_SPAWN_ERROR, "g:p: ERROR (spawn error)", 7},
        OutcomeRow{"StartAbnormal", Verb::start, v1::FAULT_ABNORMAL_TERMINATION,
                   "g:p: ERROR (abnormal termination)", 7},
        OutcomeRow{"Stopped", Verb::stop, v1::FAULT_UNSPECIFIED, "g:p: stopped", 0},
        OutcomeRow{"StopDown", Verb::stop, v1::FAULT_NOT_RUNNING, "g:p: ERROR (not running)", 0},
        OutcomeRow{"StopFailed", Verb::stop, v1::FAULT_FAILED, "FAILED: g:p", 1},
        OutcomeRow{"Signalled", Verb::signal, v1::FAULT_UNSPECIFIED, "g:p: signalled", 0},
        OutcomeRow{"SignalBad", Verb::signal, v1::FAULT_BAD_SIGNAL, "g:p: ERROR (bad signal name)",
                   1},
        OutcomeRow{"SignalDown", Verb::signal, v1::FAULT_NOT_RUNNING, "g:p: ERROR (not running)",
                   7},
        OutcomeRow{"Cleared", Verb::clear, v1::FAULT_UNSPECIFIED, "g:p: cleared", 0},
        OutcomeRow{"ClearFailed", Verb::clear, v1::FAULT_FAILED, "g:p: ERROR (failed)", 1}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(Name, IsSplitAtTheFirstColon) {
  EXPECT_EQ(split_name("web").process, "web");
  EXPECT_EQ(split_name("g:a:b").process, "a:b");
  EXPECT_FALSE(split_name("g:*").process);
  EXPECT_FALSE(split_name("g:").process);
  EXPECT_EQ(split_name("g:").group, "g");
}

TEST(Words, AreSplitAtAnyBlanks) {
  EXPECT_EQ(words_of("  a\tb  c "), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(words_of(" ").empty());
}

TEST(AvailableLine, HasSupervisorsColumns) {
  v1::AvailableProcess row;
  row.set_group("g");
  row.set_name("p");
  row.set_in_use(true);
  row.set_group_priority(999);
  row.set_process_priority(5);
  EXPECT_EQ(available_line(row), "g:p                              in use    manual    999:5");
}

TEST(RereadLines, AreSortedByGroup) {
  v1::RereadResponse changes;
  changes.add_added("z");
  changes.add_changed("b");
  changes.add_removed("a");
  EXPECT_EQ(reread_lines(changes),
            (std::vector<std::string>{"a: disappeared", "b: changed", "z: available"}));
  EXPECT_EQ(reread_lines({}), (std::vector<std::string>{"No config updates to processes"}));
}

TEST(Columns, GoDownFirstAndFitTheWidth) {
  EXPECT_EQ(columns({"a", "b", "c"}, 80), "a  b  c\n");
  EXPECT_EQ(columns({"aaa", "bb", "c"}, 8), "aaa  c\nbb\n");
  EXPECT_EQ(columns({}, 80), "");
}

struct PatternRow {
  const char* name;
  const char* text;
  bool pattern;
  const char* group;
  const char* process;
  bool fits;
};
class Pattern : public testing::TestWithParam<PatternRow> {};

TEST_P(Pattern, IsHeldAgainstTheName) {
  const PatternRow& row = GetParam();
  EXPECT_EQ(is_pattern(row.text), row.pattern);
  EXPECT_EQ(fits(row.text, row.group, row.process), row.fits);
}
INSTANTIATE_TEST_SUITE_P(
    Names, Pattern,
    testing::Values(PatternRow{"Plain", "web", false, "web", "web", true},
                    PatternRow{"WholeGroupIsSupervisors", "web:*", false, "web", "a", true},
                    PatternRow{"ByWhatStatusShows", "web*", true, "web", "web", true},
                    PatternRow{"AlsoAcrossTheColon", "web*", true, "web", "a_0", true},
                    PatternRow{"GroupAndProcess", "w*:a?", true, "web", "a1", true},
                    PatternRow{"ProcessMustFit", "w*:a?", true, "web", "b1", false},
                    PatternRow{"Class", "web[12]", true, "web3", "web3", false}),
    [](const auto& row) { return std::string{row.param.name}; });

constexpr std::array some_flags{Flag{"--json", "", "in JSON"},
                                Flag{"--since", "TIME", "from then on"}};

TEST(Flags, StandAnywhereAmongTheNames) {
  const auto given =
      parse_flags(some_flags, {"web", "--since", "5m", "--json", "db", "--since=6m"});
  ASSERT_TRUE(given);
  EXPECT_EQ(given->names, (std::vector<std::string>{"web", "db"}));
  EXPECT_TRUE(given->has("--json"));
  EXPECT_EQ(given->value("--since"), "6m");
}

TEST(Flags, EndAtTwoDashes) {
  const auto given = parse_flags(some_flags, {"--", "--json"});
  ASSERT_TRUE(given);
  EXPECT_EQ(given->names, std::vector<std::string>{"--json"});
  EXPECT_FALSE(given->has("--json"));
}

TEST(Flags, RefuseWhatTheyAreNot) {
  EXPECT_EQ(parse_flags(some_flags, {"--yaml"}).error().context, "has no option --yaml");
  EXPECT_EQ(parse_flags(some_flags, {"--since"}).error().context, "needs a value behind --since");
  EXPECT_EQ(parse_flags(some_flags, {"--json=1"}).error().context, "takes no value behind --json");
}

TEST(Json, EscapesAndReplacesWhatIsNoText) {
  EXPECT_EQ(json_string("a\"b\\c\n\x01\xff"), "\"a\\\"b\\\\c\\n\\u0001\xef\xbf\xbd\"");
}

TEST(Json, TellsWhatAProcessHasNotAsNull) {
  const std::string text = json_of(process("g", "a", v1::STATE_STOPPED, "Not started"));
  EXPECT_TRUE(text.starts_with(
      R"({"name":"g:a","group":"g","process":"a","state":"STOPPED","pid":0,"uptime_seconds":null,)"))
      << text;
  EXPECT_NE(text.find(R"("exit_status":null)"), std::string::npos);
}

TEST(StatusTable, PaintsTheStateOnly) {
  const auto fatal = process("web", "web", v1::STATE_FATAL, "why");
  EXPECT_EQ(status_table({&fatal}, Paint::yes),
            "web                              \x1b[31mFATAL     \x1b[0mwhy\n");
}

TEST(StatusTable, GoesOnWithAnUptime) {
  auto running = process("web", "web", v1::STATE_RUNNING, "pid 7, uptime 0:00:59");
  running.set_pid(7);
  running.mutable_uptime()->set_seconds(59);
  EXPECT_EQ(description_after(running, 2), "pid 7, uptime 0:01:01");
  EXPECT_EQ(uptime_text(2 * 24 * 3600 + 3661), "2 days, 1:01:01");
}

TEST(Since, IsATimeAgoOrATime) {
  const WallTime now = std::chrono::system_clock::from_time_t(1'800'000'000);
  EXPECT_EQ(parse_since("5m", now), now - std::chrono::minutes{5});
  EXPECT_EQ(parse_since("90", now), now - std::chrono::seconds{90});
  EXPECT_EQ(parse_since("2026-11-25T12:00:00Z", now),
            std::chrono::system_clock::from_time_t(1'795'608'000));
  EXPECT_TRUE(parse_since("2026-11-25", now));
  EXPECT_TRUE(parse_since("12:30", now));
  for (const char* const bad : {"", "soon", "5w", "-5m", "2026-11"})
    EXPECT_FALSE(parse_since(bad, now)) << bad;
}

TEST(Since, FindsTheTimeOfALine) {
  const auto noon = std::chrono::system_clock::from_time_t(1'795'608'000);
  EXPECT_EQ(time_of_line("2026-11-25T12:00:00.123Z hello"), noon);
  EXPECT_EQ(time_of_line("2026-11-25T13:00:00+01:00 hello"), noon);
  EXPECT_EQ(time_of_line(R"({"level":"info","time":"2026-11-25T12:00:00Z"})"), noon);
  EXPECT_EQ(time_of_line("hello"), std::nullopt);
}

v1::RunEnd run_end(std::string reason, std::int64_t ran_seconds) {
  v1::RunEnd out;
  out.set_pid(7);
  out.set_reason(std::move(reason));
  out.mutable_ran()->set_seconds(ran_seconds);
  out.mutable_ran()->set_nanos(560'000'000);
  return out;
}

TEST(RunEndText, SaysHowWhetherItWasExpectedAndAfterWhatTime) {
  auto end = run_end("exit status 3", 2);
  EXPECT_EQ(run_end_text(end), "exit status 3 (not expected) after 2.5 s, pid 7");
  end.set_expected(true);
  EXPECT_EQ(run_end_text(end), "exit status 3 (expected) after 2.5 s, pid 7");
  end = run_end("terminated by SIGTERM", 3723);
  end.set_stopped(true);
  EXPECT_EQ(run_end_text(end), "terminated by SIGTERM (stopped) after 1:02:03, pid 7");
  end.clear_ran();
  end.set_reason("can't find command 'x'");
  EXPECT_EQ(run_end_text(end), "not started: can't find command 'x'");
}

}  // namespace
}  // namespace supervisorctl
