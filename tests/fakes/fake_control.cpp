#include "tests/fakes/fake_control.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <stdexcept>

namespace supervisord::control {
namespace {

constexpr std::uint64_t file_id = 77;
constexpr std::size_t chunk_bytes = 64 * 1024;

bool names(const std::string& selector, const process::Status& process) {
  if (selector == "all") return true;
  const auto colon = selector.find(':');
  if (colon == std::string::npos) return process.group == selector && process.name == selector;
  const std::string name = selector.substr(colon + 1);
  return process.group == selector.substr(0, colon) &&
         (name.empty() || name == "*" || name == process.name);
}

std::string own_name(const std::string& name) {
  const auto colon = name.find(':');
  return colon == std::string::npos ? name : name.substr(colon + 1);
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += " " + word;
  return out;
}

}  // namespace

struct FakeControl::Open : Interest {
  explicit Open(FakeControl& of) : control{of} { ++control.interests; }
  ~Open() override { --control.interests; }
  FakeControl& control;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
};

struct FakeControl::Watching : Open {
  using Open::Open;
  ~Watching() override { control.watching_.erase(this); }
  std::function<void(const Event&)> event;
};

struct FakeControl::Flow : LogFlow {
  explicit Flow(FakeControl& of) : control{of} { ++control.interests; }
  ~Flow() override {
    control.flows_.erase(this);
    --control.interests;
    *alive = false;
  }
  void next() override {
    asked = true;
    boost::asio::post(control.io_, [this, alive = alive] {
      if (*alive) give();
    });
  }
  void give() {
    const std::string& text = control.logs[name];
    if (!asked || offset >= text.size()) return;
    asked = false;
    auto piece = std::make_shared<const LogChunk>(
        LogChunk{{file_id, offset}, text.substr(offset, chunk_bytes), false});
    offset += piece->bytes.size();
    ++control.chunks_read;
    chunk(std::move(piece));
  }
  FakeControl& control;
  std::string name;
  std::uint64_t offset = 0;
  bool asked = false;
  std::function<void(SharedChunk)> chunk;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
};

void FakeControl::append(const std::string& name, std::string_view text) {
  logs[name] += text;
  for (Flow* const flow : flows_) {
    if (flow->name == name) flow->give();
  }
}

void FakeControl::happen(const Event& event) {
  for (Watching* const each : watching_) each->event(event);
}

process::Status& FakeControl::process(std::string_view name) {
  const auto found = std::find_if(processes.begin(), processes.end(),
                                  [&](const auto& each) { return each.name == name; });
  if (found == processes.end()) throw std::logic_error{"the test names no process"};
  return *found;
}

Ending FakeControl::end(const std::string& call, DaemonState state) {
  if (info.state != DaemonState::running) return {Fault::shutdown_state, ""};
  calls.push_back(call);
  info.state = state;
  return {};
}

std::vector<process::Status*> FakeControl::select(const std::vector<std::string>& selectors,
                                                  std::string& unknown) {
  std::vector<process::Status*> found;
  for (const std::string& selector :
       selectors.empty() ? std::vector<std::string>{"all"} : selectors) {
    const std::size_t before = found.size();
    for (auto& each : processes) {
      if (names(selector, each)) found.push_back(&each);
    }
    const bool is_empty_group = empty_groups.contains(selector.substr(0, selector.find(':')));
    if (found.size() == before && selector != "all" && !is_empty_group) unknown = selector;
  }
  return found;
}

common::Result<std::vector<process::Status>> FakeControl::status(
    const std::vector<std::string>& selectors) const {
  std::string unknown;
  const auto found = const_cast<FakeControl*>(this)->select(selectors, unknown);
  if (!unknown.empty()) return common::Error{common::Errc::not_found, unknown};
  std::vector<process::Status> out;
  for (const auto* each : found) out.push_back(*each);
  return out;
}

InterestPtr FakeControl::later(std::function<void()> act) {
  auto open = std::make_unique<Open>(*this);
  boost::asio::post(io_, [act = std::move(act), alive = std::weak_ptr{open->alive}] {
    if (alive.lock()) act();
  });
  return open;
}

InterestPtr FakeControl::act(const std::vector<std::string>& selectors, Progress progress,
                             Done done, Outcome (FakeControl::*one)(process::Status&)) {
  return later([this, selectors, progress = std::move(progress), done = std::move(done), one] {
    std::string unknown;
    const auto found = select(selectors, unknown);
    if (!unknown.empty()) return done({Fault::bad_name, unknown});
    for (auto* each : found) progress((this->*one)(*each));
    if (settle_starts) done({});
  });
}

Outcome FakeControl::start_one(process::Status& process) {
  if (is_up(process.state)) return {process.group, process.name, Fault::already_started, ""};
  if (process.state == process::State::unknown) {
    return {process.group, process.name, Fault::failed, "its state is unknown"};
  }
  if (const auto fault = start_faults.find(process.name); fault != start_faults.end()) {
    return {process.group, process.name, fault->second, "the test says so"};
  }
  process.state = process::State::running;
  process.pid = 500;
  return {process.group, process.name, Fault::none, ""};
}

Outcome FakeControl::stop_one(process::Status& process) {
  if (!is_up(process.state)) return {process.group, process.name, Fault::not_running, ""};
  process.state = process::State::stopped;
  process.pid = 0;
  return {process.group, process.name, Fault::none, ""};
}

InterestPtr FakeControl::start(const std::vector<std::string>& selectors, Wait, Progress progress,
                               Done done) {
  calls.push_back("start" + joined(selectors));
  return act(selectors, std::move(progress), std::move(done), &FakeControl::start_one);
}

InterestPtr FakeControl::stop(const std::vector<std::string>& selectors, Wait, Progress progress,
                              Done done) {
  calls.push_back("stop" + joined(selectors));
  return act(selectors, std::move(progress), std::move(done), &FakeControl::stop_one);
}

InterestPtr FakeControl::restart(const std::vector<std::string>& selectors, Wait,
                                 RestartProgress progress, Done done) {
  calls.push_back("restart" + joined(selectors));
  return later([this, selectors, progress = std::move(progress), done = std::move(done)] {
    std::string unknown;
    const auto found = select(selectors, unknown);
    if (!unknown.empty()) return done({Fault::bad_name, unknown});
    for (auto* each : found) progress.stopped(stop_one(*each));
    for (auto* each : found) progress.started(start_one(*each));
    done({});
  });
}

void FakeControl::signal(const std::vector<std::string>& selectors, std::string_view signal,
                         const Progress& progress, const Done& done) {
  calls.push_back("signal " + std::string{signal} + joined(selectors));
  signal_all(selectors, signal == "BOGUS" ? Fault::bad_signal : Fault::none, progress, done);
}

void FakeControl::signal_all(const std::vector<std::string>& selectors, Fault refusal,
                             const Progress& progress, const Done& done) {
  std::string unknown;
  const auto found = select(selectors, unknown);
  if (!unknown.empty()) return done({Fault::bad_name, unknown});
  for (const auto* each : found) {
    const Fault fault = refusal != Fault::none        ? refusal
                        : is_signallable(each->state) ? Fault::none
                                                      : Fault::not_running;
    progress({each->group, each->name, fault, ""});
  }
  done({});
}

void FakeControl::send_reload_signal(const std::vector<std::string>& selectors,
                                     const Progress& progress, const Done& done) {
  calls.push_back("reload signal" + joined(selectors));
  signal_all(selectors, Fault::none, progress, done);
}

Ending FakeControl::send_stdin(std::string_view process, std::string_view bytes) {
  calls.push_back("stdin " + std::string{process} + " " + std::string{bytes});
  return {};
}

void FakeControl::send_remote_event(std::string_view type, std::string_view data) {
  calls.push_back("remote event " + std::string{type} + " " + std::string{data});
}

Ending FakeControl::upgrade() {
  calls.push_back("upgrade");
  if (!refuses_upgrade.empty()) return {Fault::failed, refuses_upgrade};
  ++info.daemon_starts;  // as the successor says it
  ++info.daemon_pid;
  if (!keeps_keeper) ++info.keeper_upgrades;
  info.version = "9.9.0";
  return {};
}

std::vector<ConfiguredProcess> FakeControl::configured() const {
  std::vector<ConfiguredProcess> out;
  for (const auto& spec : specs) out.push_back({&spec, 999, true});
  return out;
}

common::Result<ConfigChanges> FakeControl::reread() {
  if (info.state != DaemonState::running || !bad_files.empty())
    return common::Error{common::Errc::bad_value, bad_files};
  return changes;
}

InterestPtr FakeControl::update(const std::vector<std::string>& groups,
                                std::function<void(const UpdateProgress&)> progress, Done done) {
  calls.push_back("update" + joined(groups));
  return later([this, groups, progress = std::move(progress), done = std::move(done)] {
    const auto is_meant = [&](const std::string& group) {
      return groups.empty() || std::find(groups.begin(), groups.end(), group) != groups.end();
    };
    for (const auto& group : groups) {
      std::string unknown;
      select({group + ":*"}, unknown);
      const bool is_new =
          std::find(changes.added.begin(), changes.added.end(), group) != changes.added.end();
      if (!unknown.empty() && !is_new) return done({Fault::bad_name, group});
    }
    for (const auto& group : changes.removed) {
      if (!is_meant(group)) continue;
      progress({group, UpdateStep::stopped, ""});
      progress({group, UpdateStep::removed, ""});
    }
    for (const auto& group : changes.changed) {
      if (!is_meant(group)) continue;
      progress({group, UpdateStep::stopped, ""});
      progress({group, UpdateStep::updated, ""});
    }
    for (const auto& group : changes.added) {
      if (is_meant(group)) progress({group, UpdateStep::added, ""});
    }
    done({});
  });
}

Ending FakeControl::add_group(std::string_view group) {
  std::string unknown;
  select({std::string{group} + ":*"}, unknown);
  if (unknown.empty()) return {Fault::already_added, std::string{group}};
  if (!groups_to_add.contains(std::string{group})) return {Fault::bad_name, std::string{group}};
  return {};
}

Ending FakeControl::remove_group(std::string_view group) {
  std::string unknown;
  const auto found = select({std::string{group} + ":*"}, unknown);
  if (!unknown.empty()) return {Fault::bad_name, std::string{group}};
  for (const auto* each : found) {
    if (!is_down(each->state)) return {Fault::still_running, std::string{group}};
  }
  return {};
}

common::Result<std::vector<std::pair<std::string, std::string>>> FakeControl::describe(
    std::string_view) const {
  return std::vector<std::pair<std::string, std::string>>{
      {"command", "/bin/true"}, {"environment", "KEY=\"secret\",PLAIN=\"yes\""}};
}

std::vector<process::RunEnd> FakeControl::run_ends(std::string_view) const { return ends; }

common::Result<LogChunk> FakeControl::read_log(const LogName& log, std::int64_t offset,
                                               std::uint64_t length) const {
  const bool is_main = log.channel == Channel::main_log;
  const std::string name = is_main ? "" : own_name(log.process);
  const auto known = [&](const auto& each) { return each.name == name; };
  if (!is_main && std::none_of(processes.begin(), processes.end(), known)) {
    return common::Error{common::Errc::not_found, name};
  }
  const auto found = logs.find(name);
  if (found == logs.end()) return common::Error{common::Errc::missing, name};
  if (offset < 0 && length != 0) return common::Error{common::Errc::bad_value, "bad arguments"};
  const auto size = static_cast<std::int64_t>(found->second.size());
  const auto from = static_cast<std::size_t>(
      std::clamp(offset < 0 ? size + offset : offset, std::int64_t{0}, size));
  return LogChunk{
      {file_id, from}, found->second.substr(from, length == 0 ? std::string::npos : length), false};
}

common::Result<LogTail> FakeControl::tail_log(const LogName& log, std::uint64_t offset,
                                              std::uint64_t length) const {
  const auto text = read_log(log, 0, 0);
  if (!text) {
    if (text.error().code == common::Errc::missing) return LogTail{};
    return text.error();
  }
  const std::uint64_t size = text->bytes.size();
  LogTail tail{"", size, size > offset + length};
  if (offset < size) tail.bytes = text->bytes.substr(size - std::min(size, length));
  return tail;
}

Ending FakeControl::clear_log(const LogName& log) {
  const bool is_main = log.channel == Channel::main_log;
  const auto found = logs.find(is_main ? "" : own_name(log.process));
  if (found == logs.end()) return {Fault::no_file, log.process};
  found->second.clear();
  return {};
}

common::Result<std::unique_ptr<Control::LogFlow>> FakeControl::follow_log(
    const LogName& log, std::optional<LogPosition> from, std::uint64_t last_bytes,
    std::function<void(SharedChunk)> chunk) {
  const auto text = read_log(log, 0, 0);
  if (!text) return text.error();
  auto flow = std::make_unique<Flow>(*this);
  flow->name = log.channel == Channel::main_log ? "" : own_name(log.process);
  const std::uint64_t size = (*text).bytes.size();
  flow->offset = from ? from->offset : size - std::min(size, last_bytes);
  calls.push_back("follow " + flow->name + " from " + std::to_string(flow->offset));
  flow->chunk = std::move(chunk);
  flows_.insert(flow.get());
  return std::unique_ptr<LogFlow>{std::move(flow)};
}

InterestPtr FakeControl::watch(std::optional<EventPosition>,
                               std::function<void(const Event&)> event,
                               std::function<void(std::uint64_t)>) {
  auto watching = std::make_unique<Watching>(*this);
  watching->event = std::move(event);
  watching_.insert(watching.get());
  return watching;
}

}  // namespace supervisord::control
