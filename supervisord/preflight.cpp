#include "supervisord/preflight.hpp"

#include <grp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "supervisord/config/codec.hpp"
#include "supervisord/config/load.hpp"
#include "supervisord/config/real_surroundings.hpp"
#include "supervisord/descriptors.hpp"
#include "supervisord/listening.hpp"
#include "supervisord/process/fcgi_socket.hpp"
#include "supervisord/process/listening.hpp"
#include "supervisord/process/program_sockets.hpp"
#include "supervisord/servers.hpp"

namespace supervisord {
namespace {

keeper::Preflight preflight_of(const config::DaemonSpec& daemon, std::uint64_t files) {
  keeper::Preflight out;
  out.nodaemon = daemon.nodaemon;
  if (daemon.user && daemon.user->uid != ::getuid()) {
    out.identity = keeper::Identity{daemon.user->uid, daemon.user->gid, daemon.user->groups};
  }
  out.umask = daemon.umask;
  out.directory = daemon.directory;
  out.files = files;
  out.processes = daemon.minprocs;
  out.pidfile = daemon.pidfile;
  out.rundir = daemon.rundir;
  return out;
}

// A port that is taken may be so by programs that an earlier supervisord, killed, has left: they
// are adopted, and their socket with them.
bool may_be_ours(const config::Config& config, const common::Error& error) {
  return error.code == std::errc::address_in_use &&
         ::access((config.daemon.rundir + "/keeper.state").c_str(), F_OK) == 0;
}

// Here and not at the first use: this process may still be root, and its errors are on the user's
// terminal.
common::Result<void> open_program_sockets(const config::Config& config, common::Holder& keeper) {
  std::set<std::string> opened;
  for (const auto& group : config.groups) {
    for (const auto& process : group.processes) {
      for (const auto& socket : process.sockets) {
        if (!opened.insert(socket.place.url).second) continue;
        const auto bound = process::listen_on(socket.place);
        if (bound) {
          process::hold_program_socket(keeper, socket.place.url, bound->get());
        } else if (!may_be_ours(config, bound.error())) {
          return common::Error{bound.error().code, "Cannot open [socket:" + socket.name +
                                                       "] listen=" + socket.place.url + ": " +
                                                       bound.error().context};
        }
      }
    }
  }
  return {};
}

common::Result<void> check_fcgi_sockets(const config::Config& config) {
  for (const auto& group : config.groups) {
    if (!group.fcgi) continue;
    const auto opened = process::check_fcgi_socket(*group.fcgi);
    if (opened || may_be_ours(config, opened.error())) continue;
    return common::Error{opened.error().code,
                         "Cannot open the socket of [fcgi-program:" + group.name + "] (" +
                             group.fcgi->url + "): " + opened.error().context};
  }
  return {};
}

std::string counted(std::size_t count, const std::string& what, const std::string& plural = "s") {
  return std::to_string(count) + " " + what + (count == 1 ? "" : plural);
}

}  // namespace

common::Result<config::Config> read_configuration(const Source& source) {
  const config::RealSurroundings world;
  auto loaded = config::load(source.file, source.overrides, world);
  if (loaded.config) return *std::move(loaded.config);
  std::string text;
  for (const auto& error : loaded.errors) text += (text.empty() ? "" : "\n") + error;
  return common::Error{common::Errc::bad_value, text};
}

CheckReport check_configuration(const Source& source) {
  const config::RealSurroundings world;
  const auto loaded = config::load(source.file, source.overrides, world);
  CheckReport report{.text = {}, .good = loaded.config.has_value()};
  for (const auto& error : loaded.errors) report.text += "Error: " + error + "\n";
  for (const auto& warning : loaded.warnings) report.text += "Warning: " + warning + "\n";
  std::string counts =
      counted(loaded.errors.size(), "error") + ", " + counted(loaded.warnings.size(), "warning");
  if (loaded.config) {
    std::size_t processes = 0;
    for (const auto& group : loaded.config->groups) processes += group.processes.size();
    counts += ", " + counted(loaded.config->groups.size(), "group") + ", " +
              counted(processes, "process", "es");
  }
  report.text += source.file + ": " + counts + "\n";
  return report;
}

namespace {

/// Looks at files with the rights that the daemon will have, until it is destroyed.
class AsUser {
 public:
  explicit AsUser(const std::optional<config::UserSpec>& user)
      : is_other_{user && ::geteuid() == 0 && user->uid != 0} {
    if (!is_other_) return;
    groups_.resize(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
    ::getgroups(static_cast<int>(groups_.size()), groups_.data());
    // One that fails leaves more rights than the daemon has, and its log tells later what is wrong.
    [[maybe_unused]] const bool done = ::setgroups(user->groups.size(), user->groups.data()) == 0 &&
                                       ::setegid(user->gid) == 0 && ::seteuid(user->uid) == 0;
  }
  ~AsUser() {
    if (!is_other_) return;
    [[maybe_unused]] const bool done = ::seteuid(0) == 0 && ::setegid(::getgid()) == 0 &&
                                       ::setgroups(groups_.size(), groups_.data()) == 0;
  }
  AsUser(const AsUser&) = delete;
  AsUser& operator=(const AsUser&) = delete;

 private:
  bool is_other_;
  std::vector<gid_t> groups_;
};

}  // namespace

common::Result<void> run_preflight(const Source& source, spawner::KeeperLauncher& keeper) {
  auto loaded = read_configuration(source);
  if (!loaded) return loaded.error();
  config::Config& config = *loaded;
  const auto granted = check_limits(config, limits_now());
  if (!granted) return granted.error();
  config.notices.insert(config.notices.end(), granted->notices.begin(), granted->notices.end());
  if (config.daemon.user && ::getuid() != 0 && config.daemon.user->uid != ::getuid()) {
    return common::Error{std::make_error_code(std::errc::operation_not_permitted),
                         "Can't drop privilege as nonroot user"};
  }
  for (const auto& server : config.servers) {
    if (server.grpc) {
      const AsUser daemon{config.daemon.user};
      if (const auto checked = api::check(remote_access(server)); !checked) {
        return common::Error{checked.error().code,
                             "[" + server.section + "]: " + checked.error().context};
      }
    }
    auto bound = listen_for(server);
    if (!bound) return bound.error();
    const int fd = bound->get();
    keeper.put("socket:" + server.section, "", std::span{&fd, 1});
  }
  if (const auto opened = check_fcgi_sockets(config); !opened) return opened.error();
  if (const auto opened = open_program_sockets(config, keeper); !opened) return opened.error();
  keeper.put("config", config::encode(config), {});
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);  // the keeper raises its own; programs start from this one
  files.rlim_cur = std::max<rlim_t>(files.rlim_cur, config.daemon.minfds);
  files.rlim_max = std::max(files.rlim_cur, files.rlim_max);
  keeper.put("limits", std::to_string(files.rlim_cur) + " " + std::to_string(files.rlim_max), {});
  keeper.preflight(preflight_of(config.daemon, granted->files));
  return {};
}

}  // namespace supervisord
