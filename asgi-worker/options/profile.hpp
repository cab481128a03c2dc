// Whose way holds: a user of uvicorn or gunicorn finds that server's defaults and log lines, by the
// name of the command, by --compat, or by the options that only one of them has. Every option works
// in every profile. Pure.
#pragma once

#include <string>
#include <vector>

#include "asgi-worker/options/merge.hpp"

namespace asgi_worker::options {

/// Of what was said, apart from configuration files; later layers count more.
Profile profile_of(const std::vector<Layer>& layers);

/// "gunicorn" -> Profile::gunicorn; native for what is none of the names.
Profile profile_named(std::string_view name);
std::string_view name_of(Profile profile);

/// The options when nobody says anything.
Options defaults_of(Profile profile);

/// What depends on several options, once they are merged: whether there is an access log.
void settle(Options& options);

}  // namespace asgi_worker::options
