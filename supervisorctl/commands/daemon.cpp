// version, shutdown, reload, open.
#include <iostream>

#include "supervisor/v1/daemon.grpc.pb.h"
#include "supervisorctl/commands/commands.hpp"
#include "supervisorctl/output/exit_code.hpp"

namespace supervisorctl {
namespace {

using Stub = v1::DaemonService::Stub;

/// In the shell such a thing is asked twice.
bool is_meant(Session& session, std::string_view question) {
  if (!session.is_interactive()) return true;
  session.write(question);
  std::string answer;
  std::getline(std::cin, answer);
  return answer.starts_with('y') || answer.starts_with('Y');
}

bool is_shutting_down(const Failure& failure) {
  return failure.kind == Failure::Kind::fault && failure.fault == v1::FAULT_SHUTDOWN_STATE;
}

}  // namespace

void run_version(Session& session, std::string_view) {
  if (!session.is_up()) return;
  const auto answer = session.client().call(&Stub::GetDaemon, v1::GetDaemonRequest{},
                                            Client::Repeat::while_replaced);
  if (!answer) return session.fail(answer.error());
  session.print((*answer).daemon().version());
}

void run_shutdown(Session& session, std::string_view) {
  if (!is_meant(session, "Really shut the remote supervisord process down y/N? ")) return;
  const auto answer = session.client().call(&Stub::Shutdown, v1::ShutdownRequest{});
  if (answer) return session.print("Shut down");
  const Failure& failure = answer.error();
  const std::string& url = session.client().address().url;
  if (is_shutting_down(failure)) return session.print("ERROR: already shutting down");
  if (failure.kind == Failure::Kind::refused) {
    session.print("ERROR: " + url + " refused connection (already shut down?)");
    return session.fail(exit_code::generic);
  }
  if (failure.kind == Failure::Kind::no_socket) {
    session.print("ERROR: " + url + " no such file (already shut down?)");
    return session.fail(exit_code::generic);
  }
  session.fail(failure);
}

void run_reload(Session& session, std::string_view) {
  if (!is_meant(session, "Really restart the remote supervisord process y/N? ")) return;
  if (!session.is_up()) return;
  const auto answer = session.client().call(&Stub::Reload, v1::ReloadRequest{});
  if (answer) return session.print("Restarted supervisord");
  if (is_shutting_down(answer.error())) {
    session.print("ERROR: already shutting down");
    return session.fail(exit_code::generic);
  }
  session.fail(answer.error());
}

void run_open(Session& session, std::string_view arguments) {
  auto address = parse_server_url(std::string{arguments});
  if (!address) {
    session.print("ERROR: url must be http:// or unix://");
    return session.fail(exit_code::generic);
  }
  session.switch_to(std::make_unique<Client>(*std::move(address), "", ""));
  run_status(session, "");
}

}  // namespace supervisorctl
