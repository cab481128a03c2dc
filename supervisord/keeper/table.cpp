#include "supervisord/keeper/table.hpp"

#include "supervisord/keeper/journal.hpp"
#include "supervisord/keeper/wire.hpp"

namespace supervisord::keeper {
namespace {

using common::Errc;
using common::Error;

constexpr std::string_view magic = "supervisord keeper table";
constexpr std::uint16_t table_version = 1;

enum Kind : std::uint8_t { keeper_kind = 1, child_kind = 2, record_kind = 3, end_kind = 4 };

void write_string(Writer& out, const std::string& text) { out.string(text); }
std::string read_string(Reader& in) { return in.string(); }
void write_int(Writer& out, std::int32_t number) { out.number(number); }
std::int32_t read_int(Reader& in) { return in.number<std::int32_t>(); }

void write_optional(Writer& out, const std::optional<std::int32_t>& number) {
  out.boolean(number.has_value());
  if (number) out.number(*number);
}
std::optional<std::int32_t> read_optional(Reader& in) {
  if (!in.boolean()) return std::nullopt;
  return in.number<std::int32_t>();
}

std::string row(Kind kind, Writer& payload) {
  const std::string bytes = payload.take();
  Writer head;
  head.number(static_cast<std::uint32_t>(bytes.size() + 1));
  head.number(static_cast<std::uint8_t>(kind));
  return head.take() + bytes;
}

std::string keeper_row(const Table& table) {
  Writer out;
  out.number(table.pid).string(table.version).number(table.upgrades).number(table.epoch);
  out.number(table.started_at_ns).list(table.argv, write_string);
  out.list(table.environment, write_string).string(table.notify_socket);
  out.string(encode(Message{table.values}));
  out.string(table.rundir).number(table.folder).number(table.pump);
  out.number(table.files_soft).number(table.files_hard);
  out.boolean(table.adopted).number(table.daemon_starts);
  write_optional(out, table.previous_end);
  out.list(table.pending_signals, write_int);
  write_optional(out, table.shutdown_signal);
  return row(keeper_kind, out);
}

bool read_keeper(Reader& in, Table& table) {
  table.pid = in.number<std::int32_t>();
  table.version = in.string();
  table.upgrades = in.number<std::uint32_t>();
  table.epoch = in.number<std::uint64_t>();
  table.started_at_ns = in.number<std::int64_t>();
  table.argv = in.list<std::string>(read_string);
  table.environment = in.list<std::string>(read_string);
  table.notify_socket = in.string();
  const auto values = decode(message_type(Preflight{}), in.string());
  table.rundir = in.string();
  table.folder = in.number<std::int32_t>();
  table.pump = in.number<std::int32_t>();
  table.files_soft = in.number<std::uint64_t>();
  table.files_hard = in.number<std::uint64_t>();
  table.adopted = in.boolean();
  table.daemon_starts = in.number<std::uint32_t>();
  table.previous_end = read_optional(in);
  table.pending_signals = in.list<std::int32_t>(read_int);
  table.shutdown_signal = read_optional(in);
  if (!in.ok() || !values) return false;
  table.values = std::get<Preflight>(*values);
  return true;
}

// The facts come last, since they may grow.
std::string child_row(const TableChild& child) {
  Writer out;
  out.boolean(child.adopted).boolean(child.group_left).number(child.pidfd);
  out.list(child.recovered, [](Writer& to, const TableChild::Recovered& one) {
    to.number(one.target).number(one.fd);
  });
  write_facts(out, child.facts);
  return row(child_kind, out);
}

bool read_child(Reader& in, Table& table) {
  TableChild child;
  child.adopted = in.boolean();
  child.group_left = in.boolean();
  child.pidfd = in.number<std::int32_t>();
  child.recovered = in.list<TableChild::Recovered>([](Reader& from) {
    return TableChild::Recovered{from.number<std::int32_t>(), from.number<std::int32_t>()};
  });
  child.facts = read_facts(in);
  if (in.ok()) table.children.push_back(std::move(child));
  return in.ok();
}

std::string record_row(const TableRecord& record) {
  Writer out;
  out.string(record.key).string(record.bytes).boolean(record.durable).list(record.fds, write_int);
  return row(record_kind, out);
}

bool read_record(Reader& in, Table& table) {
  TableRecord record;
  record.key = in.string();
  record.bytes = in.string();
  record.durable = in.boolean();
  record.fds = in.list<std::int32_t>(read_int);
  if (in.ok()) table.records.push_back(std::move(record));
  return in.ok();
}

}  // namespace

std::string encode(const Table& table) {
  Writer head;
  head.string(magic).number(table_version);
  std::string bytes = head.take() + keeper_row(table);
  for (const TableChild& child : table.children) bytes += child_row(child);
  for (const TableRecord& record : table.records) bytes += record_row(record);
  Writer end;
  return bytes + row(end_kind, end);
}

common::Result<Table> decode_table(std::string_view bytes) {
  const Error cut{Errc::bad_syntax, "a keeper's table that is cut or damaged"};
  Reader head{bytes};
  if (head.string() != magic) return Error{Errc::bad_syntax, "not a keeper's table"};
  const auto version = head.number<std::uint16_t>();
  if (!head.ok()) return cut;
  if (version != table_version) {
    return Error{Errc::unsupported, "a keeper's table of version " + std::to_string(version) +
                                        ", this one reads version " +
                                        std::to_string(table_version)};
  }
  bytes.remove_prefix(sizeof(std::uint32_t) + magic.size() + sizeof version);
  Table table;
  bool has_keeper = false;
  for (;;) {
    Reader start{bytes};
    const auto size = start.number<std::uint32_t>();
    if (!start.ok() || size == 0 || bytes.size() - sizeof size < size) return cut;
    Reader in{bytes.substr(sizeof size, size)};
    bytes.remove_prefix(sizeof size + size);
    bool is_whole = true;
    switch (in.number<std::uint8_t>()) {
      case keeper_kind: has_keeper = is_whole = read_keeper(in, table); break;
      case child_kind: is_whole = read_child(in, table); break;
      case record_kind: is_whole = read_record(in, table); break;
      case end_kind: return has_keeper ? common::Result<Table>{std::move(table)} : cut;
      default: break;  // of a later keeper
    }
    if (!is_whole) return cut;
  }
}

std::vector<int> descriptors_of(const Table& table) {
  std::vector<int> fds;
  const auto add = [&fds](int fd) {
    if (fd >= 0) fds.push_back(fd);
  };
  add(table.folder);
  add(table.pump);
  for (const TableChild& child : table.children) {
    add(child.pidfd);
    for (const auto& recovered : child.recovered) add(recovered.fd);
  }
  for (const TableRecord& record : table.records) {
    for (const int fd : record.fds) add(fd);
  }
  return fds;
}

}  // namespace supervisord::keeper
