#include "supervisord/control/verbs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <map>
#include <utility>

#include "common/values.hpp"
#include "supervisord/config/dump.hpp"
#include "supervisord/events/payload.hpp"

namespace supervisord::control {
namespace {

namespace asio = boost::asio;
using process::Process;
using process::State;

struct Flow : Control::LogFlow {
  explicit Flow(std::unique_ptr<log::Follow> of) : follow{std::move(of)} {}
  void next() override { follow->next(); }
  std::unique_ptr<log::Follow> follow;
};

/// A name with or without SIG, or a number that has one.
std::optional<int> signal_of(std::string_view text) {
  if (const auto parsed = common::parse_signal(text)) return *parsed;
  return std::nullopt;
}

constexpr std::chrono::seconds patience_with_listeners{2};

/// Nothing to take back.
struct NoInterest : Interest {};

/// Ends the callbacks of an `Asked` that goes on.
template <class Asked>
struct Listener : Interest {
  explicit Listener(std::shared_ptr<Asked> of) : asked{std::move(of)} {}
  ~Listener() override { asked->has_listener = false; }
  std::shared_ptr<Asked> asked;
};

}  // namespace

struct Verbs::Watcher {
  std::function<void(const Event&)> event;
  bool has_listener = true;
};

Verbs::Verbs(process::Table& table, Groups& groups, process::Surroundings& surroundings,
             events::History& history, DaemonHooks hooks)
    : table_{table},
      groups_{groups},
      surroundings_{surroundings},
      history_{history},
      hooks_{std::move(hooks)},
      operations_{surroundings, table},
      changes_{surroundings.io},
      restarts_{operations_, surroundings, table, [this] { return is_ending(); }},
      updates_{{table, groups, surroundings, operations_, changes_, hooks_.config,
                [this] { return is_ending(); }}} {}

Verbs::~Verbs() = default;

void Verbs::on_change(const process::StateChange& change) {
  Event event;
  event.type = events::state_event_type(change.to);
  event.group = change.group;
  event.process = change.name;
  event.from = change.from;
  event.to = change.to;
  event.pid = change.pid;
  event.payload = events::payload_of({.process = change.name,
                                      .group = change.group,
                                      .from = change.from,
                                      .to = change.to,
                                      .pid = change.pid,
                                      .tries = change.tries,
                                      .expected = change.expected});
  operations_.on_change(change);
  announce(std::move(event));
  changes_.on_change();
}

void Verbs::announce(Event event) {
  event.at = std::chrono::system_clock::now();
  const Event& kept = history_.add(std::move(event));
  std::erase_if(watchers_, [](const auto& watcher) { return !watcher->has_listener; });
  for (const auto& watcher : std::vector{watchers_}) {
    if (watcher->has_listener) watcher->event(kept);
  }
  if (hooks_.announced) hooks_.announced(kept);
}

// Listeners that go last are told of all that went before, if they take it.
asio::awaitable<void> Verbs::tell_the_last(const std::vector<std::string>& groups) {
  if (!hooks_.has_events) co_return;
  const auto end = std::chrono::steady_clock::now() + patience_with_listeners;
  asio::steady_timer patience{surroundings_.io, end};
  patience.async_wait([this](const auto& error) {
    if (!error) changes_.on_change();
  });
  co_await changes_.until([&] {
    return std::chrono::steady_clock::now() >= end ||
           std::ranges::none_of(groups, hooks_.has_events);
  });
}

asio::awaitable<void> Verbs::stop_everything() {
  std::map<int, std::vector<std::string>, std::greater<>> by_priority;
  for (const auto& group : table_.groups())
    by_priority[group->spec().priority].push_back(group->name());
  for (Process* const process : table_.all()) process->end_starts();
  for (const auto& [priority, names] : by_priority) {
    co_await tell_the_last(names);
    for (auto name = names.rbegin(); name != names.rend(); ++name) {
      const auto* const group = table_.find_group(*name);
      if (group == nullptr) continue;
      auto members = group->by_priority();
      std::ranges::reverse(members);
      for (Process* const member : members) member->shut_down();
    }
    co_await changes_.until([this, &names = names] {
      return std::ranges::all_of(names, [this](const auto& name) {
        const auto* const group = table_.find_group(name);
        return group == nullptr || group->is_down();
      });
    });
  }
}

DaemonInfo Verbs::daemon() const { return hooks_.info(); }

Ending Verbs::shutdown() {
  if (daemon_state() == DaemonState::shutting_down) return {Fault::shutdown_state, {}};
  hooks_.shutdown();
  return {};
}

Ending Verbs::reload() {
  if (is_ending()) return {Fault::shutdown_state, {}};
  if (const auto read = hooks_.read_files(); !read)
    return {Fault::cant_reread, read.error().context};
  hooks_.reload();
  return {};
}

Ending Verbs::reopen_logs() {
  hooks_.reopen_logs();
  return {};
}

Ending Verbs::upgrade() {
  if (is_ending()) return {Fault::shutdown_state, {}};
  return hooks_.upgrade();
}

common::Result<std::vector<process::Status>> Verbs::status(
    const std::vector<std::string>& selectors) const {
  const auto processes = resolve(table_, selectors);
  if (!processes) return processes.error();
  std::vector<process::Status> out;
  out.reserve(processes->size());
  for (const Process* const process : *processes) out.push_back(process->status());
  return out;
}

InterestPtr Verbs::refuse(Fault fault, std::string detail, Done done) {
  asio::post(surroundings_.io,
             [ending = Ending{fault, std::move(detail)}, done = std::move(done)] { done(ending); });
  return std::make_unique<NoInterest>();
}

std::optional<std::vector<Process*>> Verbs::select(const std::vector<std::string>& selectors,
                                                   Order order, Ending& refusal) const {
  if (is_ending()) {
    refusal = {Fault::shutdown_state, {}};
    return std::nullopt;
  }
  auto processes = resolve(table_, selectors, order);
  if (!processes) {
    refusal = {Fault::bad_name, processes.error().context};
    return std::nullopt;
  }
  return *std::move(processes);
}

InterestPtr Verbs::start(const std::vector<std::string>& selectors, Wait wait, Progress progress,
                         Done done) {
  Ending refusal;
  const auto processes = select(selectors, Order::to_start, refusal);
  if (!processes) return refuse(refusal.fault, refusal.detail, std::move(done));
  return operations_.run(Verb::start, *processes, wait, std::move(progress), std::move(done));
}

InterestPtr Verbs::stop(const std::vector<std::string>& selectors, Wait wait, Progress progress,
                        Done done) {
  Ending refusal;
  const auto processes = select(selectors, Order::to_stop, refusal);
  if (!processes) return refuse(refusal.fault, refusal.detail, std::move(done));
  return operations_.run(Verb::stop, *processes, wait, std::move(progress), std::move(done));
}

InterestPtr Verbs::restart(const std::vector<std::string>& selectors, Wait wait,
                           RestartProgress progress, Done done) {
  Ending refusal;
  const auto processes = select(selectors, Order::to_stop, refusal);
  if (!processes) return refuse(refusal.fault, refusal.detail, std::move(done));
  const auto to_start = select(selectors, Order::to_start, refusal);
  return restarts_.run(*processes, *to_start, wait, std::move(progress), std::move(done));
}

void Verbs::signal(const std::vector<std::string>& selectors, std::string_view signal,
                   const Progress& progress, const Done& done) {
  const auto number = signal_of(signal);
  if (!number) {
    done({Fault::bad_signal, std::string{signal}});
    return;
  }
  signal_each(
      selectors, [&](const Process&) { return *number; }, progress, done);
}

void Verbs::send_reload_signal(const std::vector<std::string>& selectors, const Progress& progress,
                               const Done& done) {
  signal_each(
      selectors, [](const Process& process) { return process.spec().reload_signal; }, progress,
      done);
}

void Verbs::signal_each(const std::vector<std::string>& selectors,
                        const std::function<int(const Process&)>& number, const Progress& progress,
                        const Done& done) {
  Ending refusal;
  const auto processes = select(selectors, Order::to_start, refusal);
  if (!processes) {
    done(refusal);
    return;
  }
  for (Process* const process : *processes) {
    const bool can = process::is_signallable(process->state());
    if (can) process->signal(number(*process));
    progress({process->spec().group, process->name(), can ? Fault::none : Fault::not_running, {}});
  }
  done({});
}

Ending Verbs::send_stdin(std::string_view name, std::string_view bytes) {
  Process* const process = table_.find(name);
  if (process == nullptr) return {Fault::bad_name, std::string{name}};
  if (!process->has_child()) return {Fault::not_running, std::string{name}};
  if (const auto sent = process->send_stdin(bytes); !sent)
    return {Fault::no_file, sent.error().context};
  return {};
}

common::Result<ConfigChanges> Verbs::reread() {
  if (is_ending()) return common::Error{common::Errc::conflict, "supervisor shutting down"};
  if (const auto read = hooks_.read_files(); !read) return read.error();
  return updates_.changes();
}

std::vector<AvailableProcess> Verbs::available() const {
  std::vector<AvailableProcess> out;
  for (const auto& group : hooks_.config().groups) {
    const bool in_use = table_.find_group(group.name) != nullptr;
    for (const auto& process : group.processes) {
      out.push_back(
          {group.name, process.name, in_use, process.autostart, group.priority, process.priority});
    }
  }
  std::ranges::stable_sort(out, {}, &AvailableProcess::name);
  return out;
}

std::vector<ConfiguredProcess> Verbs::configured() const {
  std::vector<ConfiguredProcess> out;
  for (const auto& group : hooks_.config().groups) {
    const bool in_use = table_.find_group(group.name) != nullptr;
    for (const auto& process : group.processes) out.push_back({&process, group.priority, in_use});
  }
  std::ranges::stable_sort(out, {}, [](const auto& each) { return each.spec->name; });
  return out;
}

std::vector<ProgramSocket> Verbs::sockets() const {
  std::vector<ProgramSocket> out;
  for (auto& use : process::socket_uses(table_))
    out.push_back({std::move(use.name), std::move(use.url), std::move(use.programs)});
  return out;
}

void Verbs::send_remote_event(std::string_view type, std::string_view data) {
  Event event;
  event.type = "REMOTE_COMMUNICATION";
  event.payload = events::remote_payload(type, data);
  announce(std::move(event));
}

InterestPtr Verbs::update(const std::vector<std::string>& groups,
                          std::function<void(const UpdateProgress&)> progress, Done done) {
  if (is_ending()) return refuse(Fault::shutdown_state, {}, std::move(done));
  if (const auto read = hooks_.read_files(); !read) {
    return refuse(Fault::cant_reread, read.error().context, std::move(done));
  }
  for (const auto& group : groups) {
    if (group != "all" && updates_.configured(group) == nullptr &&
        table_.find_group(group) == nullptr) {
      return refuse(Fault::bad_name, group, std::move(done));
    }
  }
  return updates_.run(groups, std::move(progress), std::move(done));
}

Ending Verbs::add_group(std::string_view group) {
  if (is_ending()) return {Fault::shutdown_state, {}};
  if (table_.find_group(group) != nullptr) return {Fault::already_added, std::string{group}};
  const config::GroupSpec* const spec = updates_.configured(group);
  if (spec == nullptr) return {Fault::bad_name, std::string{group}};
  groups_.add(*spec);
  return {};
}

Ending Verbs::remove_group(std::string_view name) {
  if (is_ending()) return {Fault::shutdown_state, {}};
  const auto* const group = table_.find_group(name);
  if (group == nullptr) return {Fault::bad_name, std::string{name}};
  if (!group->is_down()) return {Fault::still_running, std::string{name}};
  groups_.remove(name);
  operations_.on_group_removed(name);
  return {};
}

common::Result<std::vector<std::pair<std::string, std::string>>> Verbs::describe(
    std::string_view name) const {
  const Process* const process = table_.find(name);
  if (process == nullptr) return common::Error{common::Errc::not_found, std::string{name}};
  return config::dump(process->spec(), groups_.specs());
}

std::vector<process::RunEnd> Verbs::run_ends(std::string_view name) const {
  const Process* const process = table_.find(name);
  if (process == nullptr) return {};
  return process->run_ends().all();
}

common::Result<log::LogFile> Verbs::find_log(const LogName& log) const {
  std::optional<log::LogFile> file;
  if (log.channel == Channel::main_log) {
    file = hooks_.main_log();
  } else {
    const Process* const process = table_.find(log.process);
    if (process == nullptr) return common::Error{common::Errc::not_found, log.process};
    file = process->log_file(log.channel == Channel::stderr_log);
  }
  if (!file) return common::Error{common::Errc::missing, log.process};
  return *file;
}

common::Result<LogChunk> Verbs::read_log(const LogName& log, std::int64_t offset,
                                         std::uint64_t length) const {
  const auto file = find_log(log);
  if (!file) return file.error();
  return surroundings_.logs.read(*file, offset, length);
}

common::Result<LogTail> Verbs::tail_log(const LogName& log, std::uint64_t offset,
                                        std::uint64_t length) const {
  const auto file = find_log(log);
  if (!file) {
    if (file.error().code == common::Errc::missing) return LogTail{};
    return file.error();
  }
  auto tail = log::tail_log(file->path, offset, length);
  return LogTail{std::move(tail.bytes), tail.offset, tail.overflow};
}

Ending Verbs::clear_log(const LogName& log) {
  const auto file = find_log(log);
  if (!file) {
    const bool no_process = file.error().code == common::Errc::not_found;
    return {no_process ? Fault::bad_name : Fault::no_file, file.error().context};
  }
  if (const auto cleared = surroundings_.logs.clear(file->path); !cleared) {
    const bool no_file = cleared.error().code == common::Errc::missing;
    return {no_file ? Fault::no_file : Fault::failed, cleared.error().context};
  }
  return {};
}

common::Result<std::unique_ptr<Control::LogFlow>> Verbs::follow_log(
    const LogName& log, std::optional<LogPosition> from, std::uint64_t last_bytes,
    std::function<void(SharedChunk)> chunk) {
  const auto file = find_log(log);
  if (!file) return file.error();
  auto follow = surroundings_.logs.follow(*file, from, last_bytes, std::move(chunk));
  if (!follow) return follow.error();
  return std::unique_ptr<LogFlow>{std::make_unique<Flow>(*std::move(follow))};
}

InterestPtr Verbs::watch(std::optional<EventPosition> from, std::function<void(const Event&)> event,
                         std::function<void(std::uint64_t)> lost) {
  auto watcher = std::make_shared<Watcher>();
  watcher->event = std::move(event);
  if (!from) {
    watchers_.push_back(watcher);
  } else {  // it joins when it has been told what is kept, so that nothing comes ahead of that
    asio::post(surroundings_.io, [this, watcher, from = *from, lost = std::move(lost)] {
      const auto replay = history_.since(from);
      if (replay.lost > 0 && watcher->has_listener) lost(replay.lost);
      for (const auto& old : replay.events) {
        if (watcher->has_listener) watcher->event(old);
      }
      if (watcher->has_listener) watchers_.push_back(watcher);
    });
  }
  return std::make_unique<Listener<Watcher>>(watcher);
}

}  // namespace supervisord::control
