// gunicorn's control socket: messages of four bytes of length, most significant first, and JSON,
// over a Unix socket; a client may send several. This reads and writes them; what they mean is
// asgi_worker/control.py's. Never waits for a client. Owned by Site; its descriptors are polled by
// the arbiter.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "common/unique_fd.hpp"

namespace asgi_worker::arbiter {

/// The messages that are whole, taken off the front of `bytes`. One that says it is longer than
/// 64 KiB empties `bytes` and is nothing. Pure.
std::vector<std::string> take_messages(std::string& bytes);
/// With its length before it. Pure.
std::string framed(std::string_view message);

class ControlServer {
 public:
  /// In the place of a socket that lies there, a predecessor's or a dead one's.
  static common::Result<ControlServer> listen(const std::string& path, mode_t mode);

  int fd() const { return listener_.get(); }
  /// fd() is readable: a new client; its descriptor, to be watched, or -1.
  int accept();

  struct Read {
    std::vector<std::string> messages;
    bool is_closed = false;
  };
  /// A client's descriptor is readable.
  Read read(int client);
  void write(int client, std::string_view message);
  void close(int client);
  void remove_file();

 private:
  struct Client {
    common::UniqueFd fd;
    std::string bytes;  // of a message that has not come whole
  };
  ControlServer(common::UniqueFd listener, std::string path)
      : listener_{std::move(listener)}, path_{std::move(path)} {}
  Client* client_of(int fd);

  common::UniqueFd listener_;
  std::string path_;
  std::vector<Client> clients_;
};

}  // namespace asgi_worker::arbiter
