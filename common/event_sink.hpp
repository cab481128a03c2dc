// What stands behind a descriptor of an epoll instance: the pointer in its epoll_event. Lets two
// parts of a process share one instance. Owned by whoever registered it, until no event that was
// already read can name it.
#pragma once

#include <cstdint>

namespace common {

class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void on_events(std::uint32_t events) = 0;
};

}  // namespace common
