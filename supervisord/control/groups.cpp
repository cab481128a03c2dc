#include "supervisord/control/groups.hpp"

#include <fmt/format.h>
#include <boost/asio/post.hpp>
#include <memory>
#include <set>

#include "supervisord/config/codec.hpp"

namespace supervisord::control {
namespace {

/// AUTO log files are there from the time their group is.
void create_auto_logs(const process::Process& process, process::Surroundings& surroundings) {
  for (const bool is_stderr : {false, true}) {
    const auto& log = is_stderr ? process.spec().stderr_log : process.spec().stdout_log;
    if (log.kind != config::LogSpec::Kind::auto_named ||
        (is_stderr && process.spec().redirect_stderr))
      continue;
    if (const auto made = surroundings.logs.create(process.target(is_stderr)); !made) {
      surroundings.report(common::Level::critical, "cannot create log: " + made.error().context);
    }
  }
}

}  // namespace

void Groups::add(const config::GroupSpec& spec, Autostart when) {
  surroundings_.holder.put("group:" + spec.name, config::encode(spec), {});
  auto& group = restore(spec);
  open_sockets(group);
  for (const auto& process : group.processes()) create_auto_logs(*process, surroundings_);
  if (handlers_.added) handlers_.added(spec.name);
  if (when == Autostart::now) autostart(group);
}

process::Group& Groups::restore(const config::GroupSpec& spec) {
  auto& group = table_.add(std::make_unique<process::Group>(spec, surroundings_));
  if (handlers_.made) handlers_.made(spec);
  return group;
}

void Groups::autostart(process::Group& group) {
  for (const auto& process : group.processes()) {
    if (process->spec().autostart && process->was_never_started() &&
        process->state() == process::State::stopped) {
      process->start();
    }
  }
}

void Groups::remove(std::string_view name) {
  std::shared_ptr<process::Group> group = table_.take(name);
  if (group == nullptr) return;
  for (const auto& process : group->processes()) process->retire();
  surroundings_.holder.drop("group:" + group->name());
  if (handlers_.removed) handlers_.removed(group->name());
  // One of its processes may be what called us; and what comes in its place, in this same turn, may
  // have its sockets.
  boost::asio::post(surroundings_.io, [this, group] { close_unused_sockets(); });
}

// One that cannot be had is tried again at each start, whose error it is then.
void Groups::open_sockets(const process::Group& group) {
  for (const auto& process : group.processes()) {
    for (const config::SocketSpec& socket : process->spec().sockets) {
      if (const auto opened = surroundings_.sockets.open(socket); !opened)
        surroundings_.report(common::Level::error, opened.error().context);
    }
  }
}

void Groups::close_unused_sockets() {
  std::set<std::string> urls;
  for (const auto& use : process::socket_uses(table_)) urls.insert(use.url);
  surroundings_.sockets.keep_only(urls);
}

void Groups::settle_sockets() {
  for (const auto& group : table_.groups()) open_sockets(*group);
  close_unused_sockets();
}

std::vector<config::GroupSpec> Groups::specs() const {
  std::vector<config::GroupSpec> out;
  for (const auto& group : table_.groups()) out.push_back(group->spec());
  return out;
}

}  // namespace supervisord::control
