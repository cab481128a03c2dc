#include "asgi-worker/http1/known_sections.hpp"

namespace asgi_worker::http1 {
namespace {

/// After so many misses in a row clients seem to send something new each time: of those only every
/// so many-th is remembered.
constexpr std::uint32_t patience = 16;

}  // namespace

const KnownSections::Section* KnownSections::find(std::uint64_t last, std::string_view bytes) {
  for (const std::uint64_t id : {last, newest_}) {
    const Section& section = sections_[id % places];
    if (id == 0 || section.id != id || !bytes.starts_with(section.raw)) continue;
    misses_ = 0;
    return &section;
  }
  return nullptr;
}

bool KnownSections::draft(std::string_view bytes) {
  if (++misses_ > patience && misses_ % patience != 0) return false;
  draft_.assign(bytes.substr(0, most_bytes));
  return true;
}

std::uint64_t KnownSections::remember(std::string_view parsed, std::span<const http::Field> fields,
                                      const Seen& seen) {
  if (parsed.size() > draft_.size()) return 0;
  const auto offset = [&](std::string_view part) {
    return static_cast<std::uint32_t>(part.data() - parsed.data());
  };
  const auto size = [](std::string_view part) { return static_cast<std::uint32_t>(part.size()); };
  ++newest_;
  Section& section = sections_[newest_ % places];
  section.id = newest_;
  section.raw.assign(draft_, 0, parsed.size());
  section.lowered.assign(parsed);
  section.fields.clear();
  for (const auto& [name, value] : fields)
    section.fields.push_back({offset(name), size(name), offset(value), size(value)});
  section.seen = seen;
  return newest_;
}

}  // namespace asgi_worker::http1
