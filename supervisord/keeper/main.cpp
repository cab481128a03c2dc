// The supervisord that a user starts. It knows no options: the daemon reads them, in the
// pre-flight.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervisord/keeper/handover.hpp"
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
        name == "LISTEN_FDNAMES" || name == table_variable || name == "SUPERVISOR_RUN")
      continue;
    environment.emplace_back(text);
  }
  return environment;
}

// What the keeper before us in this process, or one that looks for a successor, has left to us.
struct Inherited {
  common::Result<Table> table;
  bool only_checked = false;
};
std::optional<Inherited> inherited_table() {
  constexpr std::string_view check = "check ";
  std::string_view text = ::getenv(table_variable) != nullptr ? ::getenv(table_variable) : "";
  if (text.empty()) return std::nullopt;
  const bool only_checked = text.starts_with(check);
  if (only_checked) text.remove_prefix(check.size());
  const int number = std::atoi(std::string{text}.c_str());
  if (number < 3) return std::nullopt;  // none of ours
  const common::UniqueFd memfd{number};
  const auto bytes = contents_of(memfd.get());
  return Inherited{bytes ? decode_table(*bytes) : common::Result<Table>{bytes.error()},
                   only_checked};
}

int print(int fd, const std::string& line) {
  (void)!::write(fd, line.data(), line.size());  // there is nobody to tell
  return fd == STDOUT_FILENO ? 0 : 1;
}

KeeperOptions options_for(std::vector<std::string> argv) {
  KeeperOptions options;
  options.keeper = executable_path();
  options.daemon = daemon_path(options.keeper);
  options.argv = std::move(argv);
  return options;
}

int go_on(Table table) {
  auto launcher = Launcher::make({table.files_soft, table.files_hard});
  if (!launcher) return 1;
  KeeperOptions options = options_for(table.argv);
  options.environment = table.environment;
  options.notify_socket = table.notify_socket;
  return Keeper{std::move(options), std::move(*launcher)}.run(std::move(table));
}

int run(int argc, char** argv) {
  if (auto inherited = inherited_table()) {
    auto& table = inherited->table;
    if (inherited->only_checked) {
      return table ? print(STDOUT_FILENO, "keeper " SUPERVISOR_VERSION "\n")
                   : print(STDERR_FILENO, table.error().context + "\n");
    }
    if (table && table->pid == ::getpid()) return go_on(std::move(*table));
  }

  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  auto launcher = Launcher::make(files);
  if (!launcher) return 1;
  KeeperOptions options = options_for({argv, argv + argc});
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
