// _asgi_worker.Core: the HTTP server as Python sees it. A guest on an asyncio loop, through
// one add_reader(); what it runs and when it stops is told by asgi_worker/serving.py.
#pragma once

#include "asgi-worker/python/ref.hpp"

namespace asgi_worker::worker {

/// The type; null with a Python error set.
python::Ref make_core_type(PyObject* module);

}  // namespace asgi_worker::worker
