// Stands where the daemon would, for the tests of the keeper: tells a test what the keeper says,
// one line each, and does what the test says.
//   supervisord FOLDER [preflight-exit N | storm RUNS | mute]
//   supervisord -v (as the keeper tries one that is installed)
// FOLDER/control is the test's listening socket; FOLDER/preflight holds "key value" lines.
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "supervisord/spawner/keeper_launcher.hpp"
#include "supervisord/spawner/program_pipes.hpp"

namespace {

namespace asio = boost::asio;
using namespace supervisord;
using spawner::KeeperLauncher;

std::string one_line(std::string text) {
  for (char& c : text) c = c == '\n' ? '|' : c;
  return text;
}

std::vector<std::string> environment() {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) all.emplace_back(*entry);
  return all;
}

keeper::SpawnPlan shell(const std::string& name, const std::string& script) {
  keeper::SpawnPlan plan;
  plan.name = name;
  plan.executable = "/bin/sh";
  plan.argv = {"sh", "-c", script};
  plan.environment = environment();
  return plan;
}

int preflight(KeeperLauncher& keeper, const std::string& folder) {
  keeper::Preflight values;
  values.nodaemon = true;
  values.pidfile = folder + "/supervisord.pid";
  values.rundir = folder + "/supervisord.d";
  std::ifstream file{folder + "/preflight"};
  for (std::string key, value; file >> key >> value;) {
    if (key == "daemonize") values.nodaemon = false;
    if (key == "uid")
      values.identity = keeper::Identity{
          static_cast<uid_t>(std::stoul(value)), static_cast<gid_t>(std::stoul(value)), {}};
    if (key == "rundir") values.rundir = value == "none" ? "" : value;
  }
  keeper.put("config", "as accepted", {});
  keeper.preflight(values);
  return 0;
}

// Obeys a test, line by line.
class Puppet {
 public:
  Puppet(asio::io_context& io, KeeperLauncher& keeper, const std::string& folder)
      : keeper_{keeper}, control_{io} {
    control_.connect(asio::local::stream_protocol::endpoint{folder + "/control"});
  }

  void begin(spawner::Snapshot snapshot) {
    const auto& welcome = snapshot.welcome;
    say("hello pid=" + std::to_string(::getpid()) + " starts=" +
        std::to_string(welcome.daemon_starts) + " keeper=" + std::to_string(welcome.keeper_pid) +
        " adopted=" + std::to_string(welcome.state_adopted) +
        " survives=" + std::to_string(welcome.survives_keeper) +
        " previous=" + (welcome.previous_end ? std::to_string(*welcome.previous_end) : "none"));
    for (auto& record : snapshot.records) {
      say("record " + record.key + " fds=" + std::to_string(record.fds.size()) + " " +
          one_line(record.bytes.substr(0, 100)));
      records_[record.key] = std::move(record.fds);
    }
    for (auto& child : snapshot.children) {
      std::string line = "child " + child.name + " pid=" + std::to_string(child.pid) +
                         " adopted=" + std::to_string(child.adopted);
      line += child.exit
                  ? " exit=" + (child.exit->known ? std::to_string(child.exit->status) : "unknown")
                  : " lives";
      for (auto& recovered : child.recovered) {
        line += " fd" + std::to_string(recovered.target);
        recovered_[child.name + "/" + std::to_string(recovered.target)] = std::move(recovered.fd);
      }
      say(line);
    }
    say("list end");
    keeper_.start(
        {.spawned =
             [this](const auto& m) { say("spawned " + m.name + " pid=" + std::to_string(m.pid)); },
         .spawn_failed =
             [this](const auto& m) {
               say("failed " + m.name + " step=" + m.step + " argument=" + m.argument +
                   " error=" + std::to_string(m.error));
             },
         .exited =
             [this](const auto& m) {
               say("exited " + m.name +
                   " status=" + (m.status_known ? std::to_string(m.wait_status) : "unknown"));
             },
         .signal_failed =
             [this](const auto& m) {
               say("signal_failed " + m.name + " error=" + std::to_string(m.error));
             }},
        {.signalled = [this](int number) { say("signalled " + std::to_string(number)); },
         .note = [this](keeper::NoteLevel,
                        const std::string& text) { say("note " + one_line(text)); },
         .lost = [](const std::string&) { ::_exit(3); }});
    read();
  }

 private:
  void say(const std::string& line) { asio::write(control_, asio::buffer(line + "\n")); }

  void read() {
    asio::async_read_until(control_, input_, '\n',
                           [this](const boost::system::error_code& error, std::size_t) {
                             if (error) return;
                             std::istream stream{&input_};
                             std::string line;
                             std::getline(stream, line);
                             std::istringstream words{line};
                             obey(words);
                             read();
                           });
  }

  void obey(std::istringstream& words) {
    std::string verb, name, rest;
    words >> verb >> name;
    std::getline(words >> std::ws, rest);
    if (verb == "spawn") spawn(name, rest);
    if (verb == "signal")
      keeper_.signal(name, std::atoi(rest.c_str()), spawner::SignalTarget::process);
    if (verb == "signal_group")
      keeper_.signal(name, std::atoi(rest.c_str()), spawner::SignalTarget::process_group);
    if (verb == "forget") keeper_.forget(name);
    if (verb == "put") keeper_.put(name, rest, {});
    if (verb == "put_big")
      keeper_.put(name, std::string(static_cast<std::size_t>(std::atoi(rest.c_str())), 'x'), {});
    if (verb == "put_fds") put_fds(name, std::atoi(rest.c_str()));
    if (verb == "drop") keeper_.drop(name);
    if (verb == "ready") keeper_.ready();
    if (verb == "finish") keeper_.finish(std::atoi(name.c_str())), ::_exit(0);
    if (verb == "die")
      ::signal(std::atoi(name.c_str()), SIG_DFL), ::kill(::getpid(), std::atoi(name.c_str()));
    if (verb == "die_after") {
      for (int i = 0; i < std::atoi(name.c_str()); ++i) {
        keeper_.spawn(shell("many" + std::to_string(i), "exit 0"), {});
        keeper_.flush();
      }
      ::kill(::getpid(), SIGKILL);
    }
    if (verb == "upgrade") upgrade();
    if (verb == "hang") ::pause();  // does not turn its loop any more
    if (verb == "kill_cgroup") keeper_.kill_cgroup(name);
    if (verb == "spawn_in_cgroup") spawn(name, rest, true);
    if (verb == "read") read_recovered(name);
    if (verb == "sync") keeper_.flush(), say("synced");
    if (verb == "environment") say(::getenv(name.c_str()) != nullptr ? "set" : "unset");
  }

