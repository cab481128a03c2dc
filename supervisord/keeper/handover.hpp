// What an upgrade in place needs of the system: the path to start from, bytes in a memfd, and an
// execve that takes some descriptors along.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "common/unique_fd.hpp"

namespace supervisord::keeper {

/// Names the table's descriptor to the program that is executed: "7", or "check 7" for one that
/// only says whether it could.
inline constexpr const char* table_variable = "SUPERVISOR_KEEPER_TABLE";

/// The path of the file that this process was started from, links in it kept, so that it names what
/// is installed there later. Not /proc/self/exe, which goes on naming the old file.
std::string executable_path();
/// The daemon's, beside the keeper's own.
std::string daemon_path(const std::string& keeper);

/// Errors: errno.
common::Result<common::UniqueFd> memfd_with(std::string_view bytes);
/// All of a file, wherever its offset stands. Errors: errno; EFBIG above 256 MiB.
common::Result<std::string> contents_of(int fd);

/// Every descriptor but 0, 1 and 2 is closed on execve, but for `kept` (or not for them either).
enum class OnExec { keep, close };
void set_on_exec(std::span<const int> fds, OnExec what);
/// Comes back with the errno when it failed; `kept` are as before then.
int execute(const std::string& path, const std::vector<std::string>& argv,
            const std::vector<std::string>& environment, std::span<const int> kept);

}  // namespace supervisord::keeper
