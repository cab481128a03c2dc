// Where options come from and which of them counts: default < configuration file < environment <
// command line. Pure: words, variables and names in, an Options out, with the place in each error.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asgi-worker/options/table.hpp"
#include "common/error.hpp"

namespace asgi_worker::options {

/// One option as somebody gave it.
struct Given {
  const Row* row;
  std::string spelling;  // "--keep-alive", "GUNICORN_CMD_ARGS: -w", "gunicorn.conf.py: workers"
  std::string value;
};

/// What one place says, in order.
using Layer = std::vector<Given>;

struct CommandLine {
  Layer layer;
  std::vector<std::string> applications;  // words that are no options
};

/// Errors: Errc::unknown, with "Did you mean"; Errc::missing for a value that is not there;
/// `place` ("GUNICORN_CMD_ARGS: ") stands before each spelling.
common::Result<CommandLine> parse_words(const std::vector<std::string>& words,
                                        std::string_view place = "");

/// What the environment says. `environment` is as environ(7): "NAME=value".
struct Environment {
  Layer fallback;  // PORT, WEB_CONCURRENCY, FORWARDED_ALLOW_IPS: below the configuration file, as
                   // with gunicorn
  Layer layer;
  std::optional<std::string> application;  // UVICORN_APP, or from GUNICORN_CMD_ARGS
};
common::Result<Environment> read_environment(const std::vector<std::string>& environment);

/// Later layers count more. Errors: Errc::bad_value, Errc::conflict (two spellings of one option
/// in one layer with different values), Errc::unsupported.
common::Result<Options> merge(const std::vector<Layer>& layers);

/// Keys that are known and without effect as yet, for the one warning line; each once.
std::vector<std::string> not_in_force(const std::vector<Layer>& layers);

/// The addresses to listen on, in the forms of common/bind.
std::vector<std::string> addresses(const Options& options);

}  // namespace asgi_worker::options
