// Which variables of an environment are not shown to everybody: those whose name says that they
// are secret, and the password within an address. Pure.
#pragma once

#include <string>
#include <string_view>

namespace supervisord::api {

/// "***" for API_TOKEN, DB_PASSWORD and the like; "redis://:***@host" for an address with a
/// password; else the value as it is.
std::string masked(std::string_view name, std::string_view value);

}  // namespace supervisord::api
