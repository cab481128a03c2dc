// Processes on a fake keeper, a real loop and real logs that discard: what Process, Table and
// Operations need.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "supervisord/process/table.hpp"
#include "tests/fakes/fake_keeper.hpp"

namespace supervisord {

class ProcessFixture : public testing::Test {
 protected:
  ProcessFixture()
      : pump_{::memfd_create("pump", MFD_CLOEXEC)},
        logs_{io_,
              keeper_,
              pump_.get(),
              {.report = [](common::Level, const std::string&) {},
               .end_of_stream = [](const std::string&) {}}},
        surroundings_{
            .io = io_,
            .launcher = keeper_,
            .holder = keeper_,
            .logs = logs_,
            .sockets = sockets_,
            .rundir = "",
            .childlogdir = "/tmp",
            .identifier = "test",
            .plan = [this](const auto& spec, const auto&) { return plan(spec); },
            .report = [this](common::Level, const std::string& text) { lines_.push_back(text); },
            .changed =
                [this](const process::StateChange& change) {
                  if (on_change_) on_change_(change);
                },
            .flush = [] {}} {}

  static config::ProcessSpec spec_of(const std::string& name) {
    config::ProcessSpec spec;
    spec.program = spec.group = spec.name = name;
    spec.command = name;
    spec.stdout_log.kind = spec.stderr_log.kind = config::LogSpec::Kind::none;
    return spec;
  }

  /// A process of its own group in the table.
  process::Process& add(const config::ProcessSpec& spec) {
    config::GroupSpec group;
    group.name = spec.group;
    group.processes = {spec};
    return *table_.add(std::make_unique<process::Group>(group, surroundings_)).processes().front();
  }

  /// Runs what is due now.
  void turn() {
    io_.restart();
    io_.poll();
  }

  common::Result<keeper::SpawnPlan> plan(const config::ProcessSpec& spec) const {
    if (spec.command == "missing") {
      return common::Error{std::make_error_code(std::errc::no_such_file_or_directory),
                           "can't find command 'missing'"};
    }
    if (spec.command == "bad")
      return common::Error{common::Errc::bad_syntax,
                           "can't parse command 'bad': No closing quotation"};
    keeper::SpawnPlan out;
    out.name = spec.group + ":" + spec.name;
    return out;
  }

  boost::asio::io_context io_;
  FakeKeeper keeper_;
  common::UniqueFd pump_;
  log::Logs logs_;
  std::vector<std::string> lines_;
  std::function<void(const process::StateChange&)> on_change_;
  process::ProgramSockets sockets_{
      keeper_, [this](common::Level, const std::string& text) { lines_.push_back(text); }};
  process::Surroundings surroundings_;
  process::Table table_;
};

}  // namespace supervisord
