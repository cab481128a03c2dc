// How the arbiter gets its workers by way of a template.
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "asgi-worker/arbiter/arbiter.hpp"
#include "asgi-worker/python/compat.hpp"
#include "common/wait_status.hpp"

namespace asgi_worker::arbiter {

using python::Level;

namespace {

constexpr std::chrono::seconds template_pause{5};  // between attempts to load the application

}  // namespace

/// Null when it cannot be made, and in the template, which comes back from here at its end.
std::unique_ptr<Template> Arbiter::start_template() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // so that the workers that it forks are our children
  auto pair = common::make_socket_pair(SOCK_SEQPACKET);
  if (!pair) {
    log_.line(Level::error, "cannot start a template: " + pair.error().context);
    template_at_ = Clock::now() + template_pause;
    return {};
  }
  const pid_t arbiter = ::getpid();
  PyOS_BeforeFork();
  const pid_t pid = ::fork();
  if (pid != 0) {
    PyOS_AfterFork_Parent();
    if (pid > 0) return std::make_unique<Template>(pid, std::move(pair->first));
    template_at_ = Clock::now() + template_pause;
    return {};
  }
  PyOS_AfterFork_Child();
  is_child_ = true;
  signals_.reset();
  children_.clear();
  template_.reset();
  next_template_.reset();
  pair->first.reset();
  const TemplateLife life{.load = hooks_.load, .run = [this](TemplateSeat seat) {
                            return hooks_.run(seat.words.get(), cells_.at(seat.cell));
                          }};
  status_ = run_template(std::move(pair->second), arbiter, life);
  return {};
}

void Arbiter::send_orders() {
  if (!template_ || !template_->is_loaded()) return;
  for (Order& order : orders_) {
    if (order.is_sent) continue;
    auto pipe = common::make_pipe();
    if (!pipe) {
      log_.line(Level::error, "cannot start a worker: " + pipe.error().context);
      return;  // the next order tries again
    }
    (void)common::set_blocking(pipe->read_end.get(), common::Blocking::no);
    order.child = {-1, std::move(pipe->read_end), cells_.take()};
    const std::size_t cell =
        order.child.cell != nullptr ? cells_.index_of(order.child.cell) : worker::Cells::count;
    order.is_sent = true;  // if it has gone, its end answers
    template_->ask(cell, pipe->write_end.get());
  }
}

void Arbiter::fail_orders(Orders which) {
  std::deque<Order> failed;
  std::erase_if(orders_, [&](Order& order) {
    if (which == Orders::unsent && order.is_sent) return false;
    failed.push_back(std::move(order));
    return true;
  });
  for (const Order& order : failed) {
    worker::Cells::give_back(order.child.cell);
    take(ForkFailed{order.slot});
  }
}

void Arbiter::read_template() {
  if (next_template_) next_template_->read();  // loaded, or closed: reap() says how it ended
  while (template_) {
    const auto word = template_->read();
    if (!word || word->what == TemplateWord::What::closed) break;
    if (word->what == TemplateWord::What::loaded) {
      send_orders();
    } else if (!orders_.empty()) {
      answer_order(*word);
    }
    if (is_child_) return;
  }
  const bool is_settled = std::ranges::none_of(orders_, &Order::is_sent);
  if (!next_template_ || !next_template_->is_loaded() || !is_settled) return;
  template_ = std::move(next_template_);
  take(ReloadAsked{wanted_.policy.workers});
}

void Arbiter::answer_order(const TemplateWord& word) {
  Order order = std::move(orders_.front());
  orders_.pop_front();
  if (word.what == TemplateWord::What::forked) return born(std::move(order), word.pid);
  log_.line(Level::error, "cannot start a worker: the template could not fork");
  worker::Cells::give_back(order.child.cell);
  take(ForkFailed{order.slot});
}

void Arbiter::template_ended(pid_t pid, int status) {
  if (next_template_ && pid == next_template_->pid()) {
    next_template_.reset();
    log_.line(Level::error, "The new code cannot be loaded; the old one serves on");
    return hooks_.reloaded();
  }
  const bool was_loaded = template_->is_loaded();
  template_.reset();
  if (is_stopping_) return fail_orders(Orders::all);
  log_.line(Level::error, "The template (pid:" + std::to_string(pid) +
                              ") ended: " + common::wait_status_text(status));
  const bool is_absent = WIFEXITED(status) && WEXITSTATUS(status) == cannot_load;
  if (!was_loaded) take(CannotLoad{is_absent ? cannot_load : cannot_start});
  fail_orders(Orders::all);
  if (!is_stopping_ && !status_)
    template_at_ =
        Clock::now() + (was_loaded ? Clock::duration{} : Clock::duration{template_pause});
}

}  // namespace asgi_worker::arbiter
