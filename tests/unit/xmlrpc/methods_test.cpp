#include "supervisord/xmlrpc/methods.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>

#include "supervisord/xmlrpc/handler.hpp"
#include "supervisord/xmlrpc/write.hpp"
#include "tests/fakes/fake_control.hpp"
#include "tests/fakes/fake_exchange.hpp"

namespace supervisord::xmlrpc {
namespace {

using process::State;

/// A value on one line, for the tables.
std::string shown(const Value& value) {
  if (const auto* const text = value.get<std::string>()) return "'" + *text + "'";
  if (const auto* const number = value.get<std::int64_t>()) return std::to_string(*number);
  if (const auto* const truth = value.get<bool>()) return *truth ? "true" : "false";
  std::string out;
  if (const auto* const array = value.get<Array>()) {
    for (const auto& each : *array) out += (out.empty() ? "" : ", ") + shown(each);
    return "[" + out + "]";
  }
  if (const auto* const members = value.get<Struct>()) {
    for (const auto& each : *members)
      out += (out.empty() ? "" : ", ") + each.name + ": " + shown(each.value);
    return "{" + out + "}";
  }
  return "?";
}
std::string shown(const Answer& answer) {
  if (const auto* const value = std::get_if<Value>(&answer)) return shown(*value);
  const auto& fault = std::get<Fault>(answer);
  return std::to_string(static_cast<int>(fault.code)) + " " + fault.text;
}

class MethodsTest : public testing::Test {
 protected:
  MethodsTest() {
    control.info.identifier = "id";
    add("cat", "cat", State::running);
    add("down", "down", State::stopped);
    add("gone", "gone", State::unknown);
    add("multi", "m0", State::running);
    add("multi", "m1", State::running);
    add("slow", "slow", State::stopping);
    control.logs["cat"] = "hello\nworld\n";
    control.logs[""] = "main log\n";
    control.groups_to_add = {"more"};
    control.empty_groups = {"empty"};
  }
  void add(const char* group, const char* name, State state) {
    process::Status status;
    status.group = group;
    status.name = name;
    status.state = state;
    status.pid = process::is_up(state) ? 7 : 0;
    control.processes.push_back(status);
  }
  std::string ask(std::string_view method, const Array& arguments = {}) {
    std::optional<Answer> answer;
    call(session, method, arguments, [&](Answer came) { answer = std::move(came); });
    io.restart();
    io.poll();
    return answer ? shown(*answer) : "(none yet)";
  }

