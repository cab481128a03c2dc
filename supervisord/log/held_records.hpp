// What the Holder keeps for the log pump, as bytes: which pipe belongs to which stream and target,
// and which file a held descriptor is. Pure codec; versioned, and only ever added to at the end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/error.hpp"
#include "supervisord/log/record.hpp"
#include "supervisord/log/taps.hpp"
#include "supervisord/log/target.hpp"

namespace supervisord::log {

constexpr std::string_view stream_prefix = "stream:";
constexpr std::string_view log_prefix = "log:";

/// One pipe. `id` is never used again, and names it in the pump's record.
struct StreamRecord {
  std::string stream;
  std::uint32_t id = 0;
  Target target;
  Taps taps;
  std::string tap_state;  // StreamTap's, after the piece with this mark
  Mark tap_mark{};
  friend bool operator==(const StreamRecord&, const StreamRecord&) = default;
};

/// One open log file.
struct LogRecord {
  std::string path;
  FileId file;
  friend bool operator==(const LogRecord&, const LogRecord&) = default;
};

/// "stream:web:web_0/stdout#7": several pipes of one stream may be there at once.
std::string stream_key(std::string_view stream, std::uint32_t id);
/// "log:/var/log/web.log".
std::string log_key(std::string_view path);

std::string encode(const StreamRecord& record);
std::string encode(const LogRecord& record);
/// Errors: Errc::bad_syntax.
common::Result<StreamRecord> decode_stream(std::string_view bytes);
common::Result<LogRecord> decode_log(std::string_view bytes);

}  // namespace supervisord::log
