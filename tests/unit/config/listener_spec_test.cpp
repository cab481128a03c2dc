#include "supervisord/config/listener_spec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/fake_surroundings.hpp"

namespace supervisord::config {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

LoadResult listener(const std::string& options) {
  return load_text("[supervisord]\n[eventlistener:e]\ncommand=x\n" + options + "\n");
}

TEST(Listener, IsAPoolOfItsOwnThatStartsFirst) {
  const auto result = load_text(
      "[supervisord]\n[program:a]\ncommand=x\n[eventlistener:e]\ncommand=x\nevents=TICK_5\n");
  ASSERT_TRUE(result.config) << testing::PrintToString(result.errors);
  const GroupSpec& pool = result.config->groups.at(0);
  EXPECT_EQ(pool.name, "e");
  EXPECT_EQ(pool.priority, -1);
  EXPECT_EQ(pool.processes.at(0).priority, 999);  // only the pool's default is another
  EXPECT_EQ(pool.listener, (EventListenerSpec{.events = {"TICK_5"}}));
  EXPECT_FALSE(result.config->groups.at(1).listener);
}

TEST(Listener, ReadsEveryOption) {
  const auto result = listener(
      "events= process_state, TICK_60,tick_60\nbuffer_size=3\npriority=5\nnumprocs=2\n"
      "process_name=%(program_name)s%(process_num)d\n"
      "result_handler=supervisor.dispatchers:default_handler");
  ASSERT_TRUE(result.config) << testing::PrintToString(result.errors);
  const GroupSpec& pool = result.config->groups.at(0);
  EXPECT_EQ(pool.priority, 5);
  EXPECT_EQ(pool.processes.size(), 2u);
  EXPECT_EQ(pool.processes.at(1).name, "e1");
  EXPECT_THAT(pool.listener->events, ElementsAre("PROCESS_STATE", "TICK_60"));
  EXPECT_EQ(pool.listener->buffer_size, 3);
}

TEST(Listener, KnowsEveryEventType) {
  for (const std::string_view type : event_types()) {
    EXPECT_TRUE(listener("events=" + std::string{type}).config) << type;
  }
}

TEST(Listener, HasNoTapsOnItsStdout) {
  const auto result = listener(
      "events=EVENT\nstdout_capture_maxbytes=1KB\nstdout_events_enabled=true\nstdout_syslog=true\n"
      "stderr_syslog=true");
  ASSERT_TRUE(result.config);
  const ProcessSpec& spec = result.config->groups.at(0).processes.at(0);
  EXPECT_EQ(spec.stdout_log, LogSpec{});
  EXPECT_TRUE(spec.stderr_log.syslog);
  EXPECT_THAT(result.config->warnings,
              Contains(HasSubstr("stdout_syslog: has no effect in an event listener")));
  EXPECT_EQ(result.config->warnings.size(), 3u);
}

struct ErrorRow {
  const char* name;
  const char* options;
  const char* message;
};

class ListenerError : public testing::TestWithParam<ErrorRow> {};
TEST_P(ListenerError, IsInSupervisorsWords) {
  const auto result = listener(GetParam().options);
  ASSERT_EQ(result.errors.size(), 1u) << testing::PrintToString(result.errors);
  EXPECT_THAT(result.errors[0], HasSubstr(GetParam().message));
  EXPECT_THAT(result.errors[0], Not(HasSubstr("in section")));
}
INSTANTIATE_TEST_SUITE_P(
    Listener, ListenerError,
    testing::Values(
        ErrorRow{"NoEvents", "", "[eventlistener:e] section requires an \"events\" line"},
        ErrorRow{"EmptyEvents", "events=", "[eventlistener:e] section requires an \"events\" line"},
        ErrorRow{"UnknownEvent", "events=TICK_5,nope",
                 "Unknown event type NOPE in [eventlistener:e] events"},
        ErrorRow{"EmptyEvent", "events=TICK_5,", "Unknown event type  in [eventlistener:e] events"},
        ErrorRow{"NearEvent", "events=PROCESS_STATE_RUNING",
                 "expected event types, such as PROCESS_STATE_RUNNING"},
        ErrorRow{"BufferSize", "events=EVENT\nbuffer_size=0",
                 "[eventlistener:e] section sets invalid buffer_size (0)"},
        ErrorRow{"ResultHandler", "events=EVENT\nresult_handler=my:handler",
                 "my:handler cannot be resolved within [eventlistener:e]"},
        ErrorRow{"RedirectStderr", "events=EVENT\nredirect_stderr=true",
                 "[eventlistener:e] section sets redirect_stderr=true but this is not allowed "
                 "because it will interfere with the eventlistener protocol"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(Listener, ReportsAnOptionOfItsProcessesOnce) {
  EXPECT_EQ(listener("events=EVENT\npriority=x\nredirect_stderr=maybe\nuser=nope").errors.size(),
            3u);
}

}  // namespace
}  // namespace supervisord::config
