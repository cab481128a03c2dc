#include "supervisorctl/shell/shell.hpp"

#include <chrono>
#include <optional>

#include "supervisor/v1/process.grpc.pb.h"
#include "supervisorctl/interrupt.hpp"
#include "supervisorctl/output/exit_code.hpp"
#include "supervisorctl/shell/complete.hpp"
#include "supervisorctl/shell/editor.hpp"

namespace supervisorctl {
namespace {

/// Ctrl-C ends what the line waits for, and the shell goes on.
void run_interruptibly(Session& session, const std::string& line) {
  {
    const OnInterrupt on_interrupt{[&session] { session.client().cancel(); }};
    run_line(session, line);
  }
  if (!session.client().is_cancelled()) return;
  session.client().resume();
  session.write("\n");
}

/// What is completed with: asked at the first Tab of a line, in a time that a person may wait.
std::vector<ProcessName> names_of(Session& session) {
  Client& client = session.client();
  client.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds{2});
  const auto answer =
      client.call(&v1::ProcessService::Stub::ListProcesses, v1::ListProcessesRequest{});
  client.set_deadline(std::nullopt);
  std::vector<ProcessName> names;
  if (!answer) return names;  // the next command says why
  for (const v1::Process& process : (*answer).processes())
    names.push_back({process.group(), process.name()});
  return names;
}

bool ends_shell(const std::string& line) {
  const auto word = line.substr(0, line.find_last_not_of(" \t") + 1);
  return word == "quit" || word == "exit";
}

int read_lines(Session& session, const std::string& prompt) {
  for (std::string line;;) {
    session.write(prompt);
    if (session.input().read(line) != LineInput::Got::line) {
      session.write("\n");
      return exit_code::success;
    }
    run_line(session, line);
    if (ends_shell(line)) return exit_code::success;
  }
}

int edit_lines(Session& session, const std::string& prompt, const std::string& history_file) {
  std::optional<std::vector<ProcessName>> names;
  Editor editor{prompt, history_file, [&](std::string_view line) {
                  if (!names && takes_names(line)) names = names_of(session);
                  return candidates(line, names.value_or(std::vector<ProcessName>{}));
                }};
  for (std::string line;;) {
    names.reset();
    switch (editor.read(line)) {
      case Editor::Got::line: break;
      case Editor::Got::nothing: continue;
      case Editor::Got::end: session.write("\n"); return exit_code::success;
    }
    run_interruptibly(session, line);
    if (ends_shell(line)) return exit_code::success;
  }
}

}  // namespace

int run_shell(Session& session, const std::string& prompt, const std::string& history_file) {
  const bool by_hand = session.input().is_terminal() && session.screen().is_terminal;
  if (!by_hand) {
    run_line(session, "status");
    return read_lines(session, prompt + "> ");
  }
  run_interruptibly(session, "status");
  return edit_lines(session, prompt + "> ", history_file);
}

}  // namespace supervisorctl
