#include "supervisorctl/output/since.hpp"

#include <charconv>
#include <ctime>
#include <string>

namespace supervisorctl {
namespace {

/// Reads numbers and marks from the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_{text} {}
  bool mark(std::string_view any) {
    if (text_.empty() || any.find(text_.front()) == std::string_view::npos) return false;
    text_.remove_prefix(1);
    return true;
  }
  /// Exactly so many digits.
  std::optional<int> number(std::size_t digits) {
    if (text_.size() < digits) return std::nullopt;
    int value = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + digits, value);
    if (error != std::errc{} || end != text_.data() + digits) return std::nullopt;
    text_.remove_prefix(digits);
    return value;
  }
  void skip_digits() {
    while (mark("0123456789")) {
    }
  }
  std::string_view rest() const { return text_; }

 private:
  std::string_view text_;
};

bool read_date(Reader& reader, std::tm& out) {
  const auto year = reader.number(4);
  if (!year || !reader.mark("-/")) return false;
  const auto month = reader.number(2);
  if (!month || !reader.mark("-/")) return false;
  const auto day = reader.number(2);
  if (!day) return false;
  out.tm_year = *year - 1900;
  out.tm_mon = *month - 1;
  out.tm_mday = *day;
  return true;
}

/// "12:00" or "12:00:30", with or without a fraction.
bool read_clock(Reader& reader, std::tm& out) {
  const auto hour = reader.number(2);
  if (!hour || !reader.mark(":")) return false;
  const auto minute = reader.number(2);
  if (!minute) return false;
  out.tm_hour = *hour;
  out.tm_min = *minute;
  if (!reader.mark(":")) return true;
  const auto second = reader.number(2);
  if (!second) return false;
  out.tm_sec = *second;
  if (reader.mark(".,")) reader.skip_digits();
  return true;
}

/// Seconds east of UTC, when a zone stands there.
std::optional<int> read_zone(Reader& reader) {
  if (reader.mark("Z")) return 0;
  const bool west = !reader.rest().empty() && reader.rest().front() == '-';
  if (!reader.mark("+-")) return std::nullopt;
  const auto hours = reader.number(2);
  reader.mark(":");
  const auto minutes = reader.number(2);
  if (!hours || !minutes) return std::nullopt;
  return (west ? -1 : 1) * (*hours * 3600 + *minutes * 60);
}

WallTime local(std::tm parts) {
  parts.tm_isdst = -1;
  return std::chrono::system_clock::from_time_t(std::mktime(&parts));
}

std::optional<WallTime> time_at(std::string_view text) {
  Reader reader{text};
  std::tm parts{};
  if (!read_date(reader, parts) || !reader.mark("T ") || !read_clock(reader, parts))
    return std::nullopt;
  if (const auto zone = read_zone(reader))
    return std::chrono::system_clock::from_time_t(::timegm(&parts) - *zone);
  return local(parts);
}

}  // namespace

std::optional<WallTime> parse_since(std::string_view text, WallTime now) {
  long count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit{end, static_cast<std::size_t>(text.data() + text.size() - end)};
  if (error == std::errc{} && count >= 0) {
    if (unit.empty() || unit == "s") return now - std::chrono::seconds{count};
    if (unit == "m") return now - std::chrono::minutes{count};
    if (unit == "h") return now - std::chrono::hours{count};
    if (unit == "d") return now - std::chrono::hours{24 * count};
  }
  if (const auto whole = time_at(text)) return whole;
  const std::time_t today = std::chrono::system_clock::to_time_t(now);
  std::tm parts{};
  ::localtime_r(&today, &parts);
  parts.tm_sec = 0;
  Reader clock{text};
  if (read_clock(clock, parts) && clock.rest().empty()) return local(parts);
  std::tm day{};
  Reader date{text};
  if (read_date(date, day) && date.rest().empty()) return local(day);
  return std::nullopt;
}

std::optional<WallTime> time_of_line(std::string_view line) {
  if (line.starts_with('[')) line.remove_prefix(1);
  if (!line.starts_with('{')) return time_at(line);
  for (const std::string_view key : {"\"time\":", "\"ts\":", "\"@timestamp\":", "\"timestamp\":"}) {
    const auto at = line.find(key);
    if (at == std::string_view::npos) continue;
    const auto value = line.find_first_not_of(" \"", at + key.size());
    if (value == std::string_view::npos) return std::nullopt;
    return time_at(line.substr(value));
  }
  return std::nullopt;
}

}  // namespace supervisorctl
