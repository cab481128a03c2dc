// Field sections that came a short while ago: most clients send the same fields with each request,
// and what is equal byte for byte parses alike. Keeps what was found in them, and no verdict on
// framing: that is made anew for each request. Pure. Owned by the turn; shared by its connections'
// parsers, whose limits are the same; one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "asgi-worker/http/request.hpp"

namespace asgi_worker::http1 {

/// What the fields say that matters to the parser, judged when all are there.
struct Seen {
  int hosts = 0;
  int lengths = 0;
  int codings = 0;
  int upgrades = 0;
  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;  // a connection option
  bool expects_continue = false;
  bool takes_trailers = false;
  std::size_t host_at = 0;     // in the fields; likewise:
  std::size_t length_at = 0;   // the first
  std::size_t upgrade_at = 0;  // the last
};

class KnownSections {
 public:
  static constexpr std::size_t places = 32;
  static constexpr std::size_t most_bytes = 4096;  // of one

  /// Where a field lies, from the section's beginning.
  struct Place {
    std::uint32_t name, name_size, value, value_size;
  };
  struct Section {
    std::uint64_t id = 0;  // 0: none. Never given twice to two that differ
    std::string raw;       // as it came, with the empty line at its end
    std::string lowered;   // names in lower case
    std::vector<Place> fields;
    Seen seen;
  };

  /// The one that `bytes` begin with, null when it is not known. `last`: the id that this
  /// connection had last; besides that only the newest is looked at.
  const Section* find(std::uint64_t last, std::string_view bytes);

  /// What may become one: parsing changes it. False: it is not wanted. To be called after find(),
  /// and to be followed by remember() before another find().
  bool draft(std::string_view bytes);
  /// The drafted one was good, and its `parsed` bytes (all of it) have these fields. Its id; 0 when
  /// it was too large.
  std::uint64_t remember(std::string_view parsed, std::span<const http::Field> fields,
                         const Seen& seen);

 private:
  std::array<Section, places> sections_;  // by id
  std::uint64_t newest_ = 0;
  std::uint32_t misses_ = 0;  // in a row
  std::string draft_;
};

}  // namespace asgi_worker::http1
