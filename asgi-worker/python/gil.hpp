// Around a wait that may block: other threads of the interpreter run meanwhile.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

namespace asgi_worker::python {

class Release {
 public:
  Release() : state_{PyEval_SaveThread()} {}
  ~Release() { PyEval_RestoreThread(state_); }
  Release(const Release&) = delete;
  Release& operator=(const Release&) = delete;

 private:
  PyThreadState* state_;
};

}  // namespace asgi_worker::python
