// All that a keeper knows, as the bytes that it leaves to the program that takes its place by
// execve: descriptors are named by their numbers, which stay. Pure; effects: upgrade.
//
// The bytes are a magic string, u16 version, then rows of u32 size, u8 kind and payload. Kinds and
// fields at a row's end are only ever added, so that either side may be the newer one; the version
// changes when that is not enough, and a keeper that does not know it is not let in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "supervisord/keeper/children.hpp"
#include "supervisord/keeper/messages.hpp"

namespace supervisord::keeper {

struct TableChild {
  ChildFacts facts;
  bool adopted = false;
  bool group_left = false;
  std::int32_t pidfd = -1;  // -1: it has ended
  struct Recovered {
    std::int32_t target = 0;
    std::int32_t fd = -1;
    friend bool operator==(const Recovered&, const Recovered&) = default;
  };
  std::vector<Recovered> recovered;
  friend bool operator==(const TableChild&, const TableChild&) = default;
};

struct TableRecord {
  std::string key;
  std::string bytes;
  bool durable = false;
  std::vector<std::int32_t> fds;
  friend bool operator==(const TableRecord&, const TableRecord&) = default;
};

struct Table {
  std::int32_t pid = 0;  // of the keeper, which stays
  std::string version;   // of the one that wrote this
  std::uint32_t upgrades = 0;
  std::uint64_t epoch = 0;
  std::int64_t started_at_ns = 0;
  std::vector<std::string> argv;
  std::vector<std::string> environment;
  std::string notify_socket;
  Preflight values;
  std::string rundir;        // "" when it is only memory
  std::int32_t folder = -1;  // likewise -1
  std::int32_t pump = -1;
  std::uint64_t files_soft = 0;  // RLIMIT_NOFILE for programs
  std::uint64_t files_hard = 0;
  bool adopted = false;
  std::uint32_t daemon_starts = 0;
  std::optional<std::int32_t> previous_end;
  std::vector<std::int32_t> pending_signals;
  std::optional<std::int32_t> shutdown_signal;
  std::vector<TableChild> children;
  std::vector<TableRecord> records;
};

std::string encode(const Table& table);
/// Errors: bad_syntax (no table, or cut), unsupported (of another version).
common::Result<Table> decode_table(std::string_view bytes);
/// Every descriptor that the table names.
std::vector<int> descriptors_of(const Table& table);

}  // namespace supervisord::keeper
