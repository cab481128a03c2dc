// A worker process, from its fork to its exit status: hands what it was told to the Python side,
// which wires loop, application and server. GIL held.
#pragma once

#include <span>

#include "asgi-worker/options/options.hpp"
#include "asgi-worker/python/log.hpp"

namespace asgi_worker::worker {

/// What a worker writes to its arbiter's pipe, a byte each.
inline constexpr char ready_word = 'R';   // it serves
inline constexpr char retire_word = 'M';  // it wants a successor

/// Exit status of a worker whose application cannot be loaded or started.
inline constexpr int cannot_start = 3;

/// Runs until told to stop. `listeners` and `arbiter` are borrowed.
int run_worker(const options::Options& options, std::span<const int> listeners, int arbiter,
               const python::Log& log);

}  // namespace asgi_worker::worker
