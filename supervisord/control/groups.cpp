#include "supervisord/control/groups.hpp"

#include <fmt/format.h>
#include <boost/asio/post.hpp>
#include <memory>

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
  boost::asio::post(surroundings_.io, [group] {});  // one of its processes may be what called us
}

std::vector<config::GroupSpec> Groups::specs() const {
  std::vector<config::GroupSpec> out;
  for (const auto& group : table_.groups()) out.push_back(group->spec());
  return out;
}

}  // namespace supervisord::control
