#include "supervisord/log/capture.hpp"

#include <algorithm>

namespace supervisord::log {
namespace {

// How much of `token`, not all of it, `bytes` ends with.
std::size_t token_begun(std::string_view bytes, std::string_view token) {
  for (std::size_t size = std::min(bytes.size(), token.size() - 1); size > 0; --size) {
    if (bytes.ends_with(token.substr(0, size))) return size;
  }
  return 0;
}

}  // namespace

void Capture::feed(std::string_view bytes, const Out& out) {
  std::string joined;
  if (matched_ > 0) {
    joined.reserve(matched_ + bytes.size());
    joined.append(token().substr(0, matched_)).append(bytes);
    bytes = joined;
    matched_ = 0;
  }
  for (;;) {
    const std::size_t found = bytes.find(token());
    if (found == std::string_view::npos) break;
    take(bytes.substr(0, found), out);
    bytes.remove_prefix(found + token().size());
    pass_token(out);
  }
  matched_ = token_begun(bytes, token());
  take(bytes.substr(0, bytes.size() - matched_), out);
}

void Capture::take(std::string_view bytes, const Out& out) {
  if (bytes.empty()) return;
  if (out.heard) out.heard(bytes);
  if (!is_open_) return out.plain(bytes);
  data_.append(bytes);
  if (data_.size() > 2 * max_bytes_) data_.erase(0, data_.size() - max_bytes_);
}

void Capture::pass_token(const Out& out) {
  if (is_open_) out.captured(kept());
  data_.clear();
  is_open_ = !is_open_;
}

void Capture::finish(const Out& out) {
  const std::string_view held = token().substr(0, matched_);
  if (is_open_) {
    out.plain(begin_token);
    if (!kept().empty()) out.plain(kept());
  }
  if (!held.empty()) out.plain(held);
  if (!held.empty() && out.heard) out.heard(held);
  restore({});
}

std::string_view Capture::kept() const {
  const std::string_view data = data_;
  return data.substr(data.size() - std::min<std::uint64_t>(data.size(), max_bytes_));
}

void Capture::restore(const State& state) {
  is_open_ = state.is_open;
  matched_ = state.matched < token().size() ? static_cast<std::size_t>(state.matched) : 0;
  data_ = is_open_ ? state.data : std::string{};
}

}  // namespace supervisord::log
