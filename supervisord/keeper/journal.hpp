// What is in RUNDIR/keeper.state: an append-only journal of children and durable records. Pure:
// rows to bytes, bytes to the state they amount to. Effects: state_file.
//
// The file is a header row, then rows; each u32 size, u32 sum, and `size` bytes of u8 kind and
// payload. The first row that is cut or does not fit its sum ends the reading: what follows it was
// never finished.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/error.hpp"
#include "supervisord/keeper/children.hpp"
#include "supervisord/keeper/wire.hpp"

namespace supervisord::keeper {

/// Children by name, durable records by key.
struct JournalState {
  std::string boot_id;  // of the system; pids of another boot mean nothing
  std::map<std::string, ChildFacts, std::less<>> children;
  std::map<std::string, std::string, std::less<>> records;
};

std::string journal_header(std::string_view boot_id);
/// The child as it is now; before its launch with pid 0.
std::string journal_child(const ChildFacts& child);
std::string journal_forgotten(std::string_view name);
std::string journal_put(std::string_view key, std::string_view bytes);
std::string journal_drop(std::string_view key);
/// All of it anew, for compaction.
std::string journal_of(const JournalState& state);

/// As a row has them; the table of an upgrade (table.hpp) has the same.
void write_facts(Writer& out, const ChildFacts& child);
ChildFacts read_facts(Reader& in);

/// What of it still holds: all, or nothing after a reboot, when no child lives and a stop or a
/// failure of then is no reason not to start now.
JournalState of_this_boot(JournalState state, std::string_view boot_id);

/// Errors: bad_syntax (no such file's beginning), unsupported (of another version).
common::Result<JournalState> replay(std::string_view bytes);

}  // namespace supervisord::keeper
