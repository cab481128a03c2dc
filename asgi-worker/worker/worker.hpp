// A worker process, from its fork to its exit status: hands what it was told to the Python side,
// which wires loop, application and server. GIL held.
#pragma once

#include <vector>

#include "asgi-worker/options/options.hpp"
#include "asgi-worker/python/log.hpp"
#include "asgi-worker/python/ref.hpp"

namespace asgi_worker::worker {

/// What a worker writes to its arbiter's pipe, a byte each.
inline constexpr char ready_word = 'R';  // it serves
// It wants a successor, since it has served, lived or grown enough.
inline constexpr char requests_word = 'M';
inline constexpr char age_word = 'L';
inline constexpr char memory_word = 'S';

/// Exit status of a worker whose application cannot be loaded or started.
inline constexpr int cannot_start = 3;

/// What a worker has from its arbiter.
struct Seat {
  std::vector<int> listeners;  // borrowed
  int arbiter;                 // what it reports to; borrowed
  python::Ref application;     // preloaded; null: it loads it itself
  python::Ref hooks;           // gunicorn.conf.py's; null: none
};

/// Imports what each worker needs, asyncio included, once for all that are forked afterwards. False
/// when that fails, which is logged.
bool import_modules(const options::Options& options, const python::Log& log);

/// Runs until told to stop.
int run_worker(const options::Options& options, const Seat& seat, const python::Log& log);

struct Preloaded {
  python::Ref application;    // null when it cannot be imported, which is logged
  int status = cannot_start;  // the exit status then
};

/// Imports the application for workers to be forked with.
Preloaded preload(const options::Options& options, const python::Log& log);

/// serving.Settings, as these options say; null with a Python error set.
python::Ref settings(const options::Options& options);

}  // namespace asgi_worker::worker
