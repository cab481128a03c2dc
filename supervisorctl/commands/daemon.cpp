// version, shutdown, reload, upgrade, open.
#include <chrono>
#include <thread>

#include "supervisor/v1/daemon.grpc.pb.h"
#include "supervisorctl/commands/commands.hpp"
#include "supervisorctl/commands/lifecycle.hpp"
#include "supervisorctl/output/exit_code.hpp"
#include "supervisorctl/output/name.hpp"

namespace supervisorctl {
namespace {

using Stub = v1::DaemonService::Stub;

/// In the shell such a thing is asked twice.
bool is_meant(Session& session, std::string_view question) {
  if (!session.is_interactive()) return true;
  session.write(question);
  std::string answer;
  if (session.input().read(answer) != LineInput::Got::line) return false;
  return answer.starts_with('y') || answer.starts_with('Y');
}

bool is_shutting_down(const Failure& failure) {
  return failure.kind == Failure::Kind::fault && failure.fault == v1::FAULT_SHUTDOWN_STATE;
}

/// Seconds: the old daemon has 30 to end.
constexpr std::chrono::seconds replaced_within{60};
constexpr std::chrono::milliseconds look_again{20};

Answer<v1::GetDaemonResponse> daemon_now(Session& session) {
  return session.client().call(&Stub::GetDaemon, v1::GetDaemonRequest{});
}

/// The daemon that came after `old`, once it answers.
Answer<v1::GetDaemonResponse> successor(Session& session, const v1::Daemon& old) {
  const auto until = std::chrono::steady_clock::now() + replaced_within;
  for (;;) {
    auto answer = daemon_now(session);
    if (answer && (*answer).daemon().daemon_starts() != old.daemon_starts()) return answer;
    if (std::chrono::steady_clock::now() >= until) {
      return answer ? Answer<v1::GetDaemonResponse>{Failure{
                          .kind = Failure::Kind::other,
                          .text = "the daemon was not replaced within a minute"}}
                    : answer;
    }
    std::this_thread::sleep_for(look_again);
  }
}

std::string versions(const v1::Daemon& daemon) {
  const std::string keeper =
      daemon.keeper_version() == daemon.version() ? "" : ", keeper " + daemon.keeper_version();
  return daemon.version() + keeper + " (daemon pid " + std::to_string(daemon.daemon_pid()) + ")";
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

void run_reload(Session& session, std::string_view arguments) {
  if (const auto names = words_of(arguments); !names.empty()) {
    if (session.is_up()) signal_reload(session, names);
    return;
  }
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

void run_upgrade(Session& session, std::string_view) {
  if (!session.is_up()) return;
  const auto before = daemon_now(session);
  if (!before) return session.fail(before.error());
  const auto answer = session.client().call(&Stub::Upgrade, v1::UpgradeRequest{});
  if (!answer) {
    const Failure& failure = answer.error();
    if (is_shutting_down(failure)) {
      session.print("ERROR: already shutting down");
      return session.fail(exit_code::generic);
    }
    if (failure.kind == Failure::Kind::fault) {
      session.print("ERROR: not upgraded, nothing has changed: " + failure.text);
      return session.fail(exit_code::generic);
    }
    if (failure.kind != Failure::Kind::lost) return session.fail(failure);
  }
  const v1::Daemon& old = (*before).daemon();
  const auto after = successor(session, old);
  if (!after) return session.fail(after.error());
  const v1::Daemon& now = (*after).daemon();
  if (now.keeper_upgrades() == old.keeper_upgrades()) {
    session.print("ERROR: only the daemon was replaced, by " + versions(now) +
                  "; supervisord's log says why");
    return session.fail(exit_code::generic);
  }
  session.print("upgraded: " + versions(old) + " to " + versions(now) + ", supervisord pid " +
                std::to_string(now.pid()));
}

void run_open(Session& session, std::string_view arguments) {
  auto address = parse_server_url(std::string{arguments});
  if (!address) {
    session.print("ERROR: url must be http:// or unix://");
    return session.fail(exit_code::generic);
  }
  session.switch_to(std::make_unique<Client>(*std::move(address), "", ""),
                    {.from = "given to open"});
  run_status(session, "");
}

}  // namespace supervisorctl
