#include "supervisord/control/update.hpp"

#include <gtest/gtest.h>

#include <csignal>

#include "tests/fakes/process_fixture.hpp"

namespace supervisord::control {
namespace {

using namespace std::chrono_literals;
using process::Process;
using process::State;

class UpdatesTest : public ProcessFixture {
 protected:
  UpdatesTest() {
    on_change_ = [this](const process::StateChange& change) {
      operations_.on_change(change);
      changes_.on_change();
    };
  }
  static config::GroupSpec group(const std::string& name, const std::string& command) {
    auto spec = spec_of(name);
    spec.start_secs = 0s;
    spec.command = command;
    config::GroupSpec out;
    out.name = name;
    out.processes = {spec};
    return out;
  }
  Process& running(const std::string& name, pid_t pid) {
    groups_.add(group(name, "old"));
    Process& process = *table_.find(name);
    process.on_spawned({process.key(), pid});
    return process;
  }
  InterestPtr run(const std::vector<std::string>& only = {}) {
    return updates_.run(
        only,
        [this](const UpdateProgress& progress) {
          constexpr const char* words[] = {"stopped", "removed", "updated", "added", "failed"};
          told_ += progress.group + " " + words[static_cast<int>(progress.step)] + "; ";
        },
        [this](const Ending&) { told_ += "done"; });
  }

  config::Config config_;
  bool is_ending_ = false;
  Groups groups_{table_, surroundings_};
  Operations operations_{surroundings_, table_};
  ChangeWait changes_{io_};
  Updates updates_{{table_, groups_, surroundings_, operations_, changes_,
                    [this]() -> const config::Config& { return config_; },
                    [this] { return is_ending_; }}};
  std::string told_;
};

TEST_F(UpdatesTest, RestartsWhatChangedAndNothingElse) {
  Process& same = running("same", 7);
  Process& changed = running("changed", 8);
  Process& removed = running("removed", 9);
  config_.groups = {group("changed", "new"), group("new", "new"), group("same", "old")};
  const auto interest = run();
  turn();
  EXPECT_EQ(same.state(), State::running);
  EXPECT_EQ(changed.state(), State::stopping);
  EXPECT_EQ(keeper_.records.at("update"), "");
  changed.on_exited({changed.key(), 8, SIGTERM, true});
  removed.on_exited({removed.key(), 9, SIGTERM, true});
  turn();
  EXPECT_EQ(told_,
            "removed stopped; removed removed; changed stopped; changed updated; new added; done");
  EXPECT_EQ(table_.find("same")->status().pid, 7);
  EXPECT_FALSE(keeper_.records.contains("update"));
}

TEST_F(UpdatesTest, SocketGoesWithTheLastGroupThatNamesItsAddress) {
  const auto with_socket = [](const std::string& command, const std::string& url) {
    auto out = group("web", command);
    config::SocketSpec socket{"http", {.url = url, .host = "127.0.0.1"}};  // any port
    out.processes[0].sockets = {socket};
    return out;
  };
  const auto update_to = [this](const config::GroupSpec& next, pid_t pid) {
    config_.groups = {next};
    const auto interest = run();
    turn();
    Process& process = *table_.find("web");
    process.on_exited({process.key(), pid, SIGTERM, true});
    turn();
    table_.find("web")->on_spawned({"web:web", pid + 1});
  };
  groups_.add(with_socket("old", "tcp://a"));
  EXPECT_TRUE(keeper_.records.contains("program-socket:tcp://a"));
  table_.find("web")->on_spawned({"web:web", 7});
  update_to(with_socket("new", "tcp://a"), 7);
  EXPECT_EQ(keeper_.count("put program-socket:tcp://a"), 1U);
  EXPECT_FALSE(keeper_.was_told("drop program-socket:tcp://a"));
  update_to(with_socket("new", "tcp://b"), 8);
  EXPECT_FALSE(keeper_.records.contains("program-socket:tcp://a"));
  EXPECT_TRUE(keeper_.records.contains("program-socket:tcp://b"));
}

TEST_F(UpdatesTest, OfOneGroupLeavesTheOthers) {
  Process& a = running("a", 7);
  Process& b = running("b", 8);
  config_.groups = {group("a", "new"), group("b", "new")};
  const auto interest = run({"b"});
  turn();
  EXPECT_EQ(a.state(), State::running);
  EXPECT_EQ(keeper_.records.at("update"), "b\n");
  b.on_exited({b.key(), 8, SIGTERM, true});
  turn();
  EXPECT_EQ(told_, "b stopped; b updated; done");
}

TEST_F(UpdatesTest, StopsAgainWhatSomebodyStartsMeanwhile) {
  groups_.add(group("w", "old"));
  Process& w = *table_.find("w");
  w.on_spawned({w.key(), 7});
  config_.groups = {group("w", "new")};
  const auto interest = run();
  turn();
  w.on_exited({w.key(), 7, SIGTERM, true});
  w.start();
  w.on_spawned({w.key(), 8});
  turn();
  EXPECT_EQ(w.state(), State::stopping);
  w.on_exited({w.key(), 8, SIGTERM, true});
  turn();
  EXPECT_EQ(told_, "w stopped; w updated; done");
}

TEST_F(UpdatesTest, LeavesTheGroupsToAShutdownThatBegins) {
  Process& w = running("w", 7);
  config_.groups = {group("w", "new")};
  const auto interest = run();
  turn();
  is_ending_ = true;
  w.on_exited({w.key(), 7, SIGTERM, true});
  turn();
  EXPECT_EQ(told_, "w stopped; done");
  EXPECT_EQ(table_.find("w")->state(), State::stopped);
}

TEST_F(UpdatesTest, TwoAtOnceAreResumedAsOneOfAll) {
  Process& a = running("a", 7);
  Process& b = running("b", 8);
  config_.groups = {group("a", "new"), group("b", "new")};
  const auto first = run({"a"});
  const auto second = run({"b"});
  EXPECT_EQ(keeper_.records.at("update"), "all\n");
  turn();
  a.on_exited({a.key(), 7, SIGTERM, true});
  b.on_exited({b.key(), 8, SIGTERM, true});
  turn();
  EXPECT_FALSE(keeper_.records.contains("update"));
}

}  // namespace
}  // namespace supervisord::control
