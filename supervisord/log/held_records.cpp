#include "supervisord/log/held_records.hpp"

#include <limits>

namespace supervisord::log {
namespace {

constexpr std::uint64_t version = 1;

void put(std::string& out, std::uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>(number >> shift));
}

void put(std::string& out, std::string_view text) {
  put(out, std::uint64_t{text.size()});
  out.append(text);
}

// Takes fields off the front; after one that is not there all further ones are zero.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_{bytes} {}
  bool good() const { return good_; }

  std::uint64_t number() {
    if (rest_.size() < 8) return fail();
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      value |= std::uint64_t{static_cast<unsigned char>(rest_[i])} << (8 * i);
    }
    rest_.remove_prefix(8);
    return value;
  }

  std::string text() {
    const std::uint64_t size = number();
    if (size > rest_.size()) fail();
    if (!good_) return {};
    std::string value{rest_.substr(0, size)};
    rest_.remove_prefix(size);
    return value;
  }

 private:
  std::uint64_t fail() {
    good_ = false;
    return 0;
  }

  std::string_view rest_;
  bool good_ = true;
};

common::Error cannot_read(std::string_view what) {
  return {common::Errc::bad_syntax, std::string{what} + " cannot be read"};
}

}  // namespace

std::string stream_key(std::string_view stream, std::uint32_t id) {
  return std::string{stream_prefix} + std::string{stream} + "#" + std::to_string(id);
}

std::string log_key(std::string_view path) { return std::string{log_prefix} + std::string{path}; }

std::string encode(const StreamRecord& record) {
  std::string out;
  put(out, version);
  put(out, record.stream);
  put(out, record.id);
  put(out, static_cast<std::uint64_t>(record.target.kind));
  put(out, record.target.path);
  put(out, record.target.rotate_at_bytes);
  put(out, static_cast<std::uint64_t>(record.target.backups));
  put(out, record.target.owner_only ? 1 : 0);
  return out;
}

std::string encode(const LogRecord& record) {
  std::string out;
  put(out, version);
  put(out, record.path);
  put(out, record.file.device);
  put(out, record.file.inode);
  return out;
}

common::Result<StreamRecord> decode_stream(std::string_view bytes) {
  Reader in{bytes};
  in.number();  // the version: later ones only add at the end
  StreamRecord record;
  record.stream = in.text();
  const std::uint64_t id = in.number();
  const std::uint64_t kind = in.number();
  record.target.path = in.text();
  record.target.rotate_at_bytes = in.number();
  const std::uint64_t backups = in.number();
  record.target.owner_only = in.number() != 0;
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
  Reader in{bytes};
  in.number();
  LogRecord record;
  record.path = in.text();
  record.file.device = in.number();
  record.file.inode = in.number();
  if (!in.good()) return cannot_read("log record");
  return record;
}

}  // namespace supervisord::log
