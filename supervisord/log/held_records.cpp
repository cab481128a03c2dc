#include "supervisord/log/held_records.hpp"

#include <algorithm>
#include <limits>

#include "supervisord/log/fields.hpp"

namespace supervisord::log {
namespace {

constexpr std::uint64_t version = 3;  // 1: a stream without taps; 2: without is_dialogue

common::Error cannot_read(std::string_view what) {
  return {common::Errc::bad_syntax, std::string{what} + " cannot be read"};
}

void read_taps(FieldReader& in, StreamRecord& record) {
  record.taps.strip_ansi = in.number() != 0;
  record.taps.syslog_name = in.text();
  record.taps.output = in.number() != 0;
  record.taps.capture_max_bytes = in.number();
  record.tap_state = in.text();
  const std::string mark = in.text();
  std::copy_n(mark.begin(), std::min(mark.size(), mark_bytes), record.tap_mark.begin());
}

}  // namespace

std::string stream_key(std::string_view stream, std::uint32_t id) {
  return std::string{stream_prefix} + std::string{stream} + "#" + std::to_string(id);
}

std::string log_key(std::string_view path) { return std::string{log_prefix} + std::string{path}; }

std::string encode(const StreamRecord& record) {
  std::string out;
  put_field(out, version);
  put_field(out, record.stream);
  put_field(out, record.id);
  put_field(out, static_cast<std::uint64_t>(record.target.kind));
  put_field(out, record.target.path);
  put_field(out, record.target.rotate_at_bytes);
  put_field(out, static_cast<std::uint64_t>(record.target.backups));
  put_field(out, record.target.owner_only);
  put_field(out, record.taps.strip_ansi);
  put_field(out, record.taps.syslog_name);
  put_field(out, record.taps.output);
  put_field(out, record.taps.capture_max_bytes);
  put_field(out, record.tap_state);
  put_field(out,
            std::string_view{reinterpret_cast<const char*>(record.tap_mark.data()), mark_bytes});
  put_field(out, record.taps.is_dialogue);
  return out;
}

std::string encode(const LogRecord& record) {
  std::string out;
  put_field(out, version);
  put_field(out, record.path);
  put_field(out, record.file.device);
  put_field(out, record.file.inode);
  return out;
}

common::Result<StreamRecord> decode_stream(std::string_view bytes) {
  FieldReader in{bytes};
  const std::uint64_t written_by = in.number();  // later ones only add at the end
  StreamRecord record;
  record.stream = in.text();
  const std::uint64_t id = in.number();
  const std::uint64_t kind = in.number();
  record.target.path = in.text();
  record.target.rotate_at_bytes = in.number();
  const std::uint64_t backups = in.number();
  record.target.owner_only = in.number() != 0;
  if (written_by >= 2) read_taps(in, record);
  if (written_by >= 3) record.taps.is_dialogue = in.number() != 0;
  if (!in.good() || id > std::numeric_limits<std::uint32_t>::max() || kind > 1 ||
      backups > static_cast<std::uint64_t>(std::numeric_limits<int>::max())) {
    return cannot_read("stream record");
  }
  record.id = static_cast<std::uint32_t>(id);
  record.target.kind = static_cast<Target::Kind>(kind);
  record.target.backups = static_cast<int>(backups);
  return record;
}

common::Result<LogRecord> decode_log(std::string_view bytes) {
  FieldReader in{bytes};
  in.number();
  LogRecord record;
  record.path = in.text();
  record.file.device = in.number();
  record.file.inode = in.number();
  if (!in.good()) return cannot_read("log record");
  return record;
}

}  // namespace supervisord::log
