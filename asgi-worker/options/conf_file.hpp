// gunicorn.conf.py, executed as what it is: Python. Its names become a Layer of options.
// Called with the GIL held.
#pragma once

#include <string>
#include <vector>

#include "asgi-worker/options/merge.hpp"
#include "asgi-worker/python/ref.hpp"

namespace asgi_worker::options {

struct ConfFile {
  Layer layer;
  python::Ref functions;              // a dict of those that gunicorn would call, by name
  std::vector<std::string> hooks;     // and of such that are not in force
  std::vector<std::string> warnings;  // unknown names, with the nearest that is known
};

/// Runs `path`. Errors: Errc::bad_syntax, with the Python error and its place.
common::Result<ConfFile> run_conf_file(const std::string& path);

}  // namespace asgi_worker::options
