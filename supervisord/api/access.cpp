#include "supervisord/api/access.hpp"

#include "supervisord/web/auth.hpp"

namespace supervisord::api {

std::string_view role_name(Role role) {
  switch (role) {
    case Role::read: return "read";
    case Role::operate: return "operate";
    case Role::admin: return "admin";
  }
  return "unknown";
}

bool bears(std::string_view authorization, const Credentials& credentials) {
  return web::check_basic(authorization, credentials.username, credentials.password) ==
         web::Authorization::fits;
}

}  // namespace supervisord::api
