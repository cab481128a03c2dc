// supervisorctl, also called ctl: one action, or a shell that reads one from each line.
#include <malloc.h>

#include <cstdio>
#include <cstdlib>

#include "supervisorctl/options.hpp"
#include "supervisorctl/output/exit_code.hpp"
#include "supervisorctl/shell/shell.hpp"

using namespace supervisorctl;

namespace {

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
  auto client = std::make_unique<Client>(*std::move(address), settings.username, settings.password);
  client->set_security(settings.security);
  // Never destroyed: gRPC's end waits for its threads one by one, a third of the command's time,
  // and the kernel closes the connection as well.
  Session& session =
      *new Session{std::move(client), shell || (*invocation).interactive, (*invocation).origin};
  if (shell) return run_shell(session, settings.prompt, settings.history_file);
  run_line(session, (*invocation).line);
  return session.exit_status();
}

}  // namespace

int main(int argc, char** argv) {
  ::mallopt(M_ARENA_MAX, 1);  // one for each of gRPC's threads would cost more than they wait
  const int status =
      run(argc > 0 ? argv[0] : "supervisorctl", {argv + std::min(argc, 1), argv + argc});
  std::fflush(stdout);
  std::_Exit(status);  // as the Session: nothing is taken down
}
