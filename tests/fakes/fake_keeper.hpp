// A keeper that starts nothing and remembers what it was told, in order: "put process:g:p", "spawn
// g:p", "signal g:p 15", "forget g:p", "drop process:g:p".
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "common/held.hpp"
#include "supervisord/spawner/launcher.hpp"

namespace supervisord {

class FakeKeeper final : public spawner::Launcher, public common::Holder {
 public:
  void spawn(const keeper::SpawnPlan& plan, std::span<const int> fds) override {
    said.push_back("spawn " + plan.name);
    plans[plan.name] = plan;
    descriptors = fds.size();
  }
  void signal(std::string_view name, int number, spawner::SignalTarget target) override {
    said.push_back("signal " + std::string{name} + " " + std::to_string(number) +
                   (target == spawner::SignalTarget::process_group ? " group" : ""));
  }
  void forget(std::string_view name) override { said.push_back("forget " + std::string{name}); }
  void put(std::string_view key, std::string_view bytes, std::span<const int>) override {
    said.push_back("put " + std::string{key});
    records[std::string{key}] = bytes;
  }
  void drop(std::string_view key) override {
    said.push_back("drop " + std::string{key});
    records.erase(std::string{key});
  }

  bool was_told(const std::string& what) const {
    return std::ranges::find(said, what) != said.end();
  }
  std::size_t count(const std::string& what) const {
    return static_cast<std::size_t>(std::ranges::count(said, what));
  }
  /// Where `what` was said first; said.size() when never.
  std::size_t place(const std::string& what) const {
    return static_cast<std::size_t>(std::ranges::find(said, what) - said.begin());
  }

  std::vector<std::string> said;
  std::map<std::string, std::string> records;
  std::map<std::string, keeper::SpawnPlan> plans;
  std::size_t descriptors = 0;
};

}  // namespace supervisord
