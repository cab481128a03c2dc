#include "supervisord/api/access.hpp"

#include "supervisord/web/auth.hpp"

namespace supervisord::api {

bool bears(std::string_view authorization, const Credentials& credentials) {
  return web::check_basic(authorization, credentials.username, credentials.password) ==
         web::Authorization::fits;
}

}  // namespace supervisord::api
