// Watches directories for changed code by inotify: one descriptor to be polled, and one more for
// the moment of quiet after a change, since an editor or a checkout writes several files; it does
// not come when a file is written without end, so ten such moments are enough. Which file counts is
// reload_filter's business.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "asgi-worker/arbiter/reload_filter.hpp"
#include "common/error.hpp"
#include "common/unique_fd.hpp"

namespace asgi_worker::arbiter {

class ReloadWatch {
 public:
  struct Wanted {
    std::vector<std::string> directories;
    std::vector<std::string> files;  // besides, whatever their name
    ReloadFilter::Patterns patterns;
    std::chrono::milliseconds quiet{20};
  };

  static common::Result<ReloadWatch> begin(Wanted wanted);

  int changes_fd() const { return inotify_.get(); }
  int quiet_fd() const { return timer_.get(); }
  /// changes_fd() is readable: something happened; what counts starts the quiet time again.
  void read_changes();
  /// quiet_fd() is readable: the files that have changed; none for a false alarm.
  std::vector<std::string> take_changed();

 private:
  struct Directory {
    std::string path;
    std::string relative;  // to the directory that was asked for; "" for that one itself
  };

  ReloadWatch(Wanted wanted, common::UniqueFd inotify, common::UniqueFd timer);
  /// Whether what is in a directory was there before: else it counts as changed.
  enum class Content { old, fresh };
  void add(const std::string& path, const std::string& relative, Content content);
  void add_file(const std::string& path);
  void on_event(int watch, unsigned mask, const std::string& name);
  void note(std::string file);  // that it has changed

  ReloadFilter filter_;
  std::chrono::milliseconds quiet_;
  common::UniqueFd inotify_;
  common::UniqueFd timer_;
  std::multimap<int, Directory> directories_;  // by watch; a directory may be asked for twice
  std::vector<std::string> files_;
  std::vector<std::string> changed_;
  std::optional<std::chrono::steady_clock::time_point> first_change_;  // of those
};

}  // namespace asgi_worker::arbiter
