// Every option there is, a row each: what it is called on the command line, in gunicorn.conf.py and
// in the environment, and which field of Options it fills. Feeds parser, help and --print-config.
// Pure. Sources: uvicorn 0.54 and gunicorn 27 command lines.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "asgi-worker/options/options.hpp"

namespace asgi_worker::options {

enum class Topic {
  application,
  sockets,
  processes,
  timeouts,
  limits,
  proxies,
  answers,
  log,
  other
};
std::string_view title(Topic topic);

enum class Kind {
  value,   // the last one counts
  list,    // each one counts
  toggle,  // needs no value; its spelling "--no-..." turns it off
};

enum class Force {
  full,     // does what it says
  none,     // harmless without effect: nothing is said
  later,    // known, and said in one line not to be in force yet
  refused,  // starting without it would not be what was asked
};

struct Row {
  std::string_view key;    // in configuration files
  std::string_view flags;  // "-w --workers"; "" for what stands in configuration files only
  std::string_view value;  // "N"; what help calls the value
  Topic topic;
  std::string_view help;
  Kind kind = Kind::value;
  Force force = Force::full;
  std::string_view choices = {};  // "auto on off"; "" for any
  /// Takes a value over into its field; what is wrong with it, or "".
  std::string (*set)(Options& options, const std::string& value) = nullptr;
  /// The field as text, one a line for a list.
  std::string (*get)(const Options& options) = nullptr;
};

std::span<const Row> rows();

/// By command-line spelling ("--bind", "-b"); null when there is none.
const Row* row_of_flag(std::string_view flag);
/// By name in a configuration file, an environment variable or a keyword: the key, or a long flag
/// with underscores, which are uvicorn's parameter names. Null when there is none.
const Row* row_of_key(std::string_view key);

/// The flag or key nearest to a mistyped one, "" when none is near.
std::string nearest_flag(std::string_view flag);
std::string nearest_key(std::string_view key);

/// What --help prints.
std::string help_text();

}  // namespace asgi_worker::options
