// The last events, in memory that the keeper holds: a successor of this daemon goes on with their
// serials and can still give them to a client that resumes. A ring of slots; a slot's serial is
// stored last, so a kill leaves it whole or empty.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "common/unique_fd.hpp"
#include "supervisord/events/event.hpp"

namespace supervisord::events {

class History {
 public:
  /// Fresh memory. Errors: errno of memfd_create, mmap.
  static common::Result<History> make(std::uint64_t epoch);
  /// What an earlier daemon wrote. Errors: as make(); Errc::bad_syntax when it is something else.
  static common::Result<History> open(common::UniqueFd memory, std::uint64_t epoch);
  History(History&& other) noexcept;
  History& operator=(History&&) = delete;
  ~History();

  /// What the keeper is to hold.
  int fd() const { return fd_.get(); }
  /// Numbers the event and keeps it. A payload too long for a slot (about 1000 bytes in all) is
  /// kept as "".
  const Event& add(Event event);
  struct Replay {
    std::vector<Event> events;
    std::uint64_t lost = 0;  // events after `from` that are not kept any more
  };
  /// The events after `from`; of another epoch: all that are kept, and one is counted as lost.
  Replay since(const EventPosition& from) const;
  EventPosition last() const { return {epoch_, next_serial_ - 1}; }

 private:
  History(common::UniqueFd fd, void* memory, std::uint64_t epoch);
  std::optional<Event> at(std::uint64_t serial) const;

  common::UniqueFd fd_;
  void* memory_ = nullptr;
  std::uint64_t epoch_ = 0;
  std::uint64_t next_serial_ = 1;
  Event last_;
};

}  // namespace supervisord::events
