// Any bytes as the table that a keeper leaves to its successor: what is read of it says the same
// when it is written anew, and names no descriptor that the bytes do not.
#include <cstdint>
#include <cstdlib>

#include "supervisord/keeper/table.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace supervisord::keeper;
  const auto table = decode_table({reinterpret_cast<const char*>(data), size});
  if (!table) return 0;
  const std::string written = encode(*table);
  const auto again = decode_table(written);
  if (!again || encode(*again) != written || descriptors_of(*again) != descriptors_of(*table))
    std::abort();
  for (const int fd : descriptors_of(*table)) {
    if (fd < 0) std::abort();
  }
  return 0;
}