  boost::asio::io_context io;
  control::FakeControl control{io};
  std::vector<std::string> lines;
  control::Audit audit{[this](common::Level, const std::string& line) { lines.push_back(line); }};
  SessionPtr session =
      std::make_shared<Session>(Session{control, audit, "uid 0, pid 12 as admin", nullptr});
};

struct Row {
  const char* name;
  const char* method;
  Array arguments;
  const char* answer;
};
class MethodAnswers : public MethodsTest, public testing::WithParamInterface<Row> {};
TEST_P(MethodAnswers, AsTheTableSays) {
  EXPECT_EQ(ask(GetParam().method, GetParam().arguments), GetParam().answer);
  EXPECT_EQ(control.interests, 0);
}
const auto name_of_row = [](const auto& row) { return std::string{row.param.name}; };

INSTANTIATE_TEST_SUITE_P(
    Names, MethodAnswers,
    testing::Values(
        Row{"Unknown", "nope", {}, "1 UNKNOWN_METHOD"},
        Row{"Namespace", "supervisor", {}, "1 UNKNOWN_METHOD"},
        Row{"Private", "supervisor._update", {}, "1 UNKNOWN_METHOD"},
        Row{"Blanks", " supervisor.getState ", {}, "1 UNKNOWN_METHOD"},
        Row{"TooMany", "supervisor.getState", {1}, "2 INCORRECT_PARAMETERS"},
        Row{"TooFew", "supervisor.startProcess", {}, "2 INCORRECT_PARAMETERS"},
        Row{"OneTooMany", "supervisor.startProcess", {"cat", true, 1}, "2 INCORRECT_PARAMETERS"},
        Row{"SignatureOfNone", "system.methodSignature", {"nope"}, "4 SIGNATURE_UNSUPPORTED"},
        Row{"HelpOfNone", "system.methodHelp", {1}, "4 SIGNATURE_UNSUPPORTED"},
        Row{"Signature",
            "system.methodSignature",
            {"supervisor.startProcess"},
            "['boolean', 'string', 'boolean']"},
        Row{"Help", "system.methodHelp", {"supervisor.getPID"}, "'The pid of supervisord.'"}),
    name_of_row);

INSTANTIATE_TEST_SUITE_P(
    Daemon, MethodAnswers,
    testing::Values(
        Row{"Api", "supervisor.getAPIVersion", {}, "'3.0'"},
        Row{"Version", "supervisor.getVersion", {}, "'3.0'"},
        Row{"Supervisor", "supervisor.getSupervisorVersion", {}, "'4.3.0'"},
        Row{"Identification", "supervisor.getIdentification", {}, "'id'"},
        Row{"GetState", "supervisor.getState", {}, "{statecode: 1, statename: 'RUNNING'}"},
        Row{"Pid", "supervisor.getPID", {}, "4000"},
        Row{"Shutdown", "supervisor.shutdown", {}, "true"},
        Row{"Restart", "supervisor.restart", {}, "true"},
        Row{"Reload", "supervisor.reloadConfig", {}, "[[[], [], []]]"},
        Row{"RemoteEvent", "supervisor.sendRemoteCommEvent", {"a", "b"}, "true"},
        Row{"Add", "supervisor.addProcessGroup", {"more"}, "true"},
        Row{"AddActive", "supervisor.addProcessGroup", {"cat"}, "90 ALREADY_ADDED: cat"},
        Row{"AddNone", "supervisor.addProcessGroup", {"nope"}, "10 BAD_NAME: nope"},
        Row{"Remove", "supervisor.removeProcessGroup", {"down"}, "true"},
        Row{"RemoveRunning", "supervisor.removeProcessGroup", {"cat"}, "91 STILL_RUNNING: cat"},
        Row{"RemoveNone", "supervisor.removeProcessGroup", {"nope"}, "10 BAD_NAME: nope"},
        Row{"RemoveArray",
            "supervisor.removeProcessGroup",
            {Value{Array{}}},
            "2 INCORRECT_PARAMETERS"}),
    name_of_row);

INSTANTIATE_TEST_SUITE_P(
    StartAndStop, MethodAnswers,
    testing::Values(
        Row{"Start", "supervisor.startProcess", {"down"}, "true"},
        Row{"StartWithoutWaiting", "supervisor.startProcess", {"down", false}, "true"},
        Row{"StartRunning", "supervisor.startProcess", {"cat"}, "60 ALREADY_STARTED: cat"},
        Row{"StartUnknownState", "supervisor.startProcess", {"gone"}, "30 FAILED: gone"},
        Row{"StartNone", "supervisor.startProcess", {"nope"}, "10 BAD_NAME: nope"},
        Row{"StartAllIsAName", "supervisor.startProcess", {"all"}, "10 BAD_NAME: all"},
        Row{"StartGroupsName", "supervisor.startProcess", {"multi"}, "10 BAD_NAME: multi"},
        Row{"StartInGroup",
            "supervisor.startProcess",
            {"multi:m0"},
            "60 ALREADY_STARTED: multi:m0"},
        Row{"StartStar", "supervisor.startProcess", {"multi:*"}, "[]"},
        Row{"StartStarOfNone", "supervisor.startProcess", {"nope:*"}, "10 BAD_NAME: nope:*"},
        Row{"StartArray", "supervisor.startProcess", {Value{Array{}}}, "2 INCORRECT_PARAMETERS"},
        Row{"StartGroup",
            "supervisor.startProcessGroup",
            {"down"},
            "[{name: 'down', group: 'down', status: 80, description: 'OK'}]"},
        Row{"StartEmptyGroup", "supervisor.startProcessGroup", {"empty"}, "[]"},
        Row{"StopEmptyGroup", "supervisor.stopProcess", {"empty:*"}, "[]"},
        Row{"StartGroupStar", "supervisor.startProcessGroup", {"multi:*"}, "10 BAD_NAME: multi:*"},
        Row{"StartGroupAll", "supervisor.startProcessGroup", {"all"}, "10 BAD_NAME: all"},
        Row{"Stop", "supervisor.stopProcess", {"cat"}, "true"},
        Row{"StopStopped", "supervisor.stopProcess", {"down"}, "70 NOT_RUNNING: down"},
        Row{"StopStopping", "supervisor.stopProcess", {"slow"}, "70 NOT_RUNNING: slow"},
        Row{"StopStar",
            "supervisor.stopProcess",
            {"multi:"},
            "[{name: 'm0', group: 'multi', status: 80, description: 'OK'}, {name: 'm1', group: "
            "'multi', status: 80, description: 'OK'}]"},
        Row{"StopGroup", "supervisor.stopProcessGroup", {"down"}, "[]"},
        Row{"StopAll",
            "supervisor.stopAllProcesses",
            {},
            "[{name: 'cat', group: 'cat', status: 80, description: 'OK'}, {name: 'm0', group: "
            "'multi', status: 80, description: 'OK'}, {name: 'm1', group: 'multi', status: 80, "
            "description: 'OK'}]"}),
    name_of_row);

INSTANTIATE_TEST_SUITE_P(
    Signals, MethodAnswers,
    testing::Values(
        Row{"ByName", "supervisor.signalProcess", {"cat", "HUP"}, "true"},
        Row{"ByNumber", "supervisor.signalProcess", {"cat", 1}, "true"},
        Row{"Bad", "supervisor.signalProcess", {"cat", "BOGUS"}, "11 BAD_SIGNAL: BOGUS"},
        Row{"ToNone", "supervisor.signalProcess", {"nope", "BOGUS"}, "10 BAD_NAME: nope"},
        Row{"ToStopped", "supervisor.signalProcess", {"down", "HUP"}, "70 NOT_RUNNING: down"},
        Row{"ToStar",
            "supervisor.signalProcess",
            {"multi:*", "BOGUS"},
            "[{name: 'm0', group: 'multi', status: 11, description: 'BAD_SIGNAL: BOGUS'}, {name: "
            "'m1', group: 'multi', status: 11, description: 'BAD_SIGNAL: BOGUS'}]"},
        Row{"ToEmptyGroup", "supervisor.signalProcessGroup", {"empty", "HUP"}, "[]"},
        Row{"ToGroup", "supervisor.signalProcessGroup", {"down", "HUP"}, "[]"},
        Row{"Array",
            "supervisor.signalProcess",
            {"cat", Value{Array{}}},
            "2 INCORRECT_PARAMETERS"}),
    name_of_row);

INSTANTIATE_TEST_SUITE_P(
    Logs, MethodAnswers,
    testing::Values(
        Row{"Read", "supervisor.readLog", {0, 4}, "'main'"},
        Row{"ReadEnd", "supervisor.readMainLog", {-4, 0}, "'log\n'"},
        Row{"ReadBad", "supervisor.readLog", {-4, 1}, "3 BAD_ARGUMENTS"},
        Row{"ReadNegative", "supervisor.readLog", {0, -1}, "3 BAD_ARGUMENTS"},
        Row{"ReadText", "supervisor.readLog", {"a", "b"}, "2 INCORRECT_PARAMETERS"},
        Row{"ReadDigits", "supervisor.readLog", {"0", "4"}, "'main'"},
        Row{"OfProcess", "supervisor.readProcessStdoutLog", {"cat", 2, 3}, "'llo'"},
        Row{"OfProcessOldName", "supervisor.readProcessLog", {"cat:cat", 0, 0}, "'hello\nworld\n'"},
        Row{"OfProcessNoFile", "supervisor.readProcessStderrLog", {"down", 0, 0}, "20 NO_FILE"},
        Row{"OfProcessNoFileFirst",
            "supervisor.readProcessStderrLog",
            {"down", -1, 1},
            "20 NO_FILE"},
        Row{"OfNone", "supervisor.readProcessStdoutLog", {"nope", 0, 0}, "10 BAD_NAME: nope"},
        Row{"OfGroup",
            "supervisor.readProcessStdoutLog",
            {"multi:*", 0, 0},
            "10 BAD_NAME: multi:*"},
        Row{"Tail", "supervisor.tailProcessStdoutLog", {"cat", 5, 6}, "['world\n', 12, true]"},
        Row{"TailAtEnd", "supervisor.tailProcessLog", {"cat", 12, 6}, "['', 12, false]"},
        Row{"TailNegative", "supervisor.tailProcessLog", {"cat", -3, 2}, "['d\n', 12, true]"},
        Row{"TailNoFile", "supervisor.tailProcessStderrLog", {"down", 0, 10}, "['', 0, false]"},
        Row{"TailOfNone", "supervisor.tailProcessLog", {"nope", 0, 10}, "10 BAD_NAME: nope"},
        Row{"Clear", "supervisor.clearProcessLogs", {"cat"}, "true"},
        Row{"ClearNoFile", "supervisor.clearProcessLog", {"down"}, "true"},
        Row{"ClearOfGroup", "supervisor.clearProcessLogs", {"multi:*"}, "10 BAD_NAME: multi:*"},
        Row{"ClearMain", "supervisor.clearLog", {}, "true"},
        Row{"Stdin", "supervisor.sendProcessStdin", {"cat", "x"}, "true"},
        Row{"StdinNumber", "supervisor.sendProcessStdin", {"cat", 1}, "2 INCORRECT_PARAMETERS: 1"},
        Row{"StdinOfNone", "supervisor.sendProcessStdin", {"nope", "x"}, "10 BAD_NAME: nope"}),
    name_of_row);

INSTANTIATE_TEST_SUITE_P(
    Multicall, MethodAnswers,
    testing::Values(
        Row{"None", "system.multicall", {Value{Array{}}}, "[]"},
        Row{"NoArray", "system.multicall", {1}, "2 INCORRECT_PARAMETERS"},
        Row{"NoName",
            "system.multicall",
            {Value{Array{1, Struct{{"params", Array{}}}}}},
            "[{faultCode: 2, faultString: 'INCORRECT_PARAMETERS: No methodName'}, {faultCode: 2, "
            "faultString: 'INCORRECT_PARAMETERS: No methodName'}]"},
        Row{"Itself",
            "system.multicall",
            {Value{Array{Struct{{"methodName", "system.multicall"}}}}},
            "[{faultCode: 2, faultString: 'INCORRECT_PARAMETERS: Recursive system.multicall "
            "forbidden'}]"},
        Row{"InOrder",
            "system.multicall",
            {Value{
                Array{Struct{{"methodName", "supervisor.stopProcess"}, {"params", Array{"cat"}}},
                      Struct{{"methodName", "supervisor.stopProcess"}, {"params", Array{"cat"}}},
                      Struct{{"methodName", "supervisor.startProcess"}, {"params", Array{"cat"}}},
                      Struct{{"methodName", "supervisor.getVersion"}}}}},
            "[true, {faultCode: 70, faultString: 'NOT_RUNNING: cat'}, true, '3.0']"}),
    name_of_row);

TEST_F(MethodsTest, AreFortyOne) {
  EXPECT_EQ(methods().size(), 41u);
  for (const auto& method : methods()) EXPECT_EQ(find_method(method.name), &method);
}

TEST_F(MethodsTest, ManyCallsAtOnceNeedNoStack) {
  Array calls(20'000, Value{Struct{{"methodName", "supervisor.getVersion"}}});
  EXPECT_TRUE(ask("system.multicall", {Value{std::move(calls)}}).ends_with("'3.0', '3.0']"));
}

TEST_F(MethodsTest, AreRefusedWhileTheDaemonEnds) {
  control.info.state = control::DaemonState::shutting_down;
  EXPECT_EQ(ask("supervisor.getState"), "6 SHUTDOWN_STATE");
  EXPECT_EQ(ask("supervisor.startProcess", {"nope"}), "6 SHUTDOWN_STATE");
  EXPECT_EQ(ask("supervisor.startProcess"), "2 INCORRECT_PARAMETERS");
  EXPECT_EQ(ask("supervisor.sendRemoteCommEvent", {"a", "b"}), "true");
}

TEST_F(MethodsTest, FaultsOfAStartNameTheProcessOrTheCommand) {
  control.start_faults["down"] = control::Fault::spawn_error;
  EXPECT_EQ(ask("supervisor.startProcess", {"down"}), "50 SPAWN_ERROR: down");
  control.start_faults["down"] = control::Fault::abnormal_termination;
  EXPECT_EQ(ask("supervisor.startProcess", {"down"}), "40 ABNORMAL_TERMINATION: down");
  control.start_faults["down"] = control::Fault::no_file;
  EXPECT_EQ(ask("supervisor.startProcess", {"down"}), "20 NO_FILE: the test says so");
  EXPECT_EQ(
      ask("supervisor.startProcess", {"down:*"}),
      "[{name: 'down', group: 'down', status: 20, description: 'NO_FILE: the test says so'}]");
}

TEST_F(MethodsTest, BadFilesAreCantReread) {
  control.bad_files = "a.conf:3: bad";
  EXPECT_EQ(ask("supervisor.reloadConfig"), "92 CANT_REREAD: a.conf:3: bad");
}

TEST_F(MethodsTest, ProcessInfoHasEveryField) {
  auto& cat = control.process("cat");
  cat.started_at = process::WallTime{std::chrono::seconds{1000}};
  cat.exit_status = -1;
  cat.stdout_logfile = "/log";
  const auto info = ask("supervisor.getProcessInfo", {"cat"});
  EXPECT_TRUE(info.starts_with("{name: 'cat', group: 'cat', start: 1000, stop: 0, now: ")) << info;
  EXPECT_NE(info.find(", state: 20, statename: 'RUNNING', spawnerr: '', exitstatus: -1, logfile: "
                      "'/log', stdout_logfile: '/log', stderr_logfile: '', pid: 7, description: "
                      "'pid 7, uptime 0:00:00'}"),
            std::string::npos)
      << info;
  EXPECT_EQ(ask("supervisor.getProcessInfo", {"multi:*"}), "10 BAD_NAME: multi:*");
}

TEST_F(MethodsTest, ConfigInfoHasEveryField) {
  config::ProcessSpec spec;
  spec.group = spec.name = "cat";
  spec.command = "cat";
  spec.redirect_stderr = true;
  control.specs.push_back(spec);
  EXPECT_EQ(ask("supervisor.getAllConfigInfo"),
            "[{autostart: true, directory: 'none', uid: 'none', command: 'cat', exitcodes: [0], "
            "group: 'cat', group_prio: 999, inuse: true, killasgroup: false, name: 'cat', "
            "process_prio: 999, redirect_stderr: true, startretries: 3, startsecs: 1, "
            "stdout_capture_maxbytes: 0, stdout_events_enabled: false, stdout_logfile: 'auto', "
            "stdout_logfile_backups: 10, stdout_logfile_maxbytes: 52428800, stdout_syslog: false, "
            "stopsignal: 15, stopwaitsecs: 10, stderr_capture_maxbytes: 0, stderr_events_enabled: "
            "false, stderr_logfile: 'none', stderr_logfile_backups: 10, stderr_logfile_maxbytes: "
            "52428800, stderr_syslog: false, serverurl: 'none'}]");
}

TEST_F(MethodsTest, AllProcessesAreStoppedByPriority) {
  for (const auto& [name, priority] :
       {std::pair{"cat", 20}, std::pair{"m0", 10}, std::pair{"m1", 5}}) {
    config::ProcessSpec spec;
    spec.group = std::string_view{name} == "cat" ? "cat" : "multi";
    spec.name = name;
    spec.priority = priority;
    control.specs.push_back(spec);
  }
  ask("supervisor.stopAllProcesses");
  EXPECT_EQ(control.calls, std::vector<std::string>{"stop cat:cat multi:m1 multi:m0"});
}

TEST_F(MethodsTest, HandlerAnswersACall) {
  auto client = web::FakeExchange::get("/RPC2");
  client->asked.method = "POST";
  client->asked.body = "<methodCall><methodName>supervisor.getVersion</methodName></methodCall>";
  handler(control, audit)(client);
  ASSERT_TRUE(client->answered);
  EXPECT_EQ(client->answered->content_type, "text/xml");
  EXPECT_EQ(client->answered->body, write_response("3.0"));
}

TEST_F(MethodsTest, HandlerRefusesWhatIsNoCall) {
  for (const auto& [method, body] :
       {std::pair{"GET", ""}, std::pair{"POST", ""}, std::pair{"POST", "<methodCall/>"}}) {
    auto client = web::FakeExchange::get("/RPC2");
    client->asked.method = method;
    client->asked.body = body;
    handler(control, audit)(client);
    ASSERT_TRUE(client->answered);
    EXPECT_EQ(client->answered->status, 400u);
  }
}

TEST_F(MethodsTest, WhoLeavesHearsNoMore) {
  control.settle_starts = false;
  auto client = web::FakeExchange::get("/RPC2");
  client->asked.method = "POST";
  client->asked.body =
      "<methodCall><methodName>supervisor.startProcess</methodName><params><param><value>down"
      "</value></param></params></methodCall>";
  handler(control, audit)(client);
  io.poll();
  EXPECT_FALSE(client->answered);
  EXPECT_EQ(control.interests, 1);
  client->leave();
  EXPECT_EQ(control.interests, 0);
}

struct AuditRow {
  const char* name;
  const char* method;
  Array arguments;
  std::vector<std::string> lines;  // without who it was
};
class MethodLines : public MethodsTest, public testing::WithParamInterface<AuditRow> {};
TEST_P(MethodLines, AsTheTableSays) {
  ask(GetParam().method, GetParam().arguments);
  for (std::string& line : lines) {
    const std::string who = " by uid 0, pid 12 as admin";
    const auto at = line.find(who);
    ASSERT_NE(at, std::string::npos) << line;
    line.erase(at, who.size());
  }
  EXPECT_EQ(lines, GetParam().lines);
}
INSTANTIATE_TEST_SUITE_P(
    Audit, MethodLines,
    testing::Values(AuditRow{"Asking", "supervisor.getAllProcessInfo", {}, {}},
                    AuditRow{"Reading", "supervisor.readLog", {0, 10}, {}},
                    AuditRow{"Done",
                             "supervisor.stopProcess",
                             {"cat"},
                             {"xmlrpc: supervisor.stopProcess cat: done"}},
                    AuditRow{"Failed",
                             "supervisor.stopProcess",
                             {"down"},
                             {"xmlrpc: supervisor.stopProcess down: failed, NOT_RUNNING: down"}},
                    AuditRow{"Wrong",
                             "supervisor.stopProcess",
                             {},
                             {"xmlrpc: supervisor.stopProcess: failed, INCORRECT_PARAMETERS"}},
                    AuditRow{"Several",
                             "supervisor.stopProcessGroup",
                             {"multi"},
                             {"xmlrpc: supervisor.stopProcessGroup multi: done, 2 well"}},
                    AuditRow{"Input",
                             "supervisor.sendProcessStdin",
                             {"cat", "secret"},
                             {"xmlrpc: supervisor.sendProcessStdin cat (6 bytes): done"}},
                    AuditRow{
                        "Lines",
                        "supervisor.stopProcess",
                        {"a\nxmlrpc: b"},
                        {"xmlrpc: supervisor.stopProcess 'a\\nxmlrpc: b': failed, BAD_NAME: a"}},
                    AuditRow{"EachPart",
                             "system.multicall",
                             {Value{Array{Struct{{"methodName", "supervisor.stopProcess"},
                                                 {"params", Array{Value{"cat"}}}},
                                          Struct{{"methodName", "supervisor.getState"}},
                                          Struct{{"methodName", "supervisor.startProcess"},
                                                 {"params", Array{Value{"none"}}}}}}},
                             {"xmlrpc: supervisor.stopProcess cat: done",
                              "xmlrpc: supervisor.startProcess none: failed, BAD_NAME: none"}}),
    name_of_row);

TEST_F(MethodsTest, TellAChangeWhoseClientHasLeft) {
  call(session, "supervisor.startProcess", {"down"}, [](const Answer&) {});
  EXPECT_TRUE(lines.empty());
  session->waiting.reset();
  io.poll();
  EXPECT_EQ(lines, std::vector<std::string>{
                       "xmlrpc: supervisor.startProcess down by uid 0, pid 12 as admin: failed, "
                       "CANCELLED (the client has left; what it asked for goes on)"});
}

TEST(Methods, ThatChangeSomethingAreKnown) {
  std::string changes;
  for (const Method& method : methods()) {
    if (is_change(method))
      changes += std::string{method.name.substr(method.name.find('.') + 1)} + " ";
  }
  EXPECT_EQ(changes,
            "addProcessGroup clearAllProcessLogs clearLog clearProcessLog clearProcessLogs "
            "reloadConfig removeProcessGroup restart sendProcessStdin sendRemoteCommEvent shutdown "
            "signalAllProcesses signalProcess signalProcessGroup startAllProcesses startProcess "
            "startProcessGroup stopAllProcesses stopProcess stopProcessGroup ");
}

}  // namespace
}  // namespace supervisord::xmlrpc
