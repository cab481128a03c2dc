#include "supervisord/events/delivery.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace supervisord::events {
namespace {

constexpr std::size_t most_at_once = 1024 * 1024;  // what the largest pipe takes

}  // namespace

common::Result<common::UniqueFd> make_event_memory(std::string_view bytes) {
  common::UniqueFd memory{::memfd_create("supervisord-event", MFD_CLOEXEC)};
  if (!memory) return common::system_error("memfd_create", errno);
  for (std::string_view rest = bytes; !rest.empty();) {
    const ssize_t written = ::write(memory.get(), rest.data(), rest.size());
    if (written <= 0) return common::system_error("write to the memory of an event", errno);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::lseek(memory.get(), 0, SEEK_SET) != 0)
    return common::system_error("lseek in the memory of an event", errno);
  return memory;
}

Delivery::Delivery(boost::asio::io_context& io, common::UniqueFd memory, common::UniqueFd pipe,
                   std::function<void(End)> ended)
    : memory_{std::move(memory)}, pipe_{io, pipe.release()}, ended_{std::move(ended)} {}

// Out of epoll before it is closed: others have the same pipe open.
Delivery::~Delivery() { const common::UniqueFd closed{pipe_.release()}; }

void Delivery::go() {
  for (;;) {
    const ssize_t moved = ::splice(memory_.get(), nullptr, pipe_.native_handle(), nullptr,
                                   most_at_once, SPLICE_F_NONBLOCK);
    if (moved > 0 || (moved < 0 && errno == EINTR)) continue;
    if (moved < 0 && errno == EAGAIN) return wait();
    if (moved == 0) return std::exchange(ended_, {})(End::all_sent);
    const bool is_whole = ::lseek(memory_.get(), 0, SEEK_CUR) == 0;
    return std::exchange(ended_, {})(is_whole ? End::refused_whole : End::refused_rest);
  }
}

void Delivery::wait() {
  pipe_.async_wait(boost::asio::posix::stream_descriptor::wait_write,
                   [this, alive = std::weak_ptr{alive_}](const boost::system::error_code& error) {
                     if (!alive.expired() && error != boost::asio::error::operation_aborted) go();
                   });
}

}  // namespace supervisord::events
