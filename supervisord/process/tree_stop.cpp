#include "supervisord/process/tree_stop.hpp"

#include <boost/asio/post.hpp>
#include <utility>

namespace supervisord::process {

TreeStop::TreeStop(boost::asio::io_context& io, ProcView& view, ProcSignals& signals)
    : io_{io},
      view_{view},
      signals_{signals},
      somebody_{io},
      self_{std::make_shared<TreeStop*>(this)} {}

TreeStop::~TreeStop() { *self_ = nullptr; }

void TreeStop::begin(const TreeRun& run, int number, Told told) {
  known_ = tree_of(view_.processes(), run, known_, view_);
  if (told == Told::child_only) return;
  for (const ProcessFacts& process : known_) {
    if (process.process_group != run.child) signals_.send(process, number);
  }
  told_ = known_;
}

bool TreeStop::wait(const TreeRun& run, int number, std::function<void()> gone) {
  run_ = run;
  number_ = number;
  gone_ = std::move(gone);
  if (look()) return true;
  end();
  return false;
}

// Whether somebody is left, who is then waited for; the others are looked for after that.
bool TreeStop::look() {
  known_ = tree_of(view_.processes(), run_, known_, view_);
  for (const ProcessFacts& process : known_) {
    if (!contains(told_, process)) signals_.send(process, number_);
  }
  told_ = known_;
  for (const ProcessFacts& process : known_) {
    common::UniqueFd handle = signals_.handle(process);
    if (!handle) continue;  // ended meanwhile
    somebody_.close();
    somebody_.assign(handle.release());
    somebody_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                         [self = self_](const boost::system::error_code& error) {
                           if (error || *self == nullptr || !(*self)->is_waiting()) return;
                           if (!(*self)->look()) (*self)->finish();
                         });
    return true;
  }
  return false;
}

std::size_t TreeStop::kill(const TreeRun& run) {
  const std::size_t killed = kill_tree(view_, signals_, run, known_);
  if (is_waiting()) {
    boost::asio::post(io_, [self = self_] {
      if (*self != nullptr && (*self)->is_waiting()) (*self)->finish();
    });
  }
  return killed;
}

void TreeStop::finish() {
  const auto gone = std::exchange(gone_, nullptr);
  end();
  gone();  // may end this object
}

void TreeStop::end() {
  known_.clear();
  told_.clear();
  gone_ = nullptr;
  if (somebody_.is_open()) somebody_.close();
}

}  // namespace supervisord::process
