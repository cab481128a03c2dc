// Python's logging as the way of our lines: when a log configuration was given, or the application
// has put handlers on our loggers. GIL held.
#pragma once

#include "asgi-worker/options/options.hpp"
#include "asgi-worker/worker/state.hpp"
#include "common/error.hpp"

namespace asgi_worker::worker {

/// After the log of `state` has been opened, again too. Errors: Errc::bad_value, with Python's.
common::Result<void> configure_logging(const options::Options& options, State& state);

/// Null or None for the files: callables that take (level number, text), and whole access lines.
void set_sinks(State& state, PyObject* log, PyObject* access);

}  // namespace asgi_worker::worker
