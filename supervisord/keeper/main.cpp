// The supervisord that a user starts. It knows no options: the daemon reads them, in the
// pre-flight.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "supervisord/keeper/keeper.hpp"

extern char** environ;

namespace supervisord::keeper {
namespace {

// Nothing of ours may land on 0, 1 or 2.
void open_standard_descriptors() {
  int fd = 0;
  while (fd >= 0 && fd < 3) fd = ::open("/dev/null", O_RDWR);
  if (fd >= 3) ::close(fd);
}

void block_all_signals() {
  ::signal(SIGCHLD, SIG_DFL);  // ignored by a parent of ours, no child would ever be seen to end
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
}

// The path that we were started by, so that after an upgrade the new daemon is found.
std::string daemon_path() {
  char path[4096];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
  const std::string self{path, size > 0 ? static_cast<std::size_t>(size) : 0};
  return self.substr(0, self.rfind('/') + 1) + "../libexec/supervisord/supervisord";
}

std::string variable(const char* name) {
  const char* const value = ::getenv(name);
  return value != nullptr ? value : "";
}

// Sockets of systemd's, which start at 3. Record "listen-fds" has them, its bytes are their names.
Records inherited_sockets() {
  Records records;
  if (variable("LISTEN_PID") != std::to_string(::getpid())) return records;
  RecordRow row{variable("LISTEN_FDNAMES"), false, {}};
  const int count = std::atoi(variable("LISTEN_FDS").c_str());
  for (int fd = 3; fd < 3 + count; ++fd) {
    common::UniqueFd inherited{fd};
    auto copy = common::duplicate(fd);
    if (copy) row.fds.push_back(std::move(*copy));
  }
  if (!row.fds.empty()) records["listen-fds"] = std::move(row);
  return records;
}

// What the service manager says to us is not for daemon and programs.
std::vector<std::string> environment_for_others() {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    const std::string_view name = text.substr(0, text.find('='));
    if (name == "NOTIFY_SOCKET" || name == "LISTEN_PID" || name == "LISTEN_FDS" ||
        name == "LISTEN_FDNAMES")
      continue;
    environment.emplace_back(text);
  }
  return environment;
}

int run(int argc, char** argv) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  auto launcher = Launcher::make(files);
  if (!launcher) return 1;
  KeeperOptions options;
  options.daemon = daemon_path();
  options.argv.assign(argv, argv + argc);
  options.environment = environment_for_others();
  options.notify_socket = variable("NOTIFY_SOCKET");
  options.records = inherited_sockets();
  return Keeper{std::move(options), std::move(*launcher)}.run();
}

}  // namespace
}  // namespace supervisord::keeper

int main(int argc, char** argv) {
  supervisord::keeper::block_all_signals();
  supervisord::keeper::open_standard_descriptors();
  ::_exit(supervisord::keeper::run(argc, argv));  // as pid 1 too, nothing is left to unwind
}
