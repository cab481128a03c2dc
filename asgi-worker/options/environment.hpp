// What the environment says about options. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "asgi-worker/options/merge.hpp"

namespace asgi_worker::options {

struct Environment {
  Layer gunicorn;                          // GUNICORN_CMD_ARGS
  Layer servers;                           // UVICORN_*, GRANIAN_*
  Layer own;                               // ASGI_WORKER_*
  std::optional<std::string> application;  // UVICORN_APP, or from GUNICORN_CMD_ARGS
  std::vector<std::string> warnings;
};

/// `variables` are as in environ(7): "NAME=value". Errors: those of parse_words().
common::Result<Environment> read_environment(const std::vector<std::string>& variables);

/// PORT (with HOST), WEB_CONCURRENCY and FORWARDED_ALLOW_IPS: less than a configuration file.
Layer read_fallback(const std::vector<std::string>& variables);

}  // namespace asgi_worker::options
