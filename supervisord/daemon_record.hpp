// What the keeper holds of the daemon as a whole, and its bytes: CBOR, fields added only.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "supervisord/control/control.hpp"

namespace supervisord {

struct DaemonRecord {
  control::DaemonState state = control::DaemonState::running;
  bool groups_are_made = false;  // the first start had put all groups into force
  int exit_status = 0;           // of the suite, once it is shutting down

  friend bool operator==(const DaemonRecord&, const DaemonRecord&) = default;
};

std::string encode(const DaemonRecord& record);
/// The defaults for bytes that are no record.
DaemonRecord decode_daemon_record(std::string_view bytes);

}  // namespace supervisord