  void upgrade() {
    if (const auto refusal = keeper_.check_upgrade()) return say("refused " + *refusal);
    keeper_.flush();
    ::_exit(0);
  }

  void spawn(const std::string& name, const std::string& script, bool own_cgroup = false) {
    auto pipes = spawner::make_program_pipes(spawner::StderrTo::stdout_pipe);
    keeper::SpawnPlan plan = shell(name, script);
    plan.targets = pipes->targets;
    plan.own_cgroup = own_cgroup;
    const std::vector<int> kept{pipes->stdin_end.get(), pipes->stdout_end.get()};
    keeper_.put("stream:" + name, "", kept);
    keeper_.spawn(plan, pipes->child_numbers());
  }

  void put_fds(const std::string& name, int count) {
    std::vector<int> fds(static_cast<std::size_t>(count), 1);
    keeper_.put(name, "", fds);
  }

  void read_recovered(const std::string& which) {
    char bytes[4096];
    const ssize_t size = ::read(recovered_[which].get(), bytes, sizeof bytes);
    say("read " + (size < 0 ? "nothing" : one_line({bytes, static_cast<std::size_t>(size)})));
  }

  KeeperLauncher& keeper_;
  asio::local::stream_protocol::socket control_;
  asio::streambuf input_;
  std::map<std::string, std::vector<common::UniqueFd>> records_;
  std::map<std::string, common::UniqueFd> recovered_;
};

// Runs twenty programs a number of times each, and counts the exits in records; is killed
// meanwhile.
class Storm {
 public:
  Storm(KeeperLauncher& keeper, std::string folder, int runs)
      : keeper_{keeper}, folder_{std::move(folder)}, runs_{runs} {}

  void begin(const spawner::Snapshot& snapshot) {
    for (int i = 0; i < 20; ++i) counts_["n" + std::to_string(i)] = 0;
    for (const auto& record : snapshot.records) {
      if (record.key.starts_with("process:"))
        counts_[record.key.substr(8)] = std::atoi(record.bytes.c_str());
    }
    std::set<std::string> listed;
    for (const auto& child : snapshot.children) {
      listed.insert(child.name);
      if (child.exit) take(child.name);
    }
    for (const auto& [name, count] : counts_) {
      if (!listed.contains(name) && count < runs_) spawn(name);
    }
    keeper_.start({.spawned = [](const auto&) {},
                   .spawn_failed = [](const auto&) { ::abort(); },
                   .exited = [this](const auto& m) { take(m.name); },
                   .signal_failed = [](const auto&) {}},
                  {.signalled = [](int) {},
                   .note = [](auto, const auto&) {},
                   .lost = [](const auto&) { ::_exit(3); }});
    keeper_.ready();
    std::ofstream{folder_ + "/daemon.pid"} << ::getpid() << "\n";
    finish_when_done();
  }

 private:
  void take(const std::string& name) {
    int& count = counts_[name];
    keeper_.put("process:" + name, std::to_string(++count), {});
    keeper_.forget(name);
    if (count < runs_) spawn(name);
    finish_when_done();
  }

  void spawn(const std::string& name) {
    keeper_.spawn(shell(name, "echo run >> " + folder_ + "/runs." + name), {});
  }

  void finish_when_done() {
    for (const auto& [name, count] : counts_) {
      if (count < runs_) return;
    }
    keeper_.finish(7);
    ::_exit(0);
  }

  KeeperLauncher& keeper_;
  std::string folder_;
  int runs_;
  std::map<std::string, int> counts_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : ".";
  const std::string mode = argc > 2 ? argv[2] : "";
  const int number = argc > 3 ? std::atoi(argv[3]) : 0;
  asio::io_context io;
  auto keeper = KeeperLauncher::connect(io, common::UniqueFd{3});
  if (!keeper) return 4;
  // The first one that supervises (there is a pid file) does not even say hello.
  const auto is_there = [&](const char* name) {
    return ::access((folder + name).c_str(), F_OK) == 0;
  };
  if (mode == "mute" && is_there("/supervisord.pid") && !is_there("/muted")) {
    std::ofstream{folder + "/muted"};
    ::pause();
  }
  auto snapshot = (*keeper)->hello();
  if (!snapshot) return 5;
  if (snapshot->welcome.phase == supervisord::keeper::Phase::preflight) {
    if (folder == "-v") return 0;
    if (mode == "preflight-exit") return number;
    if (mode == "preflight-signal") ::kill(::getpid(), number);
    if (mode == "preflight-wait") ::pause();
    return preflight(**keeper, folder);
  }
  if (mode == "storm") {
    Storm storm{**keeper, folder, number};
    storm.begin(*snapshot);
    io.run();
    return 6;
  }
  Puppet puppet{io, **keeper, folder};
  puppet.begin(std::move(*snapshot));
  io.run();
  return 0;
}
