#include "asgi-worker/arbiter/obituary.hpp"

#include <sys/wait.h>

#include <csignal>

#include "common/wait_status.hpp"

namespace asgi_worker::arbiter {
namespace {

std::string facts(const Circumstances& around) {
  std::string text;
  const auto add = [&](const std::string& fact) {
    text.append(text.empty() ? " (" : "; ").append(fact);
  };
  if (around.most_rss_kib > 0)
    add("at most " + std::to_string(around.most_rss_kib / 1024) + " MiB of memory");
  if (!around.last_request.empty()) add("last request: " + around.last_request);
  return text.empty() ? text : text + ")";
}

}  // namespace

Obituary obituary(pid_t pid, int status, bool was_told, const Circumstances& around) {
  const std::string name = "Worker (pid:" + std::to_string(pid) + ") ";
  const std::string how = common::wait_status_text(status);
  const bool is_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (was_told || is_well) return {true, how, name + "ended: " + how};
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
    const std::string cause = around.out_of_memory ? "was killed by the kernel: out of memory"
                                                   : "was sent SIGKILL! Perhaps out of memory?";
    return {false, cause, name + cause + facts(around)};
  }
  return {false, how, name + "ended unexpectedly: " + how + facts(around)};
}

}  // namespace asgi_worker::arbiter
