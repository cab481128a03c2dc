// The Python types of this folder. They derive from asyncio's and so need it imported: made when
// the first loop is asked for, since a command that only prints its version should not pay for it.
// They hang on the module; GIL held.
#pragma once

#include "asgi-worker/loop/futures.hpp"
#include "asgi-worker/loop/handle.hpp"
#include "asgi-worker/loop/sockets.hpp"
#include "asgi-worker/python/ref.hpp"

namespace asgi_worker::loop {

class Loop;

struct Types {
  HandleTypes handles;
  FutureTypes futures;
  SocketTypes sockets;
  python::Ref core;        // LoopCore
  python::Ref stream;      // StreamTransport
  python::Ref datagram;    // DatagramTransport
  python::Ref read_pipe;   // ReadPipeTransport
  python::Ref write_pipe;  // WritePipeTransport
  python::Ref operation;   // SockOperation
};

/// Those of `module`, made if need be; null with a Python error set.
Types* types_of(PyObject* module);
/// Those that have been made, or null without a Python error.
Types* known_types(PyObject* module);

/// The mechanism of `object` when it is a loop of ours; else null, without a Python error.
Loop* loop_of(PyObject* module, PyObject* object);
/// That of an object which is known to be one.
Loop& loop_behind(PyObject* object);

// One each, by the file that has the type; null with a Python error set.
python::Ref make_core_type(PyObject* module);
python::Ref make_stream_type(PyObject* module);
python::Ref make_datagram_type(PyObject* module);
python::Ref make_read_pipe_type(PyObject* module);
python::Ref make_write_pipe_type(PyObject* module);
python::Ref make_operation_type(PyObject* module);

}  // namespace asgi_worker::loop
