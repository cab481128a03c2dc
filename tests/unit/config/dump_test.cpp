#include "supervisord/config/dump.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/fake_surroundings.hpp"

namespace supervisord::config {
namespace {

/// The dump as options of a section; % doubled (four times in the names of log files), as a
/// configuration needs it.
std::string as_ini(const ProcessSpec& spec) {
  std::string text;
  for (const auto& [key, value] : dump(spec)) {
    if (key == "command") continue;  // process_of() has one
    text += key + "=";
    for (const char c : value) {
      const bool twice = key == "stdout_logfile" || key == "stderr_logfile";
      text += c == '%' ? std::string(twice ? 4 : 2, '%') : std::string(1, c);
    }
    text += '\n';
  }
  return text;
}

TEST(Dump, ReadsBackAsTheSameProcess) {
  const ProcessSpec spec = process_of(
      "priority=5\nautostart=no\nautorestart=false\nexitcodes=\nstopsignal=0\nstopasgroup=true\n"
      "user=app\nstdout_logfile=/var/log/a%%%%b\nstdout_logfile_maxbytes=3KB\n"
      "stderr_logfile=NONE\nenvironment=A=\"a\\\"b\\\\c,d\",B=\"100%%\"\ndirectory=/d\numask=7\n"
      "serverurl=http://h:1\nready_notification=notify_socket\nready_timeout=1");
  ASSERT_EQ(spec.priority, 5);  // it was read
  EXPECT_EQ(process_of(as_ini(spec)), spec);
}

TEST(Dump, ShowsWhatAPoolAndAnFcgiSocketHaveBeside) {
  using testing::ElementsAre;
  using testing::Pair;
  GroupSpec group;
  EXPECT_TRUE(dump_kind(group).empty());
  group.listener = EventListenerSpec{.events = {"EVENT", "TICK_5"}};
  EXPECT_THAT(dump_kind(group),
              ElementsAre(Pair("events", "EVENT,TICK_5"), Pair("buffer_size", "10"),
                          Pair("result_handler", "supervisor.dispatchers:default_handler")));
  group.name = "e";
  EXPECT_EQ(dump(ProcessSpec{.group = "e"}, {&group, 1}).back().first, "result_handler");
  EXPECT_EQ(dump(ProcessSpec{.group = "f"}, {&group, 1}), dump(ProcessSpec{}));
  group.listener.reset();
  group.fcgi = ListenSpec{"unix:///f", "/f", "", 0, 7, 0700, 5, 6};
  EXPECT_THAT(dump_kind(group),
              ElementsAre(Pair("socket", "unix:///f"), Pair("socket_backlog", "7"),
                          Pair("socket_mode", "700"), Pair("socket_owner", "5:6")));
}

TEST(Dump, SpellsAsAPersonWould) {
  const auto rows = dump(process_of("umask=022"));
  const auto value = [&](const std::string& key) {
    for (const auto& [name, text] : rows) {
      if (name == key) return text;
    }
    return std::string{"(none)"};
  };
  EXPECT_EQ(value("stdout_logfile_maxbytes"), "50MB");
  EXPECT_EQ(value("stdout_logfile"), "AUTO");
  EXPECT_EQ(value("stopsignal"), "TERM");
  EXPECT_EQ(value("umask"), "022");
  EXPECT_EQ(value("autorestart"), "unexpected");
  EXPECT_EQ(value("user"), "(none)");
}

}  // namespace
}  // namespace supervisord::config
