#include "supervisord/keeper/journal.hpp"

#include <optional>

#include "supervisord/keeper/wire.hpp"

namespace supervisord::keeper {
namespace {

using common::Errc;
using common::Error;

constexpr std::string_view magic = "supervisord keeper.state";
constexpr std::uint16_t version = 1;
constexpr std::size_t row_head = 8;

enum Kind : std::uint8_t {
  header_kind = 1,
  child_kind = 2,
  forgotten_kind = 3,
  put_kind = 4,
  drop_kind = 5
};

// FNV-1a: finds what a cut write left, no more is asked of it.
std::uint32_t sum_of(std::string_view bytes) {
  std::uint32_t sum = 2166136261U;
  for (const char byte : bytes) sum = (sum ^ static_cast<unsigned char>(byte)) * 16777619U;
  return sum;
}

Writer row(Kind kind) {
  Writer out;
  out.number(static_cast<std::uint8_t>(kind));
  return out;
}

std::string sealed(Writer& body) {
  const std::string bytes = body.take();
  Writer head;
  head.number(static_cast<std::uint32_t>(bytes.size())).number(sum_of(bytes));
  return head.take() + bytes;
}

// Takes the next whole row off `bytes`; nothing when there is none.
std::optional<std::string_view> next_row(std::string_view& bytes) {
  if (bytes.size() < row_head) return std::nullopt;
  Reader head{bytes};
  const auto size = head.number<std::uint32_t>();
  const auto sum = head.number<std::uint32_t>();
  if (size == 0 || bytes.size() - row_head < size) return std::nullopt;
  const std::string_view body = bytes.substr(row_head, size);
  if (sum_of(body) != sum) return std::nullopt;
  bytes.remove_prefix(row_head + size);
  return body;
}

// A kind that is not known, or a row too short for its kind, is passed over: a later version's.
void apply(std::string_view body, JournalState& state) {
  Reader in{body};
  switch (in.number<std::uint8_t>()) {
    case child_kind: {
      ChildFacts child = read_facts(in);
      if (in.ok()) state.children[child.name] = child;
      return;
    }
    case forgotten_kind: {
      state.children.erase(in.string());
      return;
    }
    case put_kind: {
      std::string key = in.string();
      std::string value = in.string();
      if (in.ok()) state.records[std::move(key)] = std::move(value);
      return;
    }
    case drop_kind: {
      state.records.erase(in.string());
      return;
    }
    default: return;
  }
}

}  // namespace

void write_facts(Writer& out, const ChildFacts& child) {
  out.string(child.name).number(child.pid).number(child.start_ticks).number(child.started_at_ns);
  out.number(child.pidfd_inode).list(child.pipes, [](Writer& to, const ChildFacts::PipeEnd& pipe) {
    to.number(pipe.target).number(pipe.inode);
  });
  out.boolean(child.exit.has_value());
  if (child.exit) out.number(child.exit->status).boolean(child.exit->known);
  out.string(child.cgroup).number(child.group);
}

ChildFacts read_facts(Reader& in) {
  ChildFacts child;
  child.name = in.string();
  child.pid = in.number<std::int32_t>();
  child.start_ticks = in.number<std::uint64_t>();
  child.started_at_ns = in.number<std::int64_t>();
  child.pidfd_inode = in.number<std::uint64_t>();
  child.pipes = in.list<ChildFacts::PipeEnd>([](Reader& from) {
    return ChildFacts::PipeEnd{from.number<std::int32_t>(), from.number<std::uint64_t>()};
  });
  if (in.boolean()) child.exit = ChildExit{in.number<std::int32_t>(), in.boolean()};
  if (in.more()) child.cgroup = in.string();
  if (in.more()) child.group = in.number<std::int32_t>();
  return child;
}

std::string journal_header(std::string_view boot_id) {
  Writer out = row(header_kind);
  out.string(magic).number(version).string(boot_id);
  return sealed(out);
}

std::string journal_child(const ChildFacts& child) {
  Writer out = row(child_kind);
  write_facts(out, child);
  return sealed(out);
}

std::string journal_forgotten(std::string_view name) {
  Writer out = row(forgotten_kind);
  out.string(name);
  return sealed(out);
}

std::string journal_put(std::string_view key, std::string_view bytes) {
  Writer out = row(put_kind);
  out.string(key).string(bytes);
  return sealed(out);
}

std::string journal_drop(std::string_view key) {
  Writer out = row(drop_kind);
  out.string(key);
  return sealed(out);
}

std::string journal_of(const JournalState& state) {
  std::string bytes = journal_header(state.boot_id);
  for (const auto& [name, child] : state.children) bytes += journal_child(child);
  for (const auto& [key, value] : state.records) bytes += journal_put(key, value);
  return bytes;
}

JournalState of_this_boot(JournalState state, std::string_view boot_id) {
  if (state.boot_id == boot_id) return state;
  JournalState nothing;
  nothing.boot_id = boot_id;
  return nothing;
}

common::Result<JournalState> replay(std::string_view bytes) {
  const auto header = next_row(bytes);
  if (!header) return Error{Errc::bad_syntax, "not a state file"};
  Reader in{*header};
  if (in.number<std::uint8_t>() != header_kind || in.string() != magic) {
    return Error{Errc::bad_syntax, "not a state file"};
  }
  if (in.number<std::uint16_t>() != version) {
    return Error{Errc::unsupported, "a state file of another version"};
  }
  JournalState state;
  state.boot_id = in.string();
  while (const auto body = next_row(bytes)) apply(*body, state);
  return state;
}

}  // namespace supervisord::keeper
