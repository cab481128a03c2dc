// gunicorn's server hooks: the functions of gunicorn.conf.py, called at gunicorn's moments with
// what gunicorn gives them. The objects that they see are in package/asgi_worker/hooks.py; without
// any function nothing is made and nothing called. GIL held.
#pragma once

#include <sys/types.h>

#include "asgi-worker/options/options.hpp"
#include "asgi-worker/python/ref.hpp"

namespace asgi_worker::arbiter {

/// {key: text} of all options, as --print-config shows them; null with a Python error set.
python::Ref option_texts(const options::Options& options);

class ServerHooks {
 public:
  /// `functions`: a dict, or null.
  ServerHooks(python::Ref functions, const options::Options& options);

  /// HUP: other functions, other options; the workers stay known.
  void renew(python::Ref functions, const options::Options& options);

  /// False when the function raised, which is logged.
  bool call(const char* moment) const;
  bool call(const char* moment, pid_t worker) const;
  void count_changes(int now, int before) const;

  /// For a worker's own moments; null without functions.
  const python::Ref& object() const { return object_; }

 private:
  python::Ref object_;
};

}  // namespace asgi_worker::arbiter
