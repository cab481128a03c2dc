// supervisorctl, also called ctl: one action, or a loop that reads one from each line.
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "supervisorctl/commands/commands.hpp"
#include "supervisorctl/options.hpp"
#include "supervisorctl/output/exit_code.hpp"

using namespace supervisorctl;

namespace {

/// The status of the whole is always 0, as with Supervisor.
int run_shell(Session& session, const std::string& prompt) {
  run_line(session, "status");
  for (std::string line;;) {
    session.write(prompt + "> ");
    if (!std::getline(std::cin, line)) {
      session.write("\n");
      return exit_code::success;
    }
    run_line(session, line);
    if (line == "quit" || line == "exit") return exit_code::success;
  }
}

int run(const std::string& program, const std::vector<std::string>& words) {
  const auto invocation = read_invocation(program, words);
  const auto refuse = [&program](const std::string& why) {
    std::fprintf(stderr, "Error: %s\nFor help, use %s -h\n", why.c_str(), program.c_str());
    return exit_code::usage;
  };
  if (!invocation) return refuse(invocation.error().context);
  if ((*invocation).help) {
    std::fputs(help_text(program).c_str(), stdout);
    return exit_code::success;
  }
  const CtlSettings& settings = (*invocation).settings;
  auto address = parse_server_url(settings.serverurl);
  if (!address) return refuse("serverurl: " + address.error().text);
  const bool shell = (*invocation).line.empty();
  // Never destroyed: gRPC's end waits for its threads one by one, a third of the command's time,
  // and the kernel closes the connection as well.
  Session& session = *new Session{
      std::make_unique<Client>(*std::move(address), settings.username, settings.password),
      shell || (*invocation).interactive};
  if (shell) return run_shell(session, settings.prompt);
  run_line(session, (*invocation).line);
  return session.exit_status();
}

}  // namespace

int main(int argc, char** argv) {
  const int status =
      run(argc > 0 ? argv[0] : "supervisorctl", {argv + std::min(argc, 1), argv + argc});
  std::fflush(stdout);
  std::_Exit(status);  // as the Session: nothing is taken down
}
