// The accepted configuration as bytes (CBOR), which the keeper holds for the next daemon. Pure.
// Fields are named; one that is missing takes its default and one that is unknown is passed over,
// so an older and a newer daemon read each other's; an enumerator that is unknown leaves the
// default. Texts are byte strings, since a path or a variable need not be UTF-8. A field at its
// default is left out, since the keeper holds two copies of each program: so a default (they are
// Supervisor's) is not changed, or what is in force would change with an upgrade.
#pragma once

#include <string>
#include <string_view>

#include "common/error.hpp"
#include "supervisord/config/config.hpp"

namespace supervisord::config {

std::string encode(const Config& config);
std::string encode(const GroupSpec& group);
/// Errors: bad_syntax, with what cannot be read.
common::Result<Config> decode(std::string_view bytes);
common::Result<GroupSpec> decode_group(std::string_view bytes);

}  // namespace supervisord::config
