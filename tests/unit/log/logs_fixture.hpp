// Logs over a real loop, real pipes and files, and a FakeHolder.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <csignal>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "supervisord/log/logs.hpp"
#include "tests/unit/log/fake_holder.hpp"
#include "tests/unit/log/temp_dir.hpp"

namespace supervisord::log {

class LogsTest : public testing::Test {
 protected:
  LogsTest() {
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGXFSZ, SIG_IGN);
    start();
  }

  /// A new Logs over the same record, as the next daemon has it. The last one ends first.
  RecoveredFrom start(FakeHolder::With with = FakeHolder::With::descriptors,
                      std::function<void(std::string_view)> at_step = {}) {
    logs.reset();
    logs = std::make_unique<Logs>(
        io, holder, pump_fd.get(),
        LogHandlers{[this](common::Level level, const std::string& text) {
                      reports.push_back(std::string{common::level_word(level)} + " " + text);
                    },
                    [this](const std::string& stream) { ++ended[stream]; },
                    [this](const std::string& stream, std::string_view bytes, std::uint64_t) {
                      output[stream] += bytes;
                    },
                    [this](const std::string& stream, std::string_view data, std::uint64_t) {
                      captured[stream].emplace_back(data);
                    },
                    [this] { ++flushes; },
                    [this](const std::string& line) {
                      if (syslog.size() >= syslog_room) return false;
                      syslog.push_back(line);
                      return true;
                    }},
        std::move(at_step));
    auto records = holder.list(with);
    return logs->take_over(records);
  }

  /// Attaches a new pipe, whose write end is returned.
  common::UniqueFd attach(const std::string& stream, const Target& target, const Taps& taps = {}) {
    auto pipe = *common::make_pipe();
    EXPECT_TRUE(common::set_blocking(pipe.write_end.get(), common::Blocking::no));
    logs->attach(stream, std::move(pipe.read_end), target, taps);
    return std::move(pipe.write_end);
  }

  Target target(const std::string& name, std::uint64_t rotate_at_bytes = 0, int backups = 10) {
    return {Target::Kind::file, dir / name, rotate_at_bytes, backups, false};
  }

  /// Turns the loop until `done`; fails after a while.
  template <class Condition>
  [[nodiscard]] bool until(Condition done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      io.restart();
      io.run_one_for(std::chrono::milliseconds{20});
    }
    return true;
  }

  /// Writes all of `text`, however small the pipe, and turns the loop meanwhile.
  void feed(const common::UniqueFd& pipe, std::string_view text) {
    ASSERT_TRUE(until([&] {
      const ssize_t count = ::write(pipe.get(), text.data(), text.size());
      if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
      return text.empty();
    }));
  }

  [[nodiscard]] bool reads(const std::string& name, const std::string& text) {
    return until([&] { return contents(dir / name) == text; });
  }

  int reported(const std::string& beginning) const {
    int count = 0;
    for (const auto& line : reports) count += line.starts_with(beginning) ? 1 : 0;
    return count;
  }

  /// `size` bytes and a little of numbered lines.
  static std::string lines(std::size_t size, const std::string& word = "line") {
    std::string text;
    for (int number = 0; text.size() < size; ++number) {
      text += word + " " + std::to_string(number) + " " +
              std::string(static_cast<std::size_t>(number * 7 % 90), '.') + "\n";
    }
    return text;
  }

  const TempDir dir;
  boost::asio::io_context io{1};
  FakeHolder holder;
  common::UniqueFd pump_fd{::memfd_create("pump", MFD_CLOEXEC)};
  std::vector<std::string> reports;
  std::map<std::string, int> ended;
  std::map<std::string, std::string> output;
  std::map<std::string, std::vector<std::string>> captured;
  int flushes = 0;
  std::vector<std::string> syslog;
  std::size_t syslog_room = 1'000'000;
  std::unique_ptr<Logs> logs;
};

}  // namespace supervisord::log
