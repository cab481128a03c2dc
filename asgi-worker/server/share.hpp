// What a listener asks before it accepts: whether others who accept from the same socket have fewer
// connections. Given by the worker, which alone knows of others; outlives the server.
#pragma once

#include <cstddef>

namespace asgi_worker::server {

class Share {
 public:
  virtual ~Share() = default;
  /// The number of open connections, whenever it changes.
  virtual void set_connections(std::size_t count) = 0;
  virtual void set_accepting(bool is_accepting) = 0;
  /// Clearly more than the others have on average: they should take the next ones.
  virtual bool is_above() const = 0;
};

}  // namespace asgi_worker::server
