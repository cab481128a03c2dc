#include "supervisord/keeper/messages.hpp"

#include <algorithm>

#include "common/overloaded.hpp"
#include "supervisord/keeper/wire.hpp"

namespace supervisord::keeper {
namespace {

using common::Errc;
using common::Error;
using common::Overloaded;
using common::Result;

enum Type : std::uint16_t {
  hello_type = 1,
  put_type = 2,
  drop_type = 3,
  spawn_type = 4,
  signal_type = 5,
  forget_type = 6,
  ready_type = 7,
  finish_type = 8,
  preflight_type = 9,
  upgrade_type = 10,
  pong_type = 11,
  kill_cgroup_type = 12,
  main_pid_type = 13,
  welcome_type = 64,
  record_type = 65,
  child_type = 66,
  list_end_type = 67,
  spawned_type = 68,
  failed_type = 69,
  exited_type = 70,
  signal_failed_type = 71,
  signalled_type = 72,
  note_type = 73,
  upgrade_checked_type = 74,
  ping_type = 75,
  goes_on_type = 76,
  unsupported_type = 127,
};

void write_string(Writer& out, const std::string& value) { out.string(value); }
std::string read_string(Reader& in) { return in.string(); }
void write_int(Writer& out, std::int32_t value) { out.number(value); }
std::int32_t read_int(Reader& in) { return in.number<std::int32_t>(); }

template <class Value, class Write>
void write_optional(Writer& out, const std::optional<Value>& value, Write write) {
  out.boolean(value.has_value());
  if (value) write(out, *value);
}
template <class Value, class Read>
std::optional<Value> read_optional(Reader& in, Read read) {
  if (!in.boolean()) return std::nullopt;
  return read(in);
}

void write_identity(Writer& out, const Identity& identity) {
  out.number(identity.uid).number(identity.gid);
  out.list(identity.groups, [](Writer& to, gid_t group) { to.number(group); });
}
Identity read_identity(Reader& in) {
  Identity identity;
  identity.uid = in.number<uid_t>();
  identity.gid = in.number<gid_t>();
  identity.groups = in.list<gid_t>([](Reader& from) { return from.number<gid_t>(); });
  return identity;
}

void write_limit(Writer& out, const Limit& limit) {
  out.number<std::int32_t>(limit.resource)
      .number<std::uint64_t>(limit.soft)
      .number<std::uint64_t>(limit.hard);
}
Limit read_limit(Reader& in) {
  Limit limit;
  limit.resource = in.number<std::int32_t>();
  limit.soft = static_cast<rlim_t>(in.number<std::uint64_t>());
  limit.hard = static_cast<rlim_t>(in.number<std::uint64_t>());
  return limit;
}

void write_exit(Writer& out, const ChildExit& exit) { out.number(exit.status).boolean(exit.known); }
ChildExit read_exit(Reader& in) {
  ChildExit exit;
  exit.status = in.number<std::int32_t>();
  exit.known = in.boolean();
  return exit;
}

void write_plan(Writer& out, const SpawnPlan& plan) {
  out.string(plan.name).string(plan.executable);
  out.list(plan.argv, write_string).list(plan.environment, write_string);
  write_optional(out, plan.directory, write_string);
  write_optional(out, plan.umask, [](Writer& to, mode_t mask) { to.number<std::uint32_t>(mask); });
  write_optional(out, plan.identity, write_identity);
  out.list(plan.limits, write_limit).list(plan.targets, write_int);
  out.boolean(plan.own_cgroup);
  out.boolean(plan.listen_pid);
}
SpawnPlan read_plan(Reader& in) {
  SpawnPlan plan;
  plan.name = in.string();
  plan.executable = in.string();
  plan.argv = in.list<std::string>(read_string);
  plan.environment = in.list<std::string>(read_string);
  plan.directory = read_optional<std::string>(in, read_string);
  plan.umask =
      read_optional<mode_t>(in, [](Reader& from) { return mode_t{from.number<std::uint32_t>()}; });
  plan.identity = read_optional<Identity>(in, read_identity);
  plan.limits = in.list<Limit>(read_limit);
  plan.targets = in.list<int>(read_int);
  if (in.more()) plan.own_cgroup = in.boolean();
  if (in.more()) plan.listen_pid = in.boolean();
  return plan;
}

void write_preflight(Writer& out, const Preflight& values) {
  out.boolean(values.nodaemon);
  write_optional(out, values.identity, write_identity);
  out.number(values.umask);
  write_optional(out, values.directory, write_string);
  out.number(values.files).number(values.processes).string(values.pidfile).string(values.rundir);
}
Preflight read_preflight(Reader& in) {
  Preflight values;
  values.nodaemon = in.boolean();
  values.identity = read_optional<Identity>(in, read_identity);
  values.umask = in.number<std::uint32_t>();
  values.directory = read_optional<std::string>(in, read_string);
  values.files = in.number<std::uint64_t>();
  values.processes = in.number<std::uint64_t>();
  values.pidfile = in.string();
  values.rundir = in.string();
  return values;
}

void write_welcome(Writer& out, const Welcome& welcome) {
  out.number(welcome.major).number(welcome.minor).number(static_cast<std::uint8_t>(welcome.phase));
  out.number(welcome.daemon_starts).number(welcome.epoch).number(welcome.suite_started_at_ns);
  out.number(welcome.keeper_pid).boolean(welcome.state_adopted).boolean(welcome.survives_keeper);
  write_optional(out, welcome.previous_end, write_int);
  out.string(welcome.rundir).string(welcome.version).number(welcome.upgrades);
}
Welcome read_welcome(Reader& in) {
  Welcome welcome;
  welcome.major = in.number<std::uint16_t>();
  welcome.minor = in.number<std::uint16_t>();
  welcome.phase = in.number<std::uint8_t>() == 0 ? Phase::preflight : Phase::run;
  welcome.daemon_starts = in.number<std::uint32_t>();
  welcome.epoch = in.number<std::uint64_t>();
  welcome.suite_started_at_ns = in.number<std::int64_t>();
  welcome.keeper_pid = in.number<std::int32_t>();
  welcome.state_adopted = in.boolean();
  welcome.survives_keeper = in.boolean();
  welcome.previous_end = read_optional<std::int32_t>(in, read_int);
  welcome.rundir = in.string();
  if (in.more()) welcome.version = in.string();
  if (in.more()) welcome.upgrades = in.number<std::uint32_t>();
  return welcome;
}

void write_child(Writer& out, const Child& child) {
  out.string(child.name).number(child.pid).number(child.start_ticks).number(child.started_at_ns);
  out.boolean(child.adopted);
  write_optional(out, child.exit, write_exit);
  out.list(child.recovered_targets, write_int);
}
Child read_child(Reader& in) {
  Child child;
  child.name = in.string();
  child.pid = in.number<std::int32_t>();
  child.start_ticks = in.number<std::uint64_t>();
  child.started_at_ns = in.number<std::int64_t>();
  child.adopted = in.boolean();
  child.exit = read_optional<ChildExit>(in, read_exit);
  child.recovered_targets = in.list<std::int32_t>(read_int);
  return child;
}

// The braces of an initialiser are evaluated from left to right, so the calls below are in order.
Message read_message(std::uint16_t type, Reader& in) {
  switch (type) {
    case hello_type: return Hello{in.number<std::uint16_t>(), in.number<std::uint16_t>()};
    case put_type: return Put{in.string(), in.string(), in.boolean()};
    case drop_type: return Drop{in.string()};
    case spawn_type: return Spawn{read_plan(in)};
    case signal_type: return Signal{in.string(), in.number<std::int32_t>(), in.boolean()};
    case forget_type: return Forget{in.string()};
    case ready_type: return Ready{};
    case finish_type: return Finish{in.number<std::int32_t>()};
    case preflight_type: return read_preflight(in);
    case upgrade_type: return Upgrade{};
    case pong_type: return Pong{};
    case kill_cgroup_type: return KillCgroup{in.string()};
    case main_pid_type: return MainPid{in.string(), in.number<std::int32_t>()};
    case welcome_type: return read_welcome(in);
    case record_type: return Record{in.string(), in.string()};
    case child_type: return read_child(in);
    case list_end_type: return ListEnd{};
    case spawned_type:
      return Spawned{in.string(), in.number<std::int32_t>(), in.number<std::uint64_t>()};
    case failed_type:
      return Failed{in.string(), in.string(), in.string(), in.number<std::int32_t>()};
    case exited_type:
      return Exited{in.string(), in.number<std::int32_t>(), in.number<std::int32_t>(),
                    in.boolean()};
    case signal_failed_type:
      return SignalFailed{in.string(), in.number<std::int32_t>(), in.number<std::int32_t>()};
    case signalled_type: return Signalled{in.number<std::int32_t>()};
    case note_type:
      return Note{static_cast<NoteLevel>(std::min<std::uint8_t>(in.number<std::uint8_t>(), 4)),
                  in.string()};
    case upgrade_checked_type: return UpgradeChecked{in.string()};
    case ping_type: return Ping{};
    case goes_on_type:
      return GoesOn{in.string(), in.number<std::int32_t>(), in.number<std::uint64_t>()};
    case unsupported_type: return Unsupported{in.number<std::uint16_t>()};
    default: return Unknown{type};
  }
}

}  // namespace

std::uint16_t message_type(const Message& message) {
  return std::visit(Overloaded{
                        [](const Hello&) -> std::uint16_t { return hello_type; },
                        [](const Put&) -> std::uint16_t { return put_type; },
                        [](const Drop&) -> std::uint16_t { return drop_type; },
                        [](const Spawn&) -> std::uint16_t { return spawn_type; },
                        [](const Signal&) -> std::uint16_t { return signal_type; },
                        [](const Forget&) -> std::uint16_t { return forget_type; },
                        [](const Ready&) -> std::uint16_t { return ready_type; },
                        [](const Finish&) -> std::uint16_t { return finish_type; },
                        [](const Preflight&) -> std::uint16_t { return preflight_type; },
                        [](const Upgrade&) -> std::uint16_t { return upgrade_type; },
                        [](const Pong&) -> std::uint16_t { return pong_type; },
                        [](const KillCgroup&) -> std::uint16_t { return kill_cgroup_type; },
                        [](const MainPid&) -> std::uint16_t { return main_pid_type; },
                        [](const Welcome&) -> std::uint16_t { return welcome_type; },
                        [](const Record&) -> std::uint16_t { return record_type; },
                        [](const Child&) -> std::uint16_t { return child_type; },
                        [](const ListEnd&) -> std::uint16_t { return list_end_type; },
                        [](const Spawned&) -> std::uint16_t { return spawned_type; },
                        [](const Failed&) -> std::uint16_t { return failed_type; },
                        [](const Exited&) -> std::uint16_t { return exited_type; },
                        [](const SignalFailed&) -> std::uint16_t { return signal_failed_type; },
                        [](const Signalled&) -> std::uint16_t { return signalled_type; },
                        [](const Note&) -> std::uint16_t { return note_type; },
                        [](const UpgradeChecked&) -> std::uint16_t { return upgrade_checked_type; },
                        [](const Ping&) -> std::uint16_t { return ping_type; },
                        [](const GoesOn&) -> std::uint16_t { return goes_on_type; },
                        [](const Unsupported&) -> std::uint16_t { return unsupported_type; },
                        [](const Unknown& unknown) { return unknown.type; },
                    },
                    message);
}

std::string encode(const Message& message) {
  Writer out;
  std::visit(
      Overloaded{
          [&](const Hello& m) { out.number(m.major).number(m.minor); },
          [&](const Put& m) { out.string(m.key).string(m.bytes).boolean(m.durable); },
          [&](const Drop& m) { out.string(m.key); },
          [&](const Spawn& m) { write_plan(out, m.plan); },
          [&](const Signal& m) { out.string(m.name).number(m.number).boolean(m.process_group); },
          [&](const Forget& m) { out.string(m.name); },
          [&](const Ready&) {},
          [&](const Finish& m) { out.number(m.status); },
          [&](const Preflight& m) { write_preflight(out, m); },
          [&](const Upgrade&) {},
          [&](const Pong&) {},
          [&](const KillCgroup& m) { out.string(m.name); },
          [&](const MainPid& m) { out.string(m.name).number(m.pid); },
          [&](const Welcome& m) { write_welcome(out, m); },
          [&](const Record& m) { out.string(m.key).string(m.bytes); },
          [&](const Child& m) { write_child(out, m); },
          [&](const ListEnd&) {},
          [&](const Spawned& m) { out.string(m.name).number(m.pid).number(m.start_ticks); },
          [&](const Failed& m) {
            out.string(m.name).string(m.step).string(m.argument).number(m.error);
          },
          [&](const Exited& m) {
            out.string(m.name).number(m.pid).number(m.status).boolean(m.known);
          },
          [&](const SignalFailed& m) { out.string(m.name).number(m.number).number(m.error); },
          [&](const Signalled& m) { out.number(m.number); },
          [&](const Note& m) { out.number(static_cast<std::uint8_t>(m.level)).string(m.text); },
          [&](const UpgradeChecked& m) { out.string(m.refusal); },
          [&](const Ping&) {},
          [&](const GoesOn& m) { out.string(m.name).number(m.pid).number(m.start_ticks); },
          [&](const Unsupported& m) { out.number(m.type); },
          [&](const Unknown&) {},
      },
      message);
  return out.take();
}

Result<Message> decode(std::uint16_t type, std::string_view payload) {
  Reader in{payload};
  Message message = read_message(type, in);
  if (!in.ok()) return Error{Errc::bad_syntax, "message of type " + std::to_string(type)};
  return message;
}

// u32 size, u16 type, u16 fds, u32 flags: bit 0 says that the payload is in a memfd.
void append_frame(std::string& packet, const FrameHeader& header, std::string_view payload) {
  Writer out;
  out.number(header.size).number(header.type).number(header.fds);
  out.number(std::uint32_t{header.in_memfd ? 1U : 0U});
  packet += out.take();
  packet += payload;
}

Result<std::vector<Frame>> split_packet(std::string_view packet) {
  std::vector<Frame> frames;
  while (!packet.empty()) {
    Reader in{packet.substr(0, frame_header_size)};
    Frame frame;
    frame.header.size = in.number<std::uint32_t>();
    frame.header.type = in.number<std::uint16_t>();
    frame.header.fds = in.number<std::uint16_t>();
    frame.header.in_memfd = (in.number<std::uint32_t>() & 1) != 0;
    if (!in.ok() || packet.size() - frame_header_size < frame.header.size) {
      return Error{Errc::bad_syntax, "a packet of the keeper's link is cut"};
    }
    frame.payload = packet.substr(frame_header_size, frame.header.size);
    packet.remove_prefix(frame_header_size + frame.header.size);
    frames.push_back(frame);
  }
  return frames;
}

}  // namespace supervisord::keeper
