// Opens files of one directory, and none outside of it, whatever the path says and whoever changes
// links meanwhile: the kernel resolves it beneath the directory (openat2). Where there is no such
// call, links are not followed at all.
#pragma once

#include <string>

#include "common/unique_fd.hpp"

namespace asgi_worker::server {

/// `path` is relative and not empty. Opened for reading, without waiting for a FIFO's other end. No
/// descriptor: errno says why.
common::UniqueFd open_beneath(int directory, const std::string& path);

/// The same by hand, without openat2.
common::UniqueFd open_stepwise(int directory, const std::string& path);

}  // namespace asgi_worker::server
