// The names of AUTO logs, and the removal of those that an earlier run has left behind.
// Source: Supervisor, stdout_logfile=AUTO.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace supervisord::log {

/// "CHILDLOGDIR/NAME-CHANNEL---IDENTIFIER-RANDOM8.log"; `channel` is "stdout" or "stderr".
std::string auto_log_path(std::string_view childlogdir, std::string_view name,
                          std::string_view channel, std::string_view identifier,
                          std::string_view random8);

/// Eight characters of a-z, 0-9 and _, not to be guessed.
std::string random_log_suffix();

/// Whether a file's name is that of an AUTO log of `identifier`, or of its backup. Stricter than
/// Supervisor's expression in one point: nothing may follow the backup's number.
bool is_auto_log(std::string_view file_name, std::string_view identifier);

/// Deletes what is_auto_log() says, but what is in `keep` (paths) and their backups. What cannot be
/// deleted stays; the number of deleted files.
int remove_stale_auto_logs(const std::string& childlogdir, std::string_view identifier,
                           const std::set<std::string>& keep);

}  // namespace supervisord::log
