// What each command prints and ends with. Source: Supervisor's own supervisorctl.
#include <algorithm>

#include "tests/unit/ctl/ctl_fixture.hpp"

namespace supervisorctl {
namespace {

using supervisord::control::DaemonState;
using supervisord::control::FakeControl;
using supervisord::control::Fault;

struct CommandRow {
  const char* name;
  std::vector<std::string> action;
  const char* output;
  int status;
  void (*arrange)(FakeControl&) = nullptr;
};

class Commands : public CtlFixture, public testing::WithParamInterface<CommandRow> {};

TEST_P(Commands, PrintAndEndAsSupervisors) {
  write_configuration();
  if (GetParam().arrange != nullptr) GetParam().arrange(control);
  serve();
  Child ctl{words(GetParam().action)};
  const int status = ctl.end();
  EXPECT_EQ(ctl.output, GetParam().output);
  EXPECT_EQ(status, GetParam().status);
  EXPECT_EQ(ctl.errors, "");
}

constexpr const char* whole_status =
    "bad                              FATAL     can't find command 'x'\n"
    "g:one                            RUNNING   pid 102, uptime 1 day, 2:00:04\n"
    "g:two                            STOPPED   Not started\n"
    "web                              RUNNING   pid 104, uptime 0:00:07\n";

void ending(FakeControl& control) { control.info.state = DaemonState::shutting_down; }
void with_logs(FakeControl& control) {
  control.logs["web"] = "first\nsecond\n";
  control.logs[""] = "main line\n";
}
void with_changes(FakeControl& control) { control.changes = {{"new"}, {"web"}, {"bad"}}; }
void with_bad_files(FakeControl& control) { control.bad_files = "/etc/a.conf:3: bad"; }

INSTANTIATE_TEST_SUITE_P(
    Status, Commands,
    testing::Values(
        CommandRow{"All", {"status"}, whole_status, 3},
        CommandRow{"AllAmongNames", {"status", "web", "all"}, whole_status, 3},
        CommandRow{"Up",
                   {"status", "web"},
                   "web                              RUNNING   pid 104, uptime 0:00:07\n",
                   0},
        CommandRow{"InTheOrderOfTheNames",
                   {"status", "web", "g:one"},
                   "web                              RUNNING   pid 104, uptime 0:00:07\n"
                   "g:one                            RUNNING   pid 102, uptime 1 day, 2:00:04\n",
                   0},
        CommandRow{"UnknownFirst",
                   {"status", "web", "nope", "no:*"},
                   "nope: ERROR (no such process)\nno: ERROR (no such group)\n"
                   "web                              RUNNING   pid 104, uptime 0:00:07\n",
                   4},
        CommandRow{"StoppedBeatsUnknown",
                   {"status", "nope", "g:two"},
                   "nope: ERROR (no such process)\ng:two                            STOPPED   Not "
                   "started\n",
                   3},
        CommandRow{"Pattern",
                   {"status", "w*"},
                   "web                              RUNNING   pid 104, uptime 0:00:07\n",
                   0},
        CommandRow{"PidOfAPattern", {"pid", "g:*e"}, "102\n", 0},
        CommandRow{"Pid", {"pid"}, "4000\n", 0}, CommandRow{"PidOfOne", {"pid", "web"}, "104\n", 0},
        CommandRow{"PidOfAStopped", {"pid", "g:two"}, "0\n", 7},
        CommandRow{"PidOfUnknown", {"pid", "nope"}, "No such process nope\n", 1},
        CommandRow{"PidOfAGroup", {"pid", "g:*"}, "No such process g:*\n", 1},
        CommandRow{"PidOfAll", {"pid", "all"}, "0\n102\n0\n104\n", 0}),
    [](const auto& row) { return std::string{row.param.name}; });

INSTANTIATE_TEST_SUITE_P(
    Upgrade, Commands,
    testing::Values(
        CommandRow{
            "Upgrade",
            {"upgrade"},
            "upgraded: 9.8.7, keeper 9.8.6 (daemon pid 4001) to 9.9.0, keeper 9.8.6 (daemon pid "
            "4002), supervisord pid 4000\n",
            0,
            [](FakeControl& control) { control.info.keeper_version = "9.8.6"; }},
        CommandRow{"UpgradeRefused",
                   {"upgrade"},
                   "ERROR: not upgraded, nothing has changed: /d does not start\n",
                   1,
                   [](FakeControl& control) { control.refuses_upgrade = "/d does not start"; }},
        CommandRow{"UpgradeOfTheDaemonOnly",
                   {"upgrade"},
                   "ERROR: only the daemon was replaced, by 9.9.0 (daemon pid 4002); supervisord's "
                   "log says why\n",
                   1,
                   [](FakeControl& control) {
                     control.info.keeper_version = "9.9.0";
                     control.keeps_keeper = true;
                   }}),
    [](const auto& row) { return std::string{row.param.name}; });

INSTANTIATE_TEST_SUITE_P(
    Lifecycle, Commands,
    testing::Values(
        CommandRow{"Start", {"start", "g:two"}, "g:two: started\n", 0},
        CommandRow{"StartTwice",
                   {"start", "g:two", "g:two"},
                   "g:two: started\ng:two: ERROR (already started)\n",
                   0},
        CommandRow{"StartGroupTellsOnlyWhatItDid", {"start", "g:*"}, "g:two: started\n", 0},
        CommandRow{"StartAll", {"start", "all"}, "bad: started\ng:two: started\n", 0},
        CommandRow{"StartUnknown", {"start", "nope"}, "nope: ERROR (no such process)\n", 1},
        CommandRow{"StartUnknownGroup", {"start", "no:*"}, "no: ERROR (no such group)\n", 2},
        CommandRow{"LaterSuccessKeepsTheStatus",
                   {"start", "bad", "g:two"},
                   "bad: ERROR (spawn error)\ng:two: started\n",
                   7,
                   [](FakeControl& control) { control.start_faults["bad"] = Fault::spawn_error; }},
        CommandRow{"Stop", {"stop", "web"}, "web: stopped\n", 0},
        CommandRow{"StopDown", {"stop", "bad"}, "bad: ERROR (not running)\n", 0},
        CommandRow{"StopUnknownGroup", {"stop", "no:"}, "no: ERROR (no such group)\n", 1},
        CommandRow{"StopAll", {"stop", "all"}, "g:one: stopped\nweb: stopped\n", 0},
        CommandRow{"RestartStopsAllFirst",
                   {"restart", "web", "g:two"},
                   "web: stopped\ng:two: ERROR (not running)\nweb: started\ng:two: started\n",
                   0},
        CommandRow{"Signal", {"signal", "USR1", "web"}, "web: signalled\n", 0},
        CommandRow{"WordsAreJoinedAndSplitAgain", {"signal USR1", "web"}, "web: signalled\n", 0},
        CommandRow{"SignalBad", {"signal", "BOGUS", "web"}, "web: ERROR (bad signal name)\n", 1},
        CommandRow{"StartPattern", {"start", "*:t?o"}, "g:two: started\n", 0},
        CommandRow{"StartPatternOfNothing", {"start", "x*"}, "x*: ERROR (no such process)\n", 1},
        CommandRow{"StopPattern", {"stop", "w*", "g:o*"}, "web: stopped\ng:one: stopped\n", 0},
        CommandRow{"RollingInBatches",
                   {"restart", "--batch", "2", "g:*", "web"},
                   "g:one: stopped\ng:one: started\ng:two: started\nweb: stopped\nweb: started\n",
                   0},
        CommandRow{"RollingEndsAtTheFirstFailure",
                   {"restart", "--rolling", "all"},
                   "bad: ERROR (spawn error)\nERROR: the rolling restart has ended here; 3 of 4 "
                   "were left as they are\n",
                   7,
                   [](FakeControl& control) { control.start_faults["bad"] = Fault::spawn_error; }},
        CommandRow{"SignalAllTellsOnlyOfThoseThatRun",
                   {"signal", "HUP", "all"},
                   "g:one: signalled\nweb: signalled\n",
                   0},
        CommandRow{"SignalDown", {"signal", "HUP", "g:two"}, "g:two: ERROR (not running)\n", 7},
        CommandRow{"Clear", {"clear", "web"}, "web: cleared\n", 0},
        CommandRow{"ClearGroup", {"clear", "g:*"}, "g:None: ERROR (no such process)\n", 1},
        CommandRow{"ClearAll",
                   {"clear", "all"},
                   "bad: cleared\ng:one: cleared\ng:two: cleared\nweb: cleared\n",
                   0}),
    [](const auto& row) { return std::string{row.param.name}; });

INSTANTIATE_TEST_SUITE_P(
    Configuration, Commands,
    testing::Values(
        CommandRow{"RereadNothing", {"reread"}, "No config updates to processes\n", 0},
        CommandRow{"Reread",
                   {"reread"},
                   "bad: disappeared\nnew: available\nweb: changed\n",
                   0,
                   with_changes},
        CommandRow{
            "RereadBad", {"reread"}, "ERROR: CANT_REREAD: /etc/a.conf:3: bad\n", 1, with_bad_files},
        CommandRow{"RereadAtTheEnd", {"reread"}, "ERROR: supervisor shutting down\n", 1, ending},
        CommandRow{"UpdateNothing", {"update"}, "", 0},
        CommandRow{
            "Update",
            {"update"},
            "bad: stopped\nbad: removed process group\nweb: stopped\nweb: updated process group\n"
            "new: added process group\n",
            0,
            with_changes},
        CommandRow{"UpdateSome", {"update", "new"}, "new: added process group\n", 0, with_changes},
        CommandRow{
            "UpdateAllByName",
            {"update", "all"},
            "bad: stopped\nbad: removed process group\nweb: stopped\nweb: updated process group\n"
            "new: added process group\n",
            0,
            with_changes},
        CommandRow{"UpdateUnknownAndNew",
                   {"update", "nope", "new"},
                   "ERROR: no such group: nope\nnew: added process group\n",
                   1,
                   with_changes},
        CommandRow{"UpdateAtTheEnd", {"update"}, "ERROR: already shutting down\n", 1, ending},
        CommandRow{"Add",
                   {"add", "new"},
                   "new: added process group\n",
                   0,
                   [](FakeControl& control) { control.groups_to_add = {"new"}; }},
        CommandRow{"AddActive", {"add", "web"}, "ERROR: process group already active\n", 0},
        CommandRow{"AddUnknown", {"add", "nope"}, "ERROR: no such process/group: nope\n", 1},
        CommandRow{"Remove", {"remove", "bad"}, "bad: removed process group\n", 0},
        CommandRow{
            "RemoveRunning", {"remove", "web"}, "ERROR: process/group still running: web\n", 1},
        CommandRow{"RemoveUnknown", {"remove", "nope"}, "ERROR: no such process/group: nope\n", 1},
        CommandRow{"Avail",
                   {"avail"},
                   "g:one                            in use    auto      5:999\n",
                   0,
                   [](FakeControl& control) {
                     control.available_processes = {{"g", "one", true, true, 5, 999}};
                   }}),
    [](const auto& row) { return std::string{row.param.name}; });

INSTANTIATE_TEST_SUITE_P(
    Logs, Commands,
    testing::Values(
        CommandRow{"Tail", {"tail", "web"}, "first\nsecond\n\n", 0, with_logs},
        CommandRow{"TailBytes", {"tail", "-4", "web"}, "ond\n\n", 0, with_logs},
        CommandRow{"TailStderr", {"tail", "web", "STDERR"}, "first\nsecond\n\n", 0, with_logs},
        CommandRow{"TailNoLog", {"tail", "g:two"}, "g:two: ERROR (no log file)\n", 1, with_logs},
        CommandRow{
            "TailUnknown", {"tail", "nope"}, "nope: ERROR (no such process name)\n", 1, with_logs},
        CommandRow{"TailBadChannel", {"tail", "web", "foo"}, "Error: bad channel 'foo'\n", 1},
        CommandRow{"TailBadArgument", {"tail", "-x", "web"}, "Error: bad argument -x\n", 1},
        CommandRow{"TailOnlyAModifier", {"tail", "-5"}, "Error: tail requires process name\n", 1},
        CommandRow{"Maintail", {"maintail"}, "main line\n\n", 0, with_logs},
        CommandRow{"MaintailNoLog", {"maintail"}, "supervisord: ERROR (no log file)\n", 1},
        CommandRow{"MaintailBadArgument", {"maintail", "foo"}, "Error: bad argument foo\n", 1}),
    [](const auto& row) { return std::string{row.param.name}; });

INSTANTIATE_TEST_SUITE_P(
    Daemon, Commands,
    testing::Values(
        CommandRow{"Version", {"version"}, "9.8.7\n", 0},
        CommandRow{"Shutdown", {"shutdown"}, "Shut down\n", 0},
        CommandRow{"ShutdownTwice", {"shutdown"}, "ERROR: already shutting down\n", 0, ending},
        CommandRow{"Reload", {"reload"}, "Restarted supervisord\n", 0},
        CommandRow{"ReloadAtTheEnd", {"reload"}, "ERROR: already shutting down\n", 1, ending},
        CommandRow{"UnknownSyntax", {"frobnicate", "it"}, "*** Unknown syntax: frobnicate it\n", 1},
        CommandRow{"CaseMatters", {"Status"}, "*** Unknown syntax: Status\n", 1},
        CommandRow{"HelpForNothing", {"help", "nope"}, "*** No help on nope\n", 0},
        CommandRow{"NoArguments",
                   {"version", "x"},
                   "Error: version accepts no arguments\nversion\t\t\tThe version of the remote "
                   "supervisord\n",
                   1},
        CommandRow{"Quit", {"quit"}, "\n", 0}),
    [](const auto& row) { return std::string{row.param.name}; });

class Ctl : public CtlFixture {};

TEST_F(Ctl, SaysWhatItTriedWhenThereIsNoSocket) {
  write_configuration();
  const std::string missing = directory + "/none.sock";
  struct Row {
    const char* action;
    int status;
  };
  for (const Row& row :
       {Row{"status", 4}, Row{"pid", 7}, Row{"start web", 7}, Row{"reread", 1}, Row{"avail", 1}}) {
    Child ctl{{"-c", directory + "/ctl.conf", "-s", "unix://" + missing, row.action}};
    EXPECT_EQ(ctl.end(), row.status) << row.action;
    EXPECT_EQ(ctl.output, "unix://" + missing + " no such file\n") << row.action;
    EXPECT_TRUE(
        ctl.errors.starts_with("supervisorctl: tried the Unix socket " + missing +
                               ": No such file or directory\n  address:     given with -s\n"))
        << ctl.errors;
  }
  Child shutdown{{"-c", directory + "/ctl.conf", "-s", "unix://" + missing, "shutdown"}};
  EXPECT_EQ(shutdown.end(), 1);
  EXPECT_EQ(shutdown.output, "ERROR: unix://" + missing + " no such file (already shut down?)\n");
}

TEST_F(Ctl, SaysThatAConnectionWasRefused) {
  write_configuration();
  const std::string stale = directory + "/stale.sock";
  {
    common::UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    stale.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  Child ctl{{"-c", directory + "/ctl.conf", "-s", "unix://" + stale, "pid"}};
  EXPECT_EQ(ctl.end(), 4);
  EXPECT_EQ(ctl.output, "unix://" + stale + " refused connection\n");
}

TEST_F(Ctl, TakesItsAddressAndPasswordFromTheFile) {
  write_configuration(
      "[supervisorctl]\nserverurl=unix://%(here)s/s.sock\nusername=me\npassword=secret\n");
  serve(supervisord::api::local_policy({"me", "secret"}));
  Child ctl{{"-c", directory + "/ctl.conf", "version"}};
  EXPECT_EQ(ctl.end(), 0);
  EXPECT_EQ(ctl.output, "9.8.7\n");
  Child wrong{{"-c", directory + "/ctl.conf", "-p", "other", "version"}};
  EXPECT_EQ(wrong.end(), 1);
  EXPECT_TRUE(wrong.output.starts_with("Server requires authentication\nerror: ")) << wrong.output;
}

TEST_F(Ctl, RefusesABadCommandLine) {
  struct Row {
    std::vector<std::string> words;
    std::string error;
  };
  for (const Row& row :
       {Row{{"-z"}, "option -z not recognized"}, Row{{"--foo"}, "option --foo not recognized"},
        Row{{"-c"}, "option -c requires argument"},
        Row{{"-s", "foo"}, "invalid value for -s 'foo': value 'foo' is not a URL"},
        Row{{"-c", "/none"}, "could not find config file /none"}}) {
    Child ctl{row.words};
    EXPECT_EQ(ctl.end(), 2);
    EXPECT_EQ(ctl.output, "");
    EXPECT_EQ(ctl.errors, "Error: " + row.error + "\nFor help, use " SUPERVISORCTL " -h\n");
  }
}

TEST_F(Ctl, MissesTheSectionInAFileOfSomethingElse) {
  write_configuration("[supervisord]\n");
  Child ctl{{"-c", directory + "/ctl.conf", "status"}};
  EXPECT_EQ(ctl.end(), 2);
  EXPECT_TRUE(ctl.errors.starts_with("Error: .ini file does not include supervisorctl section\n"))
      << ctl.errors;
}

TEST_F(Ctl, StartWithoutANameSaysHow) {
  write_configuration();
  serve();
  Child ctl{words({"start"})};
  EXPECT_EQ(ctl.end(), 2);
  EXPECT_TRUE(ctl.output.starts_with("Error: start requires a process name\nstart <name>\t\t"))
      << ctl.output;
  Child other{words({"signal", "HUP"})};
  EXPECT_EQ(other.end(), 1);
  EXPECT_TRUE(
      other.output.starts_with("Error: signal requires a signal name and a process name\n"));
}

TEST_F(Ctl, WithoutAnActionReadsALineAtATime) {
  write_configuration("[supervisorctl]\nprompt=me\n");
  serve();
  Child ctl{words({}), "pid\n\nbogus\nshutdown\nn\n"};
  EXPECT_EQ(ctl.end(), 0);
  EXPECT_EQ(ctl.output, std::string{whole_status} +
                            "me> 4000\nme> me> *** Unknown syntax: bogus\n"
                            "me> Really shut the remote supervisord process down y/N? me> \n");
  EXPECT_TRUE(on_loop([this] { return control.calls.empty(); }));
}

TEST_F(Ctl, WaitsForADaemonThatIsBeingReplaced) {
  write_configuration();
  Child ctl{words({"pid"})};  // connects: the socket is there, and nobody has accepted yet
  serve();
  EXPECT_EQ(ctl.end(), 0);
  EXPECT_EQ(ctl.output, "4000\n");
}

}  // namespace
}  // namespace supervisorctl
