#include "supervisord/config/owner.hpp"

namespace supervisord::config {

std::optional<Owner> parse_owner(const std::string& text, const Surroundings& surroundings) {
  const std::size_t colon = text.find(':');
  const auto user = surroundings.find_user(text.substr(0, colon));
  if (!user) return std::nullopt;
  if (colon == std::string::npos) return Owner{(*user).uid, {}};
  const auto group = surroundings.find_group(text.substr(colon + 1));
  if (!group) return std::nullopt;
  return Owner{(*user).uid, *group};
}

}  // namespace supervisord::config
