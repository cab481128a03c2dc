// From what a user writes for a listening socket to the socket: "0.0.0.0:8000", ":8000",
// "[::]:80", "tcp://host:80", "unix:/run/x.sock", "unix:///run/x.sock", "fd://3". parse_address()
// is pure, the others talk to the kernel.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/error.hpp"
#include "common/unique_fd.hpp"

namespace common {

struct TcpAddress {
  std::string host;  // a name or a number without brackets; "" is every address
  std::uint16_t port = 0;
};
struct UnixAddress {
  std::string path;  // begins with '@' in the abstract namespace
};
struct FdAddress {
  int fd = -1;
};
using Address = std::variant<TcpAddress, UnixAddress, FdAddress>;

/// `default_port` where the text names none. Errors: Errc::bad_value with the text.
Result<Address> parse_address(std::string_view text, std::uint16_t default_port = 8000);

struct BindOptions {
  int backlog = 2048;
  bool ipv6_only = false;
  bool reuse_port = false;
  bool listens = true;      // TCP only: false holds the port, for others that share it
  mode_t unix_mode = 0666;  // from the first moment on, whatever the umask
  std::optional<uid_t> unix_user;
  std::optional<gid_t> unix_group;
};

/// A bound, listening socket, non-blocking. A Unix socket that nobody answers on is taken over, one
/// that lives is not; "fd://N" takes the descriptor over (its number stays). Errors: errno, with
/// the address: "Address already in use: 127.0.0.1:8000".
Result<UniqueFd> bind_address(const Address& address, const BindOptions& options);

/// Where a socket listens, with the port that it really got: "127.0.0.1:8000", "[::1]:80",
/// "unix:/run/x.sock".
std::string bound_address(int fd);

/// Removes the file of a Unix socket that this process made.
void unlink_bound(int fd);

}  // namespace common
