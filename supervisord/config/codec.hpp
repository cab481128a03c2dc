// An accepted configuration as bytes, for the keeper: CBOR; fields are only ever added, missing
// ones take their defaults, unknown ones are ignored. Values may be bytes of any kind.
#pragma once

#include <string>
#include <string_view>

#include "common/error.hpp"
#include "supervisord/config/config.hpp"

namespace supervisord::config {

std::string encode(const GroupSpec& group);
std::string encode(const Config& config);
/// Errors: Errc::bad_syntax.
common::Result<GroupSpec> decode_group(std::string_view bytes);
common::Result<Config> decode_config(std::string_view bytes);

}  // namespace supervisord::config
