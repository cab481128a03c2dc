// The listening socket that the processes of an [fcgi-program:x] share as their descriptor 0. There
// from the first spawn until the last process is reaped; the keeper holds it meanwhile (record
// "fcgi:GROUP"), so that clients queue while the daemon is replaced. Owned by its group; on the
// daemon's loop. Source: Supervisor manual, "[fcgi-program:x] Section Settings". Difference: the
// file of a Unix socket is removed at the end.
#pragma once

#include <sys/types.h>

#include <functional>
#include <set>
#include <string>

#include "common/error.hpp"
#include "common/held.hpp"
#include "common/log.hpp"
#include "common/unique_fd.hpp"
#include "supervisord/config/process_spec.hpp"

namespace supervisord::process {

class FcgiSocket {
 public:
  /// `holder` outlives this.
  FcgiSocket(std::string group, config::ListenSpec spec, common::Holder& holder,
             std::function<void(common::Level, const std::string&)> report);

  /// The descriptor for a run of `process`, from now on one of its users; opens it for the first.
  /// Errors: errno, with the address.
  common::Result<int> take(const std::string& process);
  /// `process` has been reaped. The last one closes it.
  void leave(const std::string& process);

  /// What the keeper had. Before the processes are taken over; kept open until all of them are,
  /// since one may have ended while another, not looked at yet, runs on.
  void inherit(common::UniqueFd fd);
  /// `process` runs on, as `pid`. After the keeper's own death the socket comes from the process.
  void join(const std::string& process, pid_t pid);
  /// After the processes are taken over.
  void close_if_unused();

 private:
  common::Result<void> open();
  void hold();
  void close();

  std::string group_;
  config::ListenSpec spec_;
  common::Holder& holder_;
  std::function<void(common::Level, const std::string&)> report_;
  common::UniqueFd fd_;
  std::set<std::string> users_;  // processes that have it
  bool is_taken_over_ = true;    // false: between inherit() and close_if_unused()
};

/// Opens and closes it again, for a refusal at the start rather than at the first spawn. Touches no
/// socket that is in use. Errors: errno, with the address.
common::Result<void> check_fcgi_socket(const config::ListenSpec& spec);

}  // namespace supervisord::process
