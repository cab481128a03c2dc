#include "supervisord/keeper/cgroups.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <utility>

namespace supervisord::keeper {
namespace {

constexpr std::string_view folder_prefix = "supervisord-";
constexpr unsigned most_tries = 10'000;

std::string contents(const char* path) {
  const common::UniqueFd fd{::open(path, O_RDONLY | O_CLOEXEC)};
  std::string text;
  std::array<char, 4096> buffer;
  for (ssize_t size = 1; fd && size > 0;) {
    size = ::read(fd.get(), buffer.data(), buffer.size());
    if (size > 0) text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return text;
}

std::string_view next(std::string_view& text, char end) {
  const auto size = std::min(text.find(end), text.size());
  const std::string_view part = text.substr(0, size);
  text.remove_prefix(std::min(size + 1, text.size()));
  return part;
}

// mountinfo writes blanks and the like as three octal digits.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 3 >= text.size()) {
      out += text[i];
      continue;
    }
    out +=
        static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + text[i + 3] - '0');
    i += 3;
  }
  return out;
}

// Those of its groups that are empty, then the folder itself if it is.
void remove_empty(const std::string& folder) {
  if (DIR* const entries = ::opendir(folder.c_str()); entries != nullptr) {
    while (const dirent* const entry = ::readdir(entries)) {
      if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
        ::rmdir((folder + "/" + entry->d_name).c_str());
    }
    ::closedir(entries);
  }
  ::rmdir(folder.c_str());
}

void remove_those_of_the_dead(const std::string& folder) {
  DIR* const entries = ::opendir(folder.c_str());
  if (entries == nullptr) return;
  while (const dirent* const entry = ::readdir(entries)) {
    const std::string_view name{entry->d_name};
    if (!name.starts_with(folder_prefix)) continue;
    const pid_t pid = std::atoi(entry->d_name + folder_prefix.size());
    // One that lives in another pid namespace makes its folder again.
    if (pid > 0 && ::kill(pid, 0) != 0 && errno == ESRCH)
      remove_empty(folder + "/" + std::string{name});
  }
  ::closedir(entries);
}

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

// cgroup: "0::/path". mountinfo: id parent device root mount-point options ... - type source ...
std::string cgroup_folder(std::string_view cgroup, std::string_view mountinfo) {
  std::string_view path;
  bool has_version_2 = false;
  while (!cgroup.empty()) {
    const std::string_view line = next(cgroup, '\n');
    if (!line.starts_with("0::")) continue;
    path = line.substr(3);
    has_version_2 = true;
  }
  if (!has_version_2) return "";
  while (!mountinfo.empty()) {
    std::string_view line = next(mountinfo, '\n');
    const auto dash = line.find(" - ");
    if (dash == std::string_view::npos || !line.substr(dash + 3).starts_with("cgroup2 ")) continue;
    for (int field = 0; field < 3; ++field) next(line, ' ');
    const std::string root = unescaped(next(line, ' '));
    const std::string place = unescaped(next(line, ' '));
    if (root == "/") return place + (path == "/" ? "" : std::string{path});
    if (!path.starts_with(root)) continue;  // another part of the tree
    const std::string_view below = path.substr(root.size());
    if (below.empty() || below.starts_with('/')) return place + std::string{below};
  }
  return "";
}

std::string own_cgroup_folder() {
  return cgroup_folder(contents("/proc/self/cgroup"), contents("/proc/self/mountinfo"));
}

Cgroups::Cgroups(const std::string& folder) {
  if (folder.empty()) return;
  remove_those_of_the_dead(folder);
  folder_ = folder + "/" + std::string{folder_prefix} + std::to_string(::getpid());
}

bool Cgroups::open_folder() {
  if (folder_.empty()) return false;
  const bool is_new = ::mkdir(folder_.c_str(), 0755) == 0;
  if (::access((folder_ + "/cgroup.kill").c_str(), W_OK) == 0) return true;
  if (is_new) ::rmdir(folder_.c_str());
  folder_.clear();
  return false;
}

Cgroups::Made Cgroups::make() {
  if (!open_folder()) return {};
  for (unsigned tries = 0; tries < most_tries; ++tries) {
    std::string path = folder_ + "/" + std::to_string(++number_);
    if (::mkdir(path.c_str(), 0755) != 0) {
      if (errno == EEXIST) continue;  // of before an upgrade in place
      return {};
    }
    common::UniqueFd fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (fd) return {std::move(path), std::move(fd)};
    ::rmdir(path.c_str());
    return {};
  }
  return {};
}

bool Cgroups::kill(const std::string& path) {
  const common::UniqueFd fd{::open((path + "/cgroup.kill").c_str(), O_WRONLY | O_CLOEXEC)};
  return fd && ::write(fd.get(), "1", 1) == 1;
}

void Cgroups::remove(const std::string& path) {
  if (path.empty()) return;
  full_.push_back(path);
  sweep();
}

void Cgroups::sweep() {
  std::erase_if(full_, [this](const std::string& path) {
    if (::rmdir(path.c_str()) != 0 && errno != ENOENT) return false;
    const std::string parent = parent_of(path);
    const bool is_a_dead_keepers =
        parent != folder_ && parent.substr(parent.rfind('/') + 1).starts_with(folder_prefix);
    if (is_a_dead_keepers) ::rmdir(parent.c_str());  // the last one out
    return true;
  });
}

void Cgroups::end() {
  sweep();
  if (!folder_.empty()) remove_empty(folder_);
}

}  // namespace supervisord::keeper
