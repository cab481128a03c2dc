// Updates: what the last reread found is taken into force, group by group. What has begun is with
// the keeper (record "update"), so that a successor ends it. Owned by Verbs; on the daemon's loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "supervisord/config/config.hpp"
#include "supervisord/control/change_wait.hpp"
#include "supervisord/control/control.hpp"
#include "supervisord/control/groups.hpp"
#include "supervisord/control/operation.hpp"
#include "supervisord/process/table.hpp"

namespace supervisord::control {

class Updates {
 public:
  /// All outlive it.
  struct Parts {
    process::Table& table;
    Groups& groups;
    process::Surroundings& surroundings;
    Operations& operations;
    ChangeWait& changes;
    /// The configuration as last accepted.
    std::function<const config::Config&()> config;
    std::function<bool()> is_ending;
  };
  explicit Updates(Parts parts) : parts_{std::move(parts)} {}

  /// What update would do to all.
  ConfigChanges changes() const;
  /// For `only`, or all when it is empty or names "all".
  InterestPtr run(const std::vector<std::string>& only,
                  std::function<void(const UpdateProgress&)> progress, Done done);
  /// Goes on with one that an earlier daemon had begun.
  void resume(const std::vector<std::string>& only);
  /// As last accepted; null when it is not configured.
  const config::GroupSpec* configured(std::string_view group) const;

 private:
  struct Update;
  struct Listener;
  void start(const std::shared_ptr<Update>& update);
  boost::asio::awaitable<void> go(std::shared_ptr<Update> update);
  boost::asio::awaitable<void> replace(std::shared_ptr<Update> update, std::string group);
  bool bring_down(std::string_view group);

  Parts parts_;
  int running_ = 0;  // updates under way
};

}  // namespace supervisord::control
