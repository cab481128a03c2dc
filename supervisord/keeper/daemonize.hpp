// What the configuration asks of the keeper's own process, done once between the pre-flight and the
// first daemon.
#pragma once

#include <sys/resource.h>

#include <string>
#include <vector>

#include "common/error.hpp"
#include "supervisord/keeper/messages.hpp"

namespace supervisord::keeper {

/// Raises this process's file limit to the hard one; the limit that programs get instead: what
/// there was, and `values.files` at least. The process limit is raised for all.
rlimit raise_limits(const Preflight& values);
/// Umask, directory, then the user. Errors: errno, with what could not be had.
common::Result<void> apply(const Preflight& values);
/// Forks; the parent ends with 0, the child goes on in a session of its own with no terminal.
/// Errors: errno of fork.
common::Result<void> go_to_background();
/// "PID\n". Errors: errno.
common::Result<void> write_pidfile(const std::string& path);

}  // namespace supervisord::keeper
