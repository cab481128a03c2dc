// What keeper and daemon say to each other, and how it lies in a packet. Pure: values to bytes and
// back; descriptors travel beside them (keeper/link). Messages and their fields are only ever added
// to: a reader ignores what follows the fields that it knows. docs/protocols/keeper.md has the
// table.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/error.hpp"
#include "supervisord/keeper/spawn_plan.hpp"

namespace supervisord::keeper {

inline constexpr std::uint16_t protocol_major = 1;
inline constexpr std::uint16_t protocol_minor = 1;

/// Which of its two lives the daemon leads: reads the configuration and ends, or supervises.
enum class Phase : std::uint8_t { preflight, run };
enum class NoteLevel : std::uint8_t { debug, info, warn, error, critical };

// From the daemon.

/// The first message of every daemon.
struct Hello {
  std::uint16_t major = protocol_major;
  std::uint16_t minor = protocol_minor;
  friend bool operator==(const Hello&, const Hello&) = default;
};
/// With descriptors. Durable: the bytes also survive the keeper's own kill -9, in the state file.
struct Put {
  std::string key;
  std::string bytes;
  bool durable = false;
  friend bool operator==(const Put&, const Put&) = default;
};
struct Drop {
  std::string key;
  friend bool operator==(const Drop&, const Drop&) = default;
};
/// With as many descriptors as the plan has targets. Answered by Spawned or Failed.
struct Spawn {
  SpawnPlan plan;
};
/// Answered only when it fails with something else than ESRCH.
struct Signal {
  std::string name;
  std::int32_t number = 0;
  bool process_group = false;
  friend bool operator==(const Signal&, const Signal&) = default;
};
/// The exit of `name` has been taken in.
struct Forget {
  std::string name;
  friend bool operator==(const Forget&, const Forget&) = default;
};
/// The daemon works: the keeper tells the service manager, and starts it anew at once if it dies.
struct Ready {
  friend bool operator==(const Ready&, const Ready&) = default;
};
/// All is stopped: when this daemon ends, the keeper removes its files and ends with `status`.
struct Finish {
  std::int32_t status = 0;
  friend bool operator==(const Finish&, const Finish&) = default;
};
/// What the configuration says to the keeper, at the end of the phase of that name.
struct Preflight {
  bool nodaemon = false;
  std::optional<Identity> identity;  // to drop to; its name is not needed
  std::uint32_t umask = 022;
  std::optional<std::string> directory;
  std::uint64_t files = 1024;     // the soft RLIMIT_NOFILE that must be there (minfds)
  std::uint64_t processes = 200;  // the same for RLIMIT_NPROC (minprocs)
  std::string pidfile;            // absolute; "" for none
  std::string rundir;             // absolute; "" for none
};
/// Are the installed programs good to take over? Answered by UpgradeChecked; when they are, the
/// keeper waits for this daemon's end, becomes the installed one, and starts the installed daemon.
struct Upgrade {
  friend bool operator==(const Upgrade&, const Upgrade&) = default;
};
/// The answer to Ping.
struct Pong {
  friend bool operator==(const Pong&, const Pong&) = default;
};
/// SIGKILL to all that is in the cgroup of `name`, if it has one of its own; no answer.
struct KillCgroup {
  std::string name;
  friend bool operator==(const KillCgroup&, const KillCgroup&) = default;
};

/// `pid` is to be the child of that name when the one of now has ended: MAINPID of sd_notify(3). It
/// must be in the child's process group. Answered by GoesOn when it comes to that.
struct MainPid {
  std::string name;
  std::int32_t pid = 0;
  friend bool operator==(const MainPid&, const MainPid&) = default;
};

// From the keeper.

/// The answer to Hello; the list follows: Record and Child in any number, then ListEnd.
struct Welcome {
  std::uint16_t major = protocol_major;
  std::uint16_t minor = protocol_minor;
  Phase phase = Phase::preflight;
  std::uint32_t daemon_starts = 0;       // of the phase run, this one included
  std::uint64_t epoch = 0;               // random, new with every keeper process
  std::int64_t suite_started_at_ns = 0;  // when the keeper started, Unix time
  std::int32_t keeper_pid = 0;           //
  bool state_adopted = false;            // children and durable records of a dead keeper are listed
  bool survives_keeper = false;          // there is a state file: a next keeper can adopt
  std::optional<std::int32_t>
      previous_end;            // wait status of the daemon before this one, in this phase
  std::string rundir;          // "" when there is none
  std::string version;         // the keeper's
  std::uint32_t upgrades = 0;  // how often the keeper has been replaced in place
  friend bool operator==(const Welcome&, const Welcome&) = default;
};
/// With the descriptors of its Put (none after adoption).
struct Record {
  std::string key;
  std::string bytes;
  friend bool operator==(const Record&, const Record&) = default;
};
struct ChildExit {
  std::int32_t status = 0;  // as waitpid gives it
  bool known = true;
  friend bool operator==(const ChildExit&, const ChildExit&) = default;
};
/// With the pipe ends that could be opened again, when the child is adopted.
struct Child {
  std::string name;
  std::int32_t pid = 0;            // 0: the keeper was killed while it launched this one
  std::uint64_t start_ticks = 0;   // field 22 of /proc/PID/stat
  std::int64_t started_at_ns = 0;  // Unix time
  bool adopted = false;
  std::optional<ChildExit> exit;
  std::vector<std::int32_t>
      recovered_targets;  // recovered_targets[i]: the child's number for the i-th descriptor
  friend bool operator==(const Child&, const Child&) = default;
};
struct ListEnd {
  friend bool operator==(const ListEnd&, const ListEnd&) = default;
};
struct Spawned {
  std::string name;
  std::int32_t pid = 0;
  std::uint64_t start_ticks = 0;
  friend bool operator==(const Spawned&, const Spawned&) = default;
};
/// Nothing runs. Steps: keeper/launcher.hpp, and "name" (there is a child of that name already) and
/// "descriptors" (not all arrived).
struct Failed {
  std::string name;
  std::string step;
  std::string argument;
  std::int32_t error = 0;
  friend bool operator==(const Failed&, const Failed&) = default;
};
struct Exited {
  std::string name;
  std::int32_t pid = 0;
  std::int32_t status = 0;
  bool known = true;
  friend bool operator==(const Exited&, const Exited&) = default;
};
struct SignalFailed {
  std::string name;
  std::int32_t number = 0;
  std::int32_t error = 0;
  friend bool operator==(const SignalFailed&, const SignalFailed&) = default;
};
/// The keeper was sent TERM, INT, QUIT, HUP or USR2.
struct Signalled {
  std::int32_t number = 0;
  friend bool operator==(const Signalled&, const Signalled&) = default;
};
/// A line of the keeper's for the main log.
struct Note {
  NoteLevel level = NoteLevel::info;
  std::string text;
  friend bool operator==(const Note&, const Note&) = default;
};
/// Refused: why. With "" all is good: end, and be replaced.
struct UpgradeChecked {
  std::string refusal;
  friend bool operator==(const UpgradeChecked&, const UpgradeChecked&) = default;
};
/// Answered from the daemon's loop: it turns.
struct Ping {
  friend bool operator==(const Ping&, const Ping&) = default;
};

/// In the place of Exited: the child goes on as this process, which it had named.
struct GoesOn {
  std::string name;
  std::int32_t pid = 0;
  std::uint64_t start_ticks = 0;
  friend bool operator==(const GoesOn&, const GoesOn&) = default;
};

// From either: "I do not know messages of this type."
struct Unsupported {
  std::uint16_t type = 0;
  friend bool operator==(const Unsupported&, const Unsupported&) = default;
};
// What decode() makes of a type that it does not know.
struct Unknown {
  std::uint16_t type = 0;
  friend bool operator==(const Unknown&, const Unknown&) = default;
};

using Message =
    std::variant<Hello, Put, Drop, Spawn, Signal, Forget, Ready, Finish, Preflight, Upgrade, Pong,
                 KillCgroup, MainPid, Welcome, Record, Child, ListEnd, Spawned, Failed, Exited,
                 SignalFailed, Signalled, Note, UpgradeChecked, Ping, GoesOn, Unsupported, Unknown>;

/// A message's number on the wire. Never used again once given.
std::uint16_t message_type(const Message& message);
std::string encode(const Message& message);
/// Errors: bad_syntax, with the type's number.
common::Result<Message> decode(std::uint16_t type, std::string_view payload);

// A packet is a sequence of frames: a header of 12 bytes, then the payload.
struct FrameHeader {
  std::uint32_t size = 0;  // of the payload that follows; 0 when it is in a memfd
  std::uint16_t type = 0;
  std::uint16_t fds = 0;  // how many of the packet's descriptors are this frame's, memfd included
  bool in_memfd = false;  // the first of them holds the payload
};
struct Frame {
  FrameHeader header;
  std::string_view payload;  // into the packet
};
inline constexpr std::size_t frame_header_size = 12;

void append_frame(std::string& packet, const FrameHeader& header, std::string_view payload);
/// Errors: bad_syntax when the packet is cut or says more than it holds.
common::Result<std::vector<Frame>> split_packet(std::string_view packet);

}  // namespace supervisord::keeper
