// Any bytes as a state file: what is read of it says the same when it is written anew.
#include <cstdint>
#include <cstdlib>

#include "supervisord/keeper/adoption.hpp"
#include "supervisord/keeper/journal.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace supervisord::keeper;
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  parse_proc_stat(bytes);
  const auto state = replay(bytes);
  if (!state) return 0;
  const auto again = replay(journal_of(*state));
  if (!again || again->children != state->children || again->records != state->records)
    std::abort();
  return 0;
}
