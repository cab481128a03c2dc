#include "supervisord/process/tree_proc.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <memory>

#include "common/unique_fd.hpp"

namespace supervisord::process {
namespace {

// A file of /proc has no size; one that was cut is of no use.
std::string contents(const std::string& path, std::size_t most) {
  const common::UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  std::string text;
  std::array<char, 4096> buffer;
  while (fd && text.size() < most) {
    const ssize_t size = ::read(fd.get(), buffer.data(), buffer.size());
    if (size <= 0) break;  // it may have ended meanwhile
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return text;
}

template <class Number>
bool parse(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end != text.data();
}

}  // namespace

// pid (name) state parent process_group ... start_ticks: the name ends at the last ')', the state
// is field 3, the start field 22.
std::optional<ProcessFacts> parse_stat(std::string_view text) {
  constexpr int first = 3;
  constexpr int last = 22;
  ProcessFacts facts;
  if (!parse(text, facts.pid)) return std::nullopt;
  const auto name_end = text.rfind(')');
  if (name_end == std::string_view::npos || text.size() < name_end + 3) return std::nullopt;
  text.remove_prefix(name_end + 2);
  std::array<std::string_view, last - first + 1> fields;
  for (std::string_view& field : fields) {
    const auto end = std::min(text.find_first_of(" \n"), text.size());
    field = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  facts.is_zombie = fields[0] == "Z" || fields[0] == "X";
  if (!parse(fields[1], facts.parent) || !parse(fields[2], facts.process_group) ||
      !parse(fields[last - first], facts.start_ticks))
    return std::nullopt;
  return facts;
}

std::vector<ProcessFacts> ProcFolder::processes() {
  std::vector<ProcessFacts> all;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder{::opendir(path_.c_str()), &::closedir};
  if (!folder) return all;
  while (const dirent* const entry = ::readdir(folder.get())) {
    pid_t pid = 0;
    if (!parse(std::string_view{entry->d_name}, pid)) continue;
    if (const auto found = facts(pid)) all.push_back(*found);
  }
  return all;
}

std::optional<ProcessFacts> ProcFolder::facts(pid_t pid) const {
  return parse_stat(contents(path_ + "/" + std::to_string(pid) + "/stat", 4096));
}

std::string ProcFolder::environment(pid_t pid) {
  constexpr std::size_t most = 4 * 1024 * 1024;
  return contents(path_ + "/" + std::to_string(pid) + "/environ", most);
}

// The pidfd first: what it names cannot become another.
common::UniqueFd PidfdSignals::handle(const ProcessFacts& of) {
  common::UniqueFd pidfd{static_cast<int>(::syscall(SYS_pidfd_open, of.pid, 0))};
  const auto now = pidfd ? ProcFolder{}.facts(of.pid) : std::nullopt;
  if (!now || now->start_ticks != of.start_ticks || now->is_zombie) return {};
  return pidfd;
}

void PidfdSignals::send(const ProcessFacts& to, int number) {
  const common::UniqueFd pidfd = handle(to);
  if (pidfd) ::syscall(SYS_pidfd_send_signal, pidfd.get(), number, nullptr, 0);  // or it has ended
}

}  // namespace supervisord::process
