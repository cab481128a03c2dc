// One socket call of the loop's sock_ methods: made at once, and again whenever the descriptor is
// ready. What Python's socket module does itself (other families, names in addresses, classes with
// methods of their own) is left to the socket's method. GIL held.
#pragma once

#include <sys/types.h>

#include "asgi-worker/loop/sockets.hpp"
#include "asgi-worker/loop/watch.hpp"
#include "asgi-worker/python/ref.hpp"

namespace asgi_worker::loop {

enum class SockKind {
  receive,
  receive_into,
  receive_from,
  receive_from_into,
  send_all,
  send_to,
  connect,
  accept,
  send_file
};

/// Whose descriptor it waits for, and for what.
Direction direction_of(SockKind kind);

/// Plain, since it lies in a Python object, zeroed; that object owns what it refers to.
struct SockCall {
  SockKind kind;
  bool has_waited;
  int fd;
  PyObject* socket;
  PyObject* argument;  // an address, or what was given to send
  Py_buffer buffer;    // what is received into or sent from; obj null: none
  Py_ssize_t size;     // to receive, or of a file to send, at most
  Py_ssize_t done;     // sent so far
  int file;
  off_t offset;
  off_t file_size;
};

/// A result, or null with a Python error set, or null without one when it would block.
struct SockOutcome {
  python::Ref result;
  bool would_block = false;
};

SockOutcome attempt(SockCall& call, const SocketTypes& types);
/// When it is over, or given up: a file's position tells how much of it was sent.
void finish(SockCall& call);

}  // namespace asgi_worker::loop
