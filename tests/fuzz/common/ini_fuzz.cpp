// Any bytes are an INI file. What was read comes out of a second reading as it was, when written
// down in the plainest way.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "common/ini.hpp"
#include "common/values.hpp"

namespace {

/// Whether a value can be written as it is: continuation lines may not look like comments or blank
/// ends, which a reading would take away.
bool is_plain(std::string_view text) {
  return text.find_first_of("\n;#") == std::string_view::npos && common::trimmed(text) == text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const common::IniDocument document = common::parse_ini(text, "f");
  for (const common::IniEntry& entry : document.entries) {
    if (!is_plain(entry.value) || !is_plain(entry.key) || !is_plain(entry.section)) continue;
    if (entry.key.empty() || entry.key.front() == '[') continue;
    const common::IniDocument again =
        common::parse_ini("[" + entry.section + "]\n" + entry.key + "=" + entry.value + "\n", "f");
    const bool same = again.errors.empty() && again.entries.size() == 1 &&
                      again.entries[0].section == entry.section &&
                      again.entries[0].key == entry.key && again.entries[0].value == entry.value;
    if (!same) std::abort();
  }
  return 0;
}
