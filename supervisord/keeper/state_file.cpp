#include "supervisord/keeper/state_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace supervisord::keeper {
namespace {

using common::Result;
using common::system_error;
using common::UniqueFd;

constexpr const char* file_name = "keeper.state";
constexpr const char* new_name = "keeper.state.new";

Result<void> write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error(file_name, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

Result<JournalState> StateFile::read() const {
  const UniqueFd fd{
      ::openat(folder_.get(), file_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  struct stat facts {};
  if (!fd || ::fstat(fd.get(), &facts) != 0) return system_error(file_name, errno);
  if (!S_ISREG(facts.st_mode)) return system_error(file_name, EINVAL);
  std::string bytes(static_cast<std::size_t>(facts.st_size), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t size = ::read(fd.get(), bytes.data() + done, bytes.size() - done);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return system_error(file_name, errno);
    if (size == 0) break;
    done += static_cast<std::size_t>(size);
  }
  bytes.resize(done);
  return replay(bytes);
}

Result<void> StateFile::rewrite(const JournalState& state) {
  if (!is_on()) return {};
  ::unlinkat(folder_.get(), new_name, 0);  // left by a keeper that was killed here
  UniqueFd fd{
      ::openat(folder_.get(), new_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_APPEND, 0600)};
  if (!fd) return system_error(new_name, errno);
  const std::string bytes = journal_of(state);
  if (const auto written = write_all(fd.get(), bytes); !written) return written.error();
  if (::renameat(folder_.get(), new_name, folder_.get(), file_name) != 0)
    return system_error(file_name, errno);
  file_ = std::move(fd);
  size_ = compact_size_ = bytes.size();
  return {};
}

// A row that was written in part would hide all rows after it, so none is written after it.
Result<void> StateFile::append(std::string_view row) {
  if (!file_) return {};
  auto written = write_all(file_.get(), row);
  if (!written) file_.reset();
  size_ += row.size();
  return written;
}

}  // namespace supervisord::keeper
