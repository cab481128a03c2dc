// _asgi_worker.Core: the HTTP server as Python sees it. A guest on an asyncio loop, through
// one add_reader(); what it runs and when it stops is told by asgi_worker/serving.py.
#pragma once

#include "asgi-worker/python/ref.hpp"

namespace asgi_worker::worker {

/// The name of the capsule around the server::Settings that Core(server=...) takes and copies.
inline constexpr const char* settings_capsule = "asgi_worker.server_settings";

/// The type; null with a Python error set.
python::Ref make_core_type(PyObject* module);

}  // namespace asgi_worker::worker
