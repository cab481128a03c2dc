// Any bytes are read without harm, and what is read is what a second reading of it gives.
#include <cstdint>
#include <cstdlib>

#include "common/expand.hpp"
#include "common/ini.hpp"
#include "common/words.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const common::ExpansionNames names{{"here", std::string{"/etc"}},
                                     {"process_num", std::int64_t{3}}};
  const auto parsed = common::parse_ini(text, "f");
  for (const auto& entry : parsed.entries) {
    if (entry.line < 1 || entry.key.empty() || entry.section.empty()) std::abort();
    (void)common::expand(entry.value, names, entry.key);
    if (const auto words = common::parse_words(entry.value)) {
      for (const auto& word : *words) {
        if (word.size() > entry.value.size()) std::abort();
      }
    }
    (void)common::parse_environment(entry.value);
  }
  return 0;
}
