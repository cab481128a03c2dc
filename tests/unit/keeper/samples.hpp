// One message of each type, with something in every field.
#pragma once

#include <vector>

#include "supervisord/keeper/messages.hpp"

namespace supervisord::keeper {

inline SpawnPlan sample_plan() {
  SpawnPlan plan;
  plan.name = "g:p";
  plan.executable = "/bin/x";
  plan.argv = {"x", "", "a b"};
  plan.environment = {"A=1"};
  plan.directory = "/tmp";
  plan.umask = 027;
  plan.identity = Identity{1000, 1001, {1001, 4}};
  plan.limits = {{RLIMIT_NOFILE, 1024, RLIM_INFINITY}};
  plan.targets = {0, 1, 2};
  plan.own_cgroup = true;
  plan.listen_pid = true;
  return plan;
}

inline Preflight sample_preflight() {
  Preflight values;
  values.nodaemon = true;
  values.identity = Identity{33, 33, {33}};
  values.directory = "/";
  values.pidfile = "/run/supervisord.pid";
  values.rundir = "/run/supervisord.d";
  return values;
}

inline Welcome sample_welcome() {
  Welcome welcome;
  welcome.phase = Phase::run;
  welcome.daemon_starts = 2;
  welcome.epoch = 0xfedcba9876543210;
  welcome.suite_started_at_ns = 1'764'000'000'000'000'000;
  welcome.keeper_pid = 4711;
  welcome.state_adopted = true;
  welcome.survives_keeper = true;
  welcome.previous_end = 9;
  welcome.rundir = "/run/supervisord.d";
  welcome.version = "1.2.3";
  welcome.upgrades = 4;
  return welcome;
}

inline std::vector<Message> one_of_each() {
  return {
      Hello{1, 2},
      Put{"process:g:p", std::string{"\0\n", 2}, true},
      Drop{"a"},
      Spawn{sample_plan()},
      Signal{"g:p", 15, true},
      Forget{"g:p"},
      Ready{},
      Finish{-1},
      sample_preflight(),
      Upgrade{},
      Pong{},
      KillCgroup{"g:p"},
      MainPid{"g:p", 8},
      sample_welcome(),
      Record{"events", "bytes"},
      Child{"g:p", 7, 12345, 99, true, ChildExit{256, false}, {0, 1}},
      ListEnd{},
      Spawned{"g:p", 7, 12345},
      Failed{"g:p", "chdir", "/none", 2},
      Exited{"g:p", 7, 9, false},
      SignalFailed{"g:p", 15, 1},
      Signalled{15},
      Note{NoteLevel::error, "text"},
      UpgradeChecked{"no"},
      Ping{},
      GoesOn{"g:p", 8, 12346},
      Unsupported{999},
  };
}

}  // namespace supervisord::keeper
