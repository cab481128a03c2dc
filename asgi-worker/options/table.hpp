// Every option there is, a row each: what it is called on the command line, in gunicorn.conf.py and
// in the environment, and which field of Options it fills. Feeds parser, help and --print-config.
// table.cpp has what does something here, known.cpp what is understood without that. Pure.
// Sources: uvicorn 0.54, gunicorn 27 and granian 2.8 command lines.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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
/// In the order of --help.
inline constexpr std::array topics{Topic::application, Topic::sockets, Topic::processes,
                                   Topic::timeouts,    Topic::limits,  Topic::proxies,
                                   Topic::answers,     Topic::log,     Topic::other};
std::string_view title(Topic topic);

enum class Kind {
  value,   // the last one counts
  list,    // each one counts
  toggle,  // needs no value; its spelling "--no-..." turns it off
  maybe,   // the next word is its value when it is one of the choices, or looks like one
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
  std::string_view also = {};     // other names in files and keywords
  std::string_view advice = {};   // what to do instead of a refused option
  /// Takes a value over into its field; what is wrong with it, or "".
  std::string (*set)(Options& options, const std::string& value) = nullptr;
  /// The field as text, one a line for a list.
  std::string (*get)(const Options& options) = nullptr;
};

/// What has an effect, in the order of --help.
std::span<const Row> rows();
/// What is understood so that a command line or a file that works elsewhere works here.
std::span<const Row> known_rows();

/// By command-line spelling ("--bind", "-b"); null when there is none.
const Row* row_of_flag(std::string_view flag);
/// By name in a configuration file, an environment variable or a keyword: the key, or a long flag
/// with underscores, which are uvicorn's parameter names. Null when there is none.
const Row* row_of_key(std::string_view key);

/// The long flags that begin like this one: argparse, and so gunicorn, takes one that is alone.
/// Spellings of one option count as one, its first.
std::vector<std::string> flags_that_begin(std::string_view prefix);

/// The flag or key nearest to a mistyped one, "" when none is near.
std::string nearest_flag(std::string_view flag);
std::string nearest_key(std::string_view key);

}  // namespace asgi_worker::options
