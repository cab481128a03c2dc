#include "supervisord/events/history.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

namespace supervisord::events {
namespace {

constexpr std::size_t slot_count = 1024;

struct Slot {
  std::atomic<std::uint64_t> serial;  // 0: empty
  std::uint64_t size;
  char bytes[1008];
};
static_assert(sizeof(Slot) == 1024);
constexpr std::size_t memory_size = slot_count * sizeof(Slot);

Slot& slot_of(void* memory, std::uint64_t serial) {
  return static_cast<Slot*>(memory)[serial % slot_count];
}

common::Result<void*> map(int fd) {
  void* const memory = ::mmap(nullptr, memory_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return common::system_error("mmap of the events", errno);
  return memory;
}

}  // namespace

common::Result<History> History::make(std::uint64_t epoch) {
  common::UniqueFd fd{::memfd_create("supervisord-events", MFD_CLOEXEC)};
  if (!fd) return common::system_error("memfd_create", errno);
  if (::ftruncate(fd.get(), memory_size) != 0) return common::system_error("ftruncate", errno);
  const auto memory = map(fd.get());
  if (!memory) return memory.error();
  return History{std::move(fd), *memory, epoch};
}

common::Result<History> History::open(common::UniqueFd fd, std::uint64_t epoch) {
  struct stat facts {};
  if (::fstat(fd.get(), &facts) != 0) return common::system_error("fstat of the events", errno);
  if (facts.st_size != static_cast<off_t>(memory_size)) {
    return common::Error{common::Errc::bad_syntax, "the events' memory has another size"};
  }
  const auto memory = map(fd.get());
  if (!memory) return memory.error();
  History history{std::move(fd), *memory, epoch};
  for (std::size_t i = 0; i < slot_count; ++i) {
    const auto serial = slot_of(*memory, i).serial.load(std::memory_order_acquire);
    history.next_serial_ = std::max(history.next_serial_, serial + 1);
  }
  return history;
}

History::History(common::UniqueFd fd, void* memory, std::uint64_t epoch)
    : fd_{std::move(fd)}, memory_{memory}, epoch_{epoch} {}

History::History(History&& other) noexcept
    : fd_{std::move(other.fd_)},
      memory_{std::exchange(other.memory_, nullptr)},
      epoch_{other.epoch_},
      next_serial_{other.next_serial_},
      last_{std::move(other.last_)} {}

History::~History() {
  if (memory_ != nullptr) ::munmap(memory_, memory_size);
}

const Event& History::add(Event event) {
  event.epoch = epoch_;
  event.serial = next_serial_++;
  last_ = std::move(event);
  std::string bytes = encode(last_);
  if (bytes.size() > sizeof(Slot::bytes)) {
    Event shortened = last_;
    shortened.payload.clear();
    bytes = encode(shortened);
  }
  Slot& slot = slot_of(memory_, last_.serial);
  slot.serial.store(0, std::memory_order_release);
  if (bytes.size() <= sizeof slot.bytes) {
    slot.size = bytes.size();
    std::memcpy(slot.bytes, bytes.data(), bytes.size());
  } else {  // names of a kilobyte: counted, not kept
    slot.size = 0;
  }
  slot.serial.store(last_.serial, std::memory_order_release);
  return last_;
}

std::optional<Event> History::at(std::uint64_t serial) const {
  const Slot& slot = slot_of(memory_, serial);
  if (slot.serial.load(std::memory_order_acquire) != serial || slot.size > sizeof slot.bytes)
    return std::nullopt;
  return decode({slot.bytes, slot.size});
}

History::Replay History::since(const EventPosition& from) const {
  Replay out;
  const bool is_other = from.epoch != epoch_;
  if (is_other) out.lost = 1;
  const std::uint64_t oldest_kept = next_serial_ > slot_count ? next_serial_ - slot_count : 1;
  std::uint64_t first = is_other ? oldest_kept : from.serial + 1;
  if (first < oldest_kept) {
    out.lost += oldest_kept - first;
    first = oldest_kept;
  }
  for (std::uint64_t serial = first; serial < next_serial_; ++serial) {
    if (auto event = at(serial)) {
      out.events.push_back(std::move(*event));
    } else {
      ++out.lost;
    }
  }
  return out;
}

}  // namespace supervisord::events
