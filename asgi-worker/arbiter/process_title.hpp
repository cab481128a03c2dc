// What ps shows as this process's command line: written over the words that it was started with, as
// far as they reach. Call it once nobody needs those any more.
#pragma once

#include <string_view>

namespace asgi_worker::arbiter {

void set_process_title(std::string_view title);

}  // namespace asgi_worker::arbiter
