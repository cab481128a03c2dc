#include "supervisord/daemon_record.hpp"

#include <nlohmann/json.hpp>

#include "common/cbor.hpp"

namespace supervisord {

using nlohmann::json;

std::string encode(const DaemonRecord& record) {
  std::string bytes;
  json::to_cbor(json{{"state", static_cast<int>(record.state)},
                     {"groups_are_made", record.groups_are_made},
                     {"exit_status", record.exit_status}},
                bytes);
  return bytes;
}

DaemonRecord decode_daemon_record(std::string_view bytes) {
  const json in = common::read_cbor(bytes);
  if (!in.is_object()) return {};
  DaemonRecord record;
  try {
    record.state = static_cast<control::DaemonState>(in.value("state", 0));
    record.groups_are_made = in.value("groups_are_made", false);
    record.exit_status = in.value("exit_status", 0);
  } catch (const json::exception&) {
    return {};
  }
  return record;
}

}  // namespace supervisord
