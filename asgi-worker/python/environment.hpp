// Environment variables, changed where the application sees it: os.environ is Python's own copy,
// and passes changes on to the process. GIL held.
#pragma once

#include <string>

namespace asgi_worker::python {

void set_variable(const std::string& name, const std::string& value);
void unset_variable(const std::string& name);

/// Puts these directories, separated by commas, first on sys.path; those that are there stay.
void extend_path(const std::string& directories);

}  // namespace asgi_worker::python
