// The memory that outlives the daemon: the record's page and the buffer of one large piece, in a
// file or memfd that the keeper holds. Resident, so that no kill can cut a read() into it in half.
// Owned by the Pump.
#pragma once

#include <span>

#include "supervisord/log/record.hpp"

namespace supervisord::log {

class PumpMemory {
 public:
  /// Grows the file to its size if need be; `fd` may be closed afterwards. Throws
  /// std::system_error.
  explicit PumpMemory(int fd);
  ~PumpMemory();
  PumpMemory(const PumpMemory&) = delete;
  PumpMemory& operator=(const PumpMemory&) = delete;

  RecordPage& page() const { return *static_cast<RecordPage*>(memory_); }
  std::span<char> buffer() const {
    return {static_cast<char*>(memory_) + record_bytes, buffer_bytes};
  }

 private:
  void* memory_;
};

}  // namespace supervisord::log
