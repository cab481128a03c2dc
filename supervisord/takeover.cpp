#include "supervisord/takeover.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <span>
#include <utility>

#include "supervisord/config/codec.hpp"

namespace supervisord {

using common::Held;
using common::Level;

std::optional<Held> take_record(std::vector<Held>& records, std::string_view key) {
  const auto found = std::ranges::find(records, key, &Held::key);
  if (found == records.end()) return std::nullopt;
  Held out = std::move(*found);
  records.erase(found);
  return out;
}

std::map<std::string, Held> take_records(std::vector<Held>& records, std::string_view prefix) {
  std::map<std::string, Held> out;
  const auto first = std::stable_partition(records.begin(), records.end(), [&](const Held& record) {
    return !record.key.starts_with(prefix);
  });
  for (auto record = first; record != records.end(); ++record) {
    std::string rest = record->key.substr(prefix.size());
    out.emplace(std::move(rest), std::move(*record));
  }
  records.erase(first, records.end());
  return out;
}

void Takeover::run(spawner::Snapshot& snapshot) {
  restore_groups(take_records(snapshot.records, "group:"), snapshot.welcome);
  states_ = take_records(snapshot.records, "process:");
  inputs_ = take_records(snapshot.records, "stdin:");
  notify_sockets_ = take_records(snapshot.records, "notify:");
  for (auto& child : snapshot.children) children_.emplace(child.name, std::move(child));
  inherit_sockets(take_records(snapshot.records, "fcgi:"));
  for (auto& [url, held] : take_records(snapshot.records, process::program_socket_record))
    parts_.sockets.inherit(url, std::move(held));

  for (process::Process* const process : parts_.table.all()) {
    take_over(*process);
    for (const bool is_stderr : {false, true}) {
      if (const auto log = process->log_file(is_stderr)) logs_in_use_.insert(log->path);
    }
  }
  for (const auto& group : parts_.table.groups()) {
    if (group->socket() != nullptr) group->socket()->close_if_unused();
  }
  for (const auto& [key, held] : states_) parts_.keeper.drop("process:" + key);
  for (const auto& stream : parts_.logs.waiting_for_pipe()) parts_.logs.forget(stream);
  end_strays();
}

// After the keeper's own death there are no groups in the list, but states and children: the groups
// are then those of the files, and their processes may be running.
void Takeover::restore_groups(const Records& groups, const keeper::Welcome& welcome) {
  for (const auto& [name, held] : groups) {
    if (const auto spec = config::decode_group(held.bytes)) {
      parts_.groups.restore(*spec);
    } else {
      parts_.report(Level::error,
                    fmt::format("group {} cannot be taken over: {}", name, spec.error().context));
    }
  }
  if (!groups.empty() || !welcome.state_adopted) return;
  for (const auto& spec : parts_.config.groups) {
    parts_.keeper.put("group:" + spec.name, config::encode(spec), {});
    parts_.groups.restore(spec);
  }
}

void Takeover::inherit_sockets(Records sockets) {
  for (auto& [name, held] : sockets) {
    const auto* const group = parts_.table.find_group(name);
    if (group == nullptr || group->socket() == nullptr) {
      parts_.keeper.drop("fcgi:" + name);
    } else if (!held.fds.empty()) {
      group->socket()->inherit(std::move(held.fds.front()));
    }
  }
}

void Takeover::take_over(process::Process& process) {
  const std::string& key = process.key();
  process::Inheritance inheritance;
  if (const auto found = states_.find(key); found != states_.end()) {
    if (auto record = process::decode_record(found->second.bytes)) {
      inheritance.record = *std::move(record);
    } else {
      parts_.report(Level::error,
                    fmt::format("state of {} cannot be read: {}", key, record.error().context));
    }
    states_.erase(found);
  }
  if (const auto found = inputs_.find(key); found != inputs_.end() && !found->second.fds.empty()) {
    inheritance.stdin_end = std::move(found->second.fds[0]);
  }
  if (const auto found = notify_sockets_.find(key);
      found != notify_sockets_.end() && !found->second.fds.empty()) {
    inheritance.notify_socket = std::move(found->second.fds[0]);
    inheritance.notify_address = found->second.bytes;
  }
  inherit_child(key, inheritance);
  if (inheritance.has_child && !inheritance.exit) {
    for (const auto& socket : process.spec().sockets)
      parts_.sockets.recover(socket, inheritance.pid);
  }
  process.take_over(std::move(inheritance));
}

void Takeover::inherit_child(const std::string& key, process::Inheritance& inheritance) {
  const auto found = children_.find(key);
  if (found == children_.end()) return;
  spawner::Child& child = found->second;
  inheritance.has_child = true;
  inheritance.pid = child.pid;
  if (child.exit)
    inheritance.exit = spawner::Exited{key, child.pid, child.exit->status, child.exit->known};
  for (auto& recovered : child.recovered) {
    if (recovered.target == 0) {
      const int fd = recovered.fd.get();
      parts_.keeper.put("stdin:" + key, "", std::span{&fd, 1});
      inheritance.stdin_end = std::move(recovered.fd);
    } else {
      inheritance.recovered_outputs.emplace_back(recovered.target, std::move(recovered.fd));
    }
  }
  children_.erase(found);
}

void Takeover::end_strays() {
  for (const auto& [name, child] : children_) {
    if (child.exit || child.pid == 0) {
      parts_.keeper.forget(name);
      continue;
    }
    parts_.report(
        Level::warn,
        fmt::format("stopping {} (pid {}): it runs, and no configured process stands for it", name,
                    child.pid));
    strays_.insert(name);
    parts_.keeper.signal(name, SIGTERM, spawner::SignalTarget::process_group);
  }
}

}  // namespace supervisord
