#include "supervisord/web/base64.hpp"

#include <boost/beast/core/detail/base64.hpp>

namespace supervisord::web {

std::optional<std::string> decode_base64(std::string_view text) {
  namespace base64 = boost::beast::detail::base64;
  std::string bytes(base64::decoded_size(text.size() + 3), '\0');  // it counts whole groups only
  const auto [written, read] = base64::decode(bytes.data(), text.data(), text.size());
  if (text.find_first_not_of('=', read) != std::string_view::npos) return std::nullopt;
  bytes.resize(written);
  return bytes;
}

}  // namespace supervisord::web
