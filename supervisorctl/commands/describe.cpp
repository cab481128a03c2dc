// describe: all that is known of one process. check: whether a configuration file is good.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "common/error.hpp"
#include "supervisor/v1/daemon.grpc.pb.h"
#include "supervisor/v1/process.grpc.pb.h"
#include "supervisorctl/commands/commands.hpp"
#include "supervisorctl/commands/targets.hpp"
#include "supervisorctl/output/colour.hpp"
#include "supervisorctl/output/exit_code.hpp"
#include "supervisorctl/output/json.hpp"
#include "supervisorctl/output/name.hpp"
#include "supervisorctl/output/table.hpp"

extern char** environ;

namespace supervisorctl {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

/// A head, then the rows below it with their values in one column.
std::string section(std::string_view head, const Rows& rows) {
  if (rows.empty()) return "";
  std::size_t widest = 0;
  for (const auto& [key, value] : rows) widest = std::max(widest, key.size());
  std::string out = std::string{head} + "\n";
  for (const auto& [key, value] : rows) {
    out += "  " + padded(key, widest + 2);
    for (const char letter : value) {
      out += letter;
      if (letter == '\n') out += std::string(widest + 4, ' ');  // a value of several lines
    }
    out += '\n';
  }
  return out;
}

Rows rows_of(
    const google::protobuf::RepeatedPtrField<v1::DescribeProcessResponse::Option>& options) {
  Rows rows;
  for (const auto& option : options) {
    if (option.key() != "environment") rows.emplace_back(option.key(), option.value());
  }
  return rows;
}

Rows rows_of(const google::protobuf::RepeatedPtrField<v1::RunEnd>& ends) {
  Rows rows;
  for (const v1::RunEnd& end : ends) {
    const std::string at = local_text(end.at());
    rows.emplace_back(at.substr(0, at.find(',')), run_end_text(end));
  }
  return rows;
}

Rows sockets_of(const v1::ListSocketsResponse& sockets, const v1::Process& process) {
  Rows rows;
  for (const v1::Socket& socket : sockets.sockets()) {
    const bool is_its = std::ranges::any_of(socket.programs(), [&](const std::string& program) {
      return program == process.name() || program == process.group() ||
             program == display_name(process.group(), process.name());
    });
    if (is_its) rows.emplace_back(socket.name(), socket.address());
  }
  return rows;
}

std::string object_of(const Rows& rows) {
  std::string out = "{";
  for (const auto& [key, value] : rows)
    out += (out.size() == 1 ? "" : ",") + json_string(key) + ":" + json_string(value);
  return out + "}";
}

std::string list_of(const google::protobuf::RepeatedPtrField<v1::RunEnd>& ends) {
  std::string out = "[";
  for (const v1::RunEnd& end : ends) out += (out.size() == 1 ? "" : ",\n") + json_of(end);
  return out + "]";
}

/// supervisord beside this program, or in PATH.
std::string supervisord() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto beside = self.parent_path() / "supervisord";
  if (!error && ::access(beside.c_str(), X_OK) == 0) return beside.string();
  return "supervisord";
}

}  // namespace

void run_describe(Session& session, std::string_view arguments) {
  if (!session.is_up()) return;
  const auto given = parse_arguments(session, "describe", words_of(arguments));
  if (!given) return;
  if (given->names.size() != 1)
    return misuse(session, "describe", "describe requires one process name", exit_code::generic);
  const std::string& name = given->names.front();
  const auto refuse_name = [&] {
    session.print(name + ": ERROR (no such process)");
    session.fail(exit_code::generic);
  };
  v1::DescribeProcessRequest request;
  request.set_process(name);
  request.set_show_secrets(given->has("--show-secrets"));
  const auto described = session.client().call(&v1::ConfigService::Stub::DescribeProcess, request);
  if (!described && described.error().kind == Failure::Kind::fault &&
      described.error().fault == v1::FAULT_BAD_NAME)
    return refuse_name();
  if (!described) return session.fail(described.error());
  v1::ListProcessesRequest of_it;
  of_it.add_selectors(name);
  const auto listed = session.client().call(&v1::ProcessService::Stub::ListProcesses, of_it);
  if (!listed || (*listed).processes_size() != 1) return refuse_name();
  const v1::Process& process = (*listed).processes(0);
  const auto sockets =
      session.client().call(&v1::DaemonService::Stub::ListSockets, v1::ListSocketsRequest{});
  const Rows its_sockets = sockets ? sockets_of(*sockets, process) : Rows{};
  const Rows options = rows_of((*described).options());
  const Rows environment = rows_of((*described).environment());
  if (given->has("--json")) {
    return session.write("{\"process\":" + json_of(process) + ",\n\"last_exits\":" +
                         list_of((*described).run_ends()) + ",\n\"options\":" + object_of(options) +
                         ",\n\"environment\":" + object_of(environment) +
                         ",\n\"sockets\":" + object_of(its_sockets) + "}\n");
  }
  const std::string state{state_name(process.state())};
  Rows now{
      {"state", session.screen().colour ? coloured(state, colour_of(process.state())) : state}};
  if (!process.description().empty()) now.emplace_back("", process.description());
  if (!process.status_text().empty()) now.emplace_back("says", process.status_text());
  now.emplace_back("restarts", std::to_string(process.restarts()));
  const Rows ends = rows_of((*described).run_ends());
  if (ends.empty() && process.has_exit_status())  // of an earlier daemon's time
    now.emplace_back("last exit status", std::to_string(process.exit_status()));
  if (!process.stdout_logfile().empty()) now.emplace_back("stdout", process.stdout_logfile());
  if (!process.stderr_logfile().empty()) now.emplace_back("stderr", process.stderr_logfile());
  session.write(section(display_name(process.group(), process.name()), now) +
                section("last exits", ends) + section("sockets", its_sockets) +
                section("configuration", options) + section("environment", environment));
}

void run_check(Session& session, std::string_view arguments) {
  const auto words = words_of(arguments);
  if (words.size() > 1) return misuse(session, "check", "check takes one file", exit_code::generic);
  std::string file = words.empty() ? session.origin().config_file : words.front();
  if (file.empty())
    return misuse(session, "check", "check requires a file, as none was found", exit_code::generic);
  std::string program = supervisord();
  std::string check = "--check";
  std::string flag = "-c";
  std::array<char*, 5> argv{program.data(), check.data(), flag.data(), file.data(), nullptr};
  pid_t child = 0;
  if (const int error =
          ::posix_spawnp(&child, program.c_str(), nullptr, nullptr, argv.data(), ::environ);
      error != 0) {
    session.print("error: " + program +
                  " cannot be run: " + common::system_error("", error).code.message());
    return session.fail(exit_code::generic);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  session.fail(WIFEXITED(status) ? WEXITSTATUS(status) : exit_code::generic);
}

}  // namespace supervisorctl
