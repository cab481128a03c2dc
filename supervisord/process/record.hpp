// What the keeper holds of one process for the next daemon, and its bytes: CBOR, fields added only,
// unknown ones ignored.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/error.hpp"
#include "supervisord/process/machine.hpp"
#include "supervisord/process/status.hpp"

namespace supervisord::process {

struct Record {
  Memory memory;
  pid_t pid = 0;           // of the child; 0 until the keeper has said so
  pid_t previous_pid = 0;  // of the run before: an exit still listed under it is not this run's
  std::uint32_t runs = 0;  // spawns so far
  std::string mark;        // "SUPERVISOR_RUN=...", in the environment of this run's processes
  std::optional<WallTime> started_at;
  std::optional<WallTime> stopped_at;
  std::string status_text;
  std::string stdout_auto_path;  // the AUTO name once it was made
  std::string stderr_auto_path;

  friend bool operator==(const Record&, const Record&) = default;
};

std::string encode(const Record& record);
/// Errors: Errc::bad_syntax, for bytes that are no record.
common::Result<Record> decode_record(std::string_view bytes);

}  // namespace supervisord::process
