// Any bytes are a configuration: there is a Config or there are errors, and a Config survives its
// encoding.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "supervisord/config/codec.hpp"
#include "tests/unit/config/fake_surroundings.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace supervisord::config;
  FakeSurroundings world;
  world.files["/etc/conf.d/a.conf"] = "[program:a]\ncommand=x\n";
  const auto result =
      load_text(std::string{reinterpret_cast<const char*>(data), size}, std::move(world));
  if (result.config.has_value() != result.errors.empty()) std::abort();
  if (!result.config) return 0;
  const auto decoded = decode(encode(*result.config));
  if (!decoded || (*decoded).groups != result.config->groups ||
      (*decoded).daemon != result.config->daemon || (*decoded).servers != result.config->servers) {
    std::abort();
  }
  return 0;
}
