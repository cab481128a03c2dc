// The stop of one process's tree: who is left when the child has ended is told to end as well, has
// until the stop's deadline, and is waited for. Owned by its process; on the daemon's loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "supervisord/process/tree.hpp"

namespace supervisord::process {

class TreeStop {
 public:
  /// All outlive it.
  TreeStop(boost::asio::io_context& io, ProcView& view, ProcSignals& signals);
  TreeStop(const TreeStop&) = delete;
  TreeStop& operator=(const TreeStop&) = delete;
  ~TreeStop();

  /// A stop begins; `number` goes to those that a signal to the process group does not reach.
  enum class Told { child_only, whole_group };
  void begin(const TreeRun& run, int number, Told told);
  /// The child has ended. False: nobody is left. Else who has not had `number` gets it, and `gone`
  /// is called from the loop when the last has ended or was killed.
  bool wait(const TreeRun& run, int number, std::function<void()> gone);
  bool is_waiting() const { return static_cast<bool>(gone_); }
  /// How many were there to be killed.
  std::size_t kill(const TreeRun& run);
  /// The run is over.
  void end();

 private:
  bool look();
  void finish();

  boost::asio::io_context& io_;
  ProcView& view_;
  ProcSignals& signals_;
  std::vector<ProcessFacts> known_;
  std::vector<ProcessFacts> told_;  // the stop signal
  TreeRun run_;                     // waited for
  int number_ = 0;
  std::function<void()> gone_;
  boost::asio::posix::stream_descriptor somebody_;  // one of those waited for
  std::shared_ptr<TreeStop*> self_;                 // for what was posted when this object is gone
};

}  // namespace supervisord::process
