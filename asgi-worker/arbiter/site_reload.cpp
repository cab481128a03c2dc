// HUP, and --reload.
#include <filesystem>

#include "asgi-worker/arbiter/site.hpp"

namespace asgi_worker::arbiter {
namespace {

std::string monotonic_microseconds() {
  using namespace std::chrono;
  const auto now = steady_clock::now().time_since_epoch();
  return std::to_string(duration_cast<microseconds>(now).count());
}

}  // namespace

using common::Result;
using options::Options;
using python::Level;

/// Reads everything again. What cannot be had (an address, a file) leaves all as it is.
Wanted Site::reload() {
  notify("RELOADING=1\nMONOTONIC_USEC=" + monotonic_microseconds() + "\nSTATUS=reloading");
  auto fresh = configure_();
  if (!fresh) {
    reopen_logs();
    log_.line(Level::error, "Configuration is not taken over: " + fresh.error().context);
    return wanted();
  }
  ++reloads_;
  const int workers_before = wanted().policy.workers;
  Options before = std::exchange(options_, std::move(fresh->options));
  options_.access_fd = before.access_fd;
  options_.error_fd = before.error_fd;
  reopen_logs();
  auto taken = take_rights(options_);
  if (taken) taken = open_sockets();
  if (!taken) {
    log_.line(Level::error, "Configuration is not taken over: " + taken.error().context);
    options_ = std::move(before);
    static_cast<void>(take_rights(options_));  // as it was before
    return wanted();
  }
  if (auto written = write_pid_file(); !written) log_.line(Level::error, written.error().context);
  set_title("master");
  server_hooks_.renew(std::move(fresh->functions), options_);
  server_hooks_.count_changes(wanted().policy.workers, workers_before);
  server_hooks_.call("on_reload");
  return wanted();
}

Result<void> Site::watch_code() {
  if (!options_.reload) return {};
  ReloadWatch::Wanted wanted{
      .directories = options_.reload_dirs,
      .files = options_.reload_extra_files,
      .patterns = {.includes = options_.reload_includes, .excludes = options_.reload_excludes},
      .quiet = std::chrono::duration_cast<std::chrono::milliseconds>(options_.reload_delay)};
  wanted.patterns.excludes.insert(wanted.patterns.excludes.end(), options_.reload_ignores.begin(),
                                  options_.reload_ignores.end());
  wanted.files.insert(wanted.files.end(), options_.env_files.begin(), options_.env_files.end());
  if (wanted.directories.empty())
    wanted.directories.push_back(options_.app_dir.empty() ? "." : options_.app_dir);
  std::string list;
  for (const auto& directory : wanted.directories) {
    std::error_code error;
    const auto path = std::filesystem::canonical(directory, error);
    list += (list.empty() ? "'" : ", '") + (error ? directory : path.string()) + "'";
  }
  auto begun = ReloadWatch::begin(std::move(wanted));
  if (!begun) return begun.error();
  reload_watch_.emplace(std::move(*begun));
  arbiter_->watch(reload_watch_->changes_fd(), [this] { reload_watch_->read_changes(); });
  arbiter_->watch(reload_watch_->quiet_fd(), [this] { code_changed(); });
  log_.line(Level::info, "Will watch for changes in these directories: [" + list + "]");
  log_.line(Level::info,
            "Started reloader process [" + std::to_string(::getpid()) + "] using inotify");
  return {};
}

void Site::code_changed() {
  const auto files = reload_watch_->take_changed();
  if (files.empty()) return;
  std::string list;
  for (const auto& file : files) list += (list.empty() ? "'" : ", '") + file + "'";
  log_.line(Level::warning, "asgi-worker detected changes in " + list + ". Reloading...");
  arbiter_->reload();
}

}  // namespace asgi_worker::arbiter
