// The listening sockets of one arbiter, each with the text that asked for it: by that a successor
// (USR2) and a changed configuration (HUP) find what they can go on with. Owned by Site; the
// descriptors are inherited by every worker.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/bind.hpp"

namespace asgi_worker::arbiter {

class Sockets {
 public:
  /// What systemd or supervisord has opened for us (LISTEN_FDS): `count` from descriptor 3 on.
  void adopt_from_manager(int count);
  /// Whether sockets came that way, to this arbiter or its predecessors: they are all there is.
  bool are_from_manager() const;
  /// What a predecessor has handed over: "3=127.0.0.1:8000\n4=unix:/run/x". What is not asked for
  /// afterwards is closed.
  void adopt_from_predecessor(std::string_view words, const common::BindOptions& how);
  std::string words_for_successor() const;

  /// Listens on `addresses` and nothing else: keeps what stands already, opens what is new, closes
  /// the rest. All or nothing: on an error nothing has changed.
  common::Result<void> listen_on(const std::vector<std::string>& addresses,
                                 const common::BindOptions& how);

  std::vector<int> fds() const;
  /// How many connections wait to be accepted; of Unix sockets nobody knows.
  unsigned backlog() const;
  /// A worker's own: as fds(), but each TCP socket that does not listen is taken a twin of, which
  /// does (SO_REUSEPORT).
  common::Result<std::vector<int>> listen_beside(common::BindOptions how);
  enum class Files { keep, remove };
  /// No connection comes any more. `files`: of Unix sockets; a successor still needs them. Those of
  /// the service manager's stay: it listens on.
  void close(Files files);

 private:
  struct Socket {
    std::string text;
    common::UniqueFd fd;
  };
  std::vector<Socket> sockets_;
};

}  // namespace asgi_worker::arbiter
