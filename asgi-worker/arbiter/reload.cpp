#include "asgi-worker/arbiter/reload.hpp"

#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <utility>

namespace asgi_worker::arbiter {
namespace {

namespace fs = std::filesystem;
using common::Result;

constexpr unsigned events =
    IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_ONLYDIR;

constexpr int most_quiets = 10;

std::string joined(const std::string& directory, const std::string& name) {
  return directory.empty() ? name : directory + "/" + name;
}

}  // namespace

Result<ReloadWatch> ReloadWatch::begin(Wanted wanted) {
  common::UniqueFd inotify{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
  if (!inotify) return common::system_error("cannot watch files", errno);
  common::UniqueFd timer{::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)};
  if (!timer) return common::system_error("cannot watch files", errno);
  for (const auto& directory : wanted.directories) {
    std::error_code error;
    if (!fs::is_directory(directory, error))
      return common::Error{common::Errc::bad_value,
                           "Invalid value for --reload-dir: '" + directory + "' is no directory"};
  }
  ReloadWatch watch{wanted, std::move(inotify), std::move(timer)};
  for (const auto& directory : wanted.directories) watch.add(directory, "", Content::old);
  for (const auto& file : wanted.files) watch.add_file(file);
  return watch;
}

ReloadWatch::ReloadWatch(Wanted wanted, common::UniqueFd inotify, common::UniqueFd timer)
    : filter_{std::move(wanted.patterns)},
      quiet_{wanted.quiet},
      inotify_{std::move(inotify)},
      timer_{std::move(timer)} {}

void ReloadWatch::add(const std::string& path, const std::string& relative, Content content) {
  const int watch = ::inotify_add_watch(inotify_.get(), path.c_str(), events);
  if (watch < 0) return;  // it has gone, or is not ours to read
  directories_.emplace(watch, Directory{path, relative});
  std::error_code error;
  for (fs::directory_iterator entry{path, error}, end; !error && entry != end;
       entry.increment(error)) {
    const auto name = entry->path().filename().string();
    const auto inner = joined(relative, name);
    if (entry->is_directory(error)) {
      if (!entry->is_symlink(error) && filter_.is_watched(inner))
        add(joined(path, name), inner, content);
    } else if (content == Content::fresh && filter_.counts(inner)) {
      note(inner);
    }
  }
}

/// By its directory: an editor puts a new file in the place of the old one.
void ReloadWatch::add_file(const std::string& path) {
  std::error_code error;
  const auto absolute = fs::absolute(path, error);
  const int watch = ::inotify_add_watch(inotify_.get(), absolute.parent_path().c_str(), events);
  if (watch < 0) return;
  files_.push_back(absolute.string());
  directories_.emplace(watch, Directory{absolute.parent_path().string(), "\x01"});
}

void ReloadWatch::read_changes() {
  alignas(inotify_event) std::array<char, 16384> buffer;
  for (;;) {
    const auto size = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (size <= 0) return;
    for (std::ptrdiff_t at = 0; at < size;) {
      inotify_event event;
      std::memcpy(&event, buffer.data() + at, sizeof event);
      on_event(event.wd, event.mask, event.len > 0 ? buffer.data() + at + sizeof event : "");
      at += static_cast<std::ptrdiff_t>(sizeof event + event.len);
    }
  }
}

void ReloadWatch::on_event(int watch, unsigned mask, const std::string& name) {
  if ((mask & IN_IGNORED) != 0) {
    directories_.erase(watch);
    return;
  }
  std::vector<Directory> places;
  for (auto [place, end] = directories_.equal_range(watch); place != end; ++place)
    places.push_back(place->second);
  for (const auto& [path, relative] : places) {
    const auto whole = joined(path, name);
    if (std::ranges::find(files_, whole) != files_.end()) {
      note(whole);
    }
    if (relative == "\x01") continue;  // watched for the sake of such a file only
    const auto inner = joined(relative, name);
    if ((mask & IN_ISDIR) != 0) {
      if ((mask & (IN_CREATE | IN_MOVED_TO)) != 0 && filter_.is_watched(inner))
        add(whole, inner, Content::fresh);
    } else if ((mask & IN_CREATE) == 0 && filter_.counts(inner)) {
      note(inner);
    }
  }
}

void ReloadWatch::note(std::string file) {
  using namespace std::chrono;
  changed_.push_back(std::move(file));
  const auto now = steady_clock::now();
  if (!first_change_) first_change_ = now;
  const auto at_most = *first_change_ + most_quiets * quiet_ - now;
  const auto quiet =
      std::max(std::min(duration_cast<nanoseconds>(quiet_), duration_cast<nanoseconds>(at_most)),
               nanoseconds{1});
  itimerspec at{};
  at.it_value.tv_sec = quiet.count() / 1'000'000'000;
  at.it_value.tv_nsec = quiet.count() % 1'000'000'000;
  ::timerfd_settime(timer_.get(), 0, &at, nullptr);
}

std::vector<std::string> ReloadWatch::take_changed() {
  std::uint64_t fired = 0;
  static_cast<void>(!::read(timer_.get(), &fired, sizeof fired));
  first_change_.reset();
  std::ranges::sort(changed_);
  const auto same = std::ranges::unique(changed_);
  changed_.erase(same.begin(), same.end());
  return std::exchange(changed_, {});
}

}  // namespace asgi_worker::arbiter
