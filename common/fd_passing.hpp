// Descriptors over a Unix socket (SCM_RIGHTS). Raw calls; never raises SIGPIPE.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "common/unique_fd.hpp"

namespace common {

/// Linux takes 253 in one message.
inline constexpr std::size_t max_fds_a_packet = 250;

/// Sends `bytes` and duplicates of `fds` as one message of a packet socket. Does not block on a
/// non-blocking socket. Errors: errno of sendmsg; EAGAIN and ETOOMANYREFS (too many descriptors on
/// their way) pass with time.
Result<void> send_with_fds(int socket, std::string_view bytes, std::span<const int> fds);

struct ReceivedPacket {
  std::size_t size = 0;  // 0: the other end is closed
  std::vector<UniqueFd> fds;
  bool fds_missing = false;  // some did not arrive (MSG_CTRUNC): most likely, no number was free
  bool cut = false;          // the buffer was too small (MSG_TRUNC)
};
/// Errors: errno of recvmsg.
Result<ReceivedPacket> receive_with_fds(int socket, std::span<char> buffer);

}  // namespace common
