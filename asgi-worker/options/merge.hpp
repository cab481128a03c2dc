// Which of the things said counts: later layers more than earlier ones. Pure: words and names in,
// an Options out, with the place in each error.
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
  std::vector<std::string> warnings;
};

/// As argparse and click take words, both: long flags may be cut where one only begins so.
/// Errors: Errc::unknown, with "Did you mean"; Errc::missing for a value that is not there;
/// `place` ("GUNICORN_CMD_ARGS: ") stands before each spelling.
common::Result<CommandLine> parse_words(const std::vector<std::string>& words,
                                        std::string_view place = "");

/// Later layers count more. Errors: Errc::bad_value, Errc::conflict (two spellings of one option
/// in one layer with different values), Errc::unsupported.
common::Result<Options> merge(const std::vector<Layer>& layers, Options defaults = {});

/// Keys that are known and without effect as yet, for the one warning line; each once.
std::vector<std::string> not_in_force(const std::vector<Layer>& layers);

/// The addresses to listen on, in the forms of common/bind.
std::vector<std::string> addresses(const Options& options);

}  // namespace asgi_worker::options
