// Reading CBOR (RFC 8949) that may be anything. Any thread; for those who link nlohmann-json.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace common {

/// What `bytes` say; is_discarded() when they are no CBOR, or more than it. The library throws for
/// some (3.11: an array that says it has more elements than there can be) although told not to.
inline nlohmann::json read_cbor(std::string_view bytes) {
  try {
    return nlohmann::json::from_cbor(bytes, true, false);
  } catch (const nlohmann::json::exception&) {
    return nlohmann::json(nlohmann::json::value_t::discarded);
  }
}

}  // namespace common
