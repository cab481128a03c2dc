#include "asgi-worker/http/buffer.hpp"

#include <algorithm>

namespace asgi_worker::http {

void Buffer::make_room(std::size_t space) {
  const std::size_t held = size();
  if (begin_ > 0) {
    std::memmove(memory_.get(), memory_.get() + begin_, held);
    begin_ = 0;
    end_ = held;
    if (capacity_ - end_ >= space) return;
  }
  const std::size_t wanted = std::max({held + space, 2 * capacity_, std::size_t{2'048}});
  char* const memory = static_cast<char*>(std::realloc(memory_.get(), wanted));
  if (memory == nullptr) throw std::bad_alloc{};
  static_cast<void>(memory_.release());  // realloc has freed it
  memory_.reset(memory);
  capacity_ = wanted;
}

}  // namespace asgi_worker::http
