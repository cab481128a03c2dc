#include "supervisord/control/restart.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/lines.hpp"

namespace supervisord::control {
namespace {

using process::Process;
using process::State;

constexpr std::string_view stopping_word = "stopping";
constexpr std::string_view starting_word = "starting";

std::vector<std::string> keys_of(const std::vector<Process*>& processes) {
  std::vector<std::string> out;
  for (const Process* const process : processes) out.push_back(process->key());
  return out;
}

}  // namespace

struct Restarts::Restart {
  std::string record;             // its key
  std::vector<std::string> keys;  // in the order of the start
  Wait wait = Wait::no;
  Control::RestartProgress progress;
  Done done;
  bool has_listener = true;
  InterestPtr running;
};

struct Restarts::Listener : Interest {
  explicit Listener(std::shared_ptr<Restart> of) : restart{std::move(of)} {}
  ~Listener() override { restart->has_listener = false; }
  std::shared_ptr<Restart> restart;
};

InterestPtr Restarts::run(const std::vector<Process*>& to_stop,
                          const std::vector<Process*>& to_start, Wait wait,
                          Control::RestartProgress progress, Done done) {
  auto restart = std::make_shared<Restart>();
  restart->record = "restart:" + std::to_string(next_number_++);
  restart->keys = keys_of(to_start);
  restart->wait = wait;
  restart->progress = std::move(progress);
  restart->done = std::move(done);
  stop(restart, to_stop);
  return std::make_unique<Listener>(restart);
}

void Restarts::resume(const std::string& number, std::string_view bytes) {
  std::uint64_t value = 0;
  std::from_chars(number.data(), number.data() + number.size(), value);
  next_number_ = std::max(next_number_, value + 1);
  auto restart = std::make_shared<Restart>();
  restart->record = "restart:" + number;
  restart->keys = common::lines_of(bytes);
  restart->has_listener = false;
  if (restart->keys.empty()) return surroundings_.holder.drop(restart->record);
  const bool had_begun_to_start = restart->keys.front() == starting_word;
  restart->keys.erase(restart->keys.begin());
  if (had_begun_to_start) {
    std::erase_if(restart->keys, [this](const std::string& key) {
      const Process* const process = table_.find(key);
      return process == nullptr || process->state() != State::stopped;
    });
    return start(restart);
  }
  std::vector<Process*> processes;
  for (const auto& key : restart->keys) {
    if (Process* const process = table_.find(key)) processes.push_back(process);
  }
  stop(restart, processes);
}

void Restarts::stop(const std::shared_ptr<Restart>& restart,
                    const std::vector<Process*>& processes) {
  remember(*restart, Half::stopping);
  const auto stopped = [restart](const Outcome& outcome) {
    if (restart->has_listener) restart->progress.stopped(outcome);
  };
  restart->running = operations_.run(Verb::take_down, processes, Wait::until_settled, stopped,
                                     [this, restart](const Ending&) { start(restart); });
}

// When all are asked to start, their own records say so, and the restart's is not needed any more.
void Restarts::start(const std::shared_ptr<Restart>& restart) {
  if (is_ending_()) {
    surroundings_.holder.drop(restart->record);
    if (restart->has_listener) restart->done({Fault::shutdown_state, {}});
    return;
  }
  std::vector<Process*> processes;
  for (const auto& key : restart->keys) {
    if (Process* const process = table_.find(key)) processes.push_back(process);
  }
  const auto started = [restart](const Outcome& outcome) {
    if (restart->has_listener) restart->progress.started(outcome);
  };
  remember(*restart, Half::starting);
  auto running = operations_.run(Verb::start, processes, restart->wait, started,
                                 [restart](const Ending& ending) {
                                   restart->running.reset();
                                   if (restart->has_listener) restart->done(ending);
                                 });
  restart->running = std::move(running);
  surroundings_.holder.drop(restart->record);
}

void Restarts::remember(const Restart& restart, Half half) {
  std::string bytes{half == Half::stopping ? stopping_word : starting_word};
  for (const auto& key : restart.keys) bytes += "\n" + key;
  surroundings_.holder.put(restart.record, bytes, {});
}

}  // namespace supervisord::control
