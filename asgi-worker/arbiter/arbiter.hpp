// The parent of the workers: forks, watches and reaps them, and answers signals, as plan.hpp says.
// Runs no application code. One thread; the GIL is held except around the wait.
#pragma once

#include <csignal>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "asgi-worker/arbiter/cgroup.hpp"
#include "asgi-worker/arbiter/plan.hpp"
#include "asgi-worker/arbiter/template.hpp"
#include "asgi-worker/python/log.hpp"
#include "asgi-worker/worker/cell.hpp"
#include "common/unique_fd.hpp"

namespace asgi_worker::arbiter {

/// What the configuration says about processes.
struct Wanted {
  Policy policy;
  Clock::duration most_silence{};  // of a worker's loop, then it is stuck; zero: for ever
  bool preloads = false;
  bool interrupts_quickly = false;  // INT is QUIT, as with gunicorn
};

/// What the arbiter calls. All of it is called in the arbiter, but the first two.
struct Hooks {
  /// The worker's life, in the worker: its exit status. `arbiter` is what it reports to.
  std::function<int(int arbiter, worker::Cell* cell)> run;
  /// In the template: imports the application; an exit status when it cannot, else 0.
  std::function<int()> load;

  /// HUP: reads the configuration again.
  std::function<Wanted()> reload;
  std::function<void()> reopen_logs;
  /// Every slot serves, for the first time.
  std::function<void()> ready;
  /// A reload has come to its end, well or not.
  std::function<void()> reloaded;
  /// It stops; called once. Workers have the sockets for as long as they need them.
  std::function<void()> stopping;
  /// So many serve of so many that there shall be.
  std::function<void(int serving, int wanted)> counted;
  /// USR2: starts another arbiter with our sockets; its pid, or -1.
  std::function<pid_t()> upgrade;
  /// WINCH means us only then, or beside a successor; else it is about the size of a terminal.
  std::function<bool()> is_daemon;

  std::function<void(int now, int before)> count_changes;
  std::function<void()> before_fork;
  std::function<void(pid_t worker)> child_born;
  std::function<void(pid_t worker)> child_ended;
};

class Arbiter {
 public:
  Arbiter(const Wanted& wanted, Hooks hooks, const python::Log& log);
  ~Arbiter();
  Arbiter(const Arbiter&) = delete;
  Arbiter& operator=(const Arbiter&) = delete;
  /// Until everything has stopped. The exit status: the arbiter's, and in a child, which comes
  /// back from here too, that child's.
  int run();
  bool is_child() const { return is_child_; }
  /// A successor (USR2) runs: what we share with it is its own now.
  bool has_successor() const { return successor_ > 0; }
  pid_t successor() const { return successor_; }
  /// What asked for the end was TERM, and nothing else.
  bool was_asked_by_term() const { return asked_by_ == SIGTERM && !is_child_; }

  /// Calls `on_event` whenever `fd` is readable, until it is unwatched.
  void watch(int fd, std::function<void()> on_event) {
    watched_.push_back({fd, std::move(on_event)});
  }
  void unwatch(int fd) {
    std::erase_if(watched_, [&](const Watched& watched) { return watched.fd == fd; });
  }
  /// What HUP does.
  void reload();
  /// Calls `on_tick` about so often.
  void tick_every(Clock::duration interval, std::function<void()> on_tick);

  /// A signal has come, or somebody asks for what it does.
  void on_signal(int number);

  struct Seen {
    pid_t pid;
    bool is_ready;
    double silent_seconds;  // since its loop's last beat; below 0: it tells none
  };
  /// All, the oldest first.
  std::vector<Seen> workers() const;

  const worker::Cells& cells() const { return cells_; }

 private:
  /// A worker as the arbiter holds it. Its pid is ours until reap() has taken its status.
  struct Child {
    pid_t pid = -1;
    common::UniqueFd words;  // what it tells us
    worker::Cell* cell = nullptr;
  };
  /// A worker that the template is to fork.
  struct Order {
    int slot;
    std::string reason;
    bool is_sent = false;
    Child child = {};
  };
  /// Of a worker whose pid the template has yet to tell.
  struct EarlyDeath {
    pid_t pid;
    int status;
    long most_rss_kib;
  };
  struct Watched {
    int fd = -1;
    std::function<void()> on_event;
    bool is_ready = false;
  };
  struct Tick {
    Clock::duration interval{};
    Clock::time_point next{};
    std::function<void()> on_tick;
  };

  void apply(const Actions& actions);
  void take(const Input& input);
  void fork_worker(const Fork& fork);
  void born(Order order, pid_t pid);
  void retire(pid_t pid);
  Child* child_of(pid_t pid);

  std::unique_ptr<Template> start_template();
  void send_orders();
  enum class Orders { unsent, all };
  void fail_orders(Orders which);
  void read_template();
  void answer_order(const TemplateWord& word);
  void template_ended(pid_t pid, int status);

  void wait();
  int milliseconds_to_wait() const;
  void read_signals();
  void stop(StopAsked::How how, const char* signal);
  void upgrade();
  void read_words();
  void call_watchers();
  void look_for_silence();
  void reap();
  void bury(pid_t pid, int status, long most_rss_kib);
  void tick();
  void tell_count();

  Wanted wanted_;
  Plan plan_;
  Hooks hooks_;
  const python::Log& log_;
  worker::Cells cells_;
  MemoryKills memory_kills_;
  common::UniqueFd signals_;
  std::vector<Child> children_;
  std::vector<EarlyDeath> early_deaths_;

  std::unique_ptr<Template> template_;
  std::unique_ptr<Template> next_template_;  // with newer code, while it loads
  std::optional<Clock::time_point> template_at_;
  std::deque<Order> orders_;

  std::vector<Watched> watched_;
  std::vector<int> ready_fds_;  // of these, in this turn
  std::vector<Tick> ticks_;
  Clock::time_point looks_next_{};
  std::pair<int, int> told_count_{-1, -1};
  pid_t successor_ = -1;
  std::optional<int> status_;
  int asked_by_ = 0;  // the last signal that asked for the end
  bool is_child_ = false;
  bool is_stopping_ = false;
};

}  // namespace asgi_worker::arbiter
