#include "supervisord/control/update.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

#include "supervisord/config/diff.hpp"

namespace supervisord::control {

namespace asio = boost::asio;
using process::Process;

struct Updates::Update {
  std::vector<std::string> only;
  std::function<void(const UpdateProgress&)> progress;
  Done done;
  bool has_listener = true;
  bool is_for(const std::string& group) const {
    const auto names = [this](const std::string& name) {
      return std::ranges::find(only, name) != only.end();
    };
    return only.empty() || names("all") || names(group);
  }
  void tell(const std::string& group, UpdateStep step, const std::string& detail = {}) const {
    if (has_listener) progress({group, step, detail});
  }
};

struct Updates::Listener : Interest {
  explicit Listener(std::shared_ptr<Update> of) : update{std::move(of)} {}
  ~Listener() override { update->has_listener = false; }
  std::shared_ptr<Update> update;
};

ConfigChanges Updates::changes() const {
  auto diff = config::diff(parts_.groups.specs(), parts_.config().groups);
  return {std::move(diff.added), std::move(diff.changed), std::move(diff.removed)};
}

const config::GroupSpec* Updates::configured(std::string_view group) const {
  const auto& groups = parts_.config().groups;
  const auto found = std::ranges::find(groups, group, &config::GroupSpec::name);
  return found == groups.end() ? nullptr : &*found;
}

InterestPtr Updates::run(const std::vector<std::string>& only,
                         std::function<void(const UpdateProgress&)> progress, Done done) {
  auto update = std::make_shared<Update>();
  update->only = only;
  update->progress = std::move(progress);
  update->done = std::move(done);
  start(update);
  return std::make_unique<Listener>(update);
}

void Updates::resume(const std::vector<std::string>& only) {
  auto update = std::make_shared<Update>();
  update->only = only;
  update->has_listener = false;
  start(update);
}

void Updates::start(const std::shared_ptr<Update>& update) {
  std::string names;
  for (const auto& name : update->only) names += name + "\n";
  parts_.surroundings.holder.put("update", running_ == 0 ? names : "all\n", {});
  ++running_;
  asio::co_spawn(parts_.surroundings.io, go(update), [this](const std::exception_ptr& bug) {
    if (--running_ == 0) parts_.surroundings.holder.drop("update");
    if (bug)
      parts_.surroundings.report(common::Level::critical,
                                 "update ended by an exception, which is a bug");
  });
}

asio::awaitable<void> Updates::go(std::shared_ptr<Update> update) {
  const ConfigChanges found = changes();
  std::vector<std::string> leaving;
  for (const auto* const names : {&found.removed, &found.changed}) {
    std::ranges::copy_if(*names, std::back_inserter(leaving),
                         [&](const std::string& name) { return update->is_for(name); });
  }
  for (const auto& name : leaving) bring_down(name);
  for (const auto& name : leaving) co_await replace(update, name);
  for (const auto& name : found.added) {
    const config::GroupSpec* const next = configured(name);
    if (!update->is_for(name) || next == nullptr || parts_.table.find_group(name) != nullptr ||
        parts_.is_ending())
      continue;
    parts_.groups.add(*next);
    update->tell(name, UpdateStep::added);
  }
  if (update->has_listener) update->done({});
}

asio::awaitable<void> Updates::replace(std::shared_ptr<Update> update, std::string group) {
  co_await parts_.changes.until([this, &group] { return bring_down(group); });
  if (parts_.table.find_group(group) == nullptr) co_return;  // another update, or a person
  update->tell(group, UpdateStep::stopped);
  if (parts_.is_ending()) co_return;  // what ends all takes its groups out
  parts_.groups.remove(group);
  parts_.operations.on_group_removed(group);
  if (const config::GroupSpec* const next = configured(group)) {
    parts_.groups.add(*next);
    update->tell(group, UpdateStep::updated);
  } else {
    update->tell(group, UpdateStep::removed);
  }
}

// Whether it is down. What somebody has started meanwhile is asked again.
bool Updates::bring_down(std::string_view name) {
  const auto* const group = parts_.table.find_group(name);
  if (group == nullptr) return true;
  for (Process* const member : group->by_priority()) {
    if (process::is_up(member->state()) || member->waits_for_restart()) member->stop();
  }
  return group->is_down();
}

}  // namespace supervisord::control
