// Configuration files: gunicorn.conf.py, executed as what it is, Python; a module of that kind; and
// asgi-worker.toml, or the table [tool.asgi-worker] of pyproject.toml. Their names become a Layer
// of options. Called with the GIL held.
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

// Errors: Errc::not_found for a file that cannot be read, Errc::bad_syntax with the Python error
// and its place.

common::Result<ConfFile> run_conf_file(const std::string& path);
/// "python:module".
common::Result<ConfFile> run_conf_module(const std::string& name);
/// The whole file, or with a `table` ("tool.asgi-worker") that one, when there is one.
common::Result<ConfFile> read_toml(const std::string& path, const std::string& table = "");

/// What a worker class of the user's own says in CONFIG_KWARGS, as uvicorn's workers have it;
/// nothing for a class that is not one of the user's.
common::Result<ConfFile> read_worker_class(const std::string& name);

}  // namespace asgi_worker::options
