// Everything that was said, in the order of its weight, and what came of it: command line,
// environment and configuration files into one Options. Read again by HUP. Called with the GIL
// held.
#pragma once

#include <boost/system/result.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "asgi-worker/options/options.hpp"
#include "asgi-worker/python/ref.hpp"

namespace asgi_worker::options {

struct Configuration {
  Options options;
  python::Ref functions;  // gunicorn.conf.py's hooks
  std::vector<std::string> warnings;
};

/// Why there is none, for a person, and the exit status that tells it.
struct Refusal {
  std::string text;
  int status = 2;
};

/// Reads it all, as often as it is asked to.
class Sources {
 public:
  /// `directory` is where the command was started: relative paths of configuration files begin
  /// there, whatever --chdir says.
  Sources(std::vector<std::string> arguments, std::string directory)
      : arguments_{std::move(arguments)}, directory_{std::move(directory)} {}

  /// Sets what --env-file names in os.environ, and --pythonpath in sys.path.
  boost::system::result<Configuration, Refusal> read();
  /// The words alone, and what the environment says for all servers; no files.
  boost::system::result<Options, Refusal> read_words();

 private:
  boost::system::result<void, Refusal> load_env_file(const std::string& path,
                                                     std::vector<std::string>& warnings);

  std::vector<std::string> arguments_;
  std::string directory_;
  std::set<std::string> set_by_file_;  // variables, so that a later reading may change them
};

}  // namespace asgi_worker::options
