// Every line once, whatever is killed when: pump processes are killed for some seconds while
// writers write, then all that lies in the files is compared with all that was written.
// SUPERVISOR_CRASH_SEED and SUPERVISOR_CRASH_SECONDS make a run another or longer one.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>

#include "supervisord/log/rotation.hpp"
#include "supervisord/log/stream_tap.hpp"
#include "tests/unit/log/crash_keeper.hpp"
#include "tests/unit/log/crash_writers.hpp"
#include "tests/unit/log/temp_dir.hpp"

namespace supervisord::log {
namespace {

constexpr std::size_t writer_count = 9;
constexpr std::uint64_t most_bytes = 40'000'000;
constexpr std::uint64_t longest_line = 4'100;

struct Stream {
  WriterPlan plan;
  std::string log;
  std::uint64_t limit;
  Taps taps = {};
};

const Taps changed{.strip_ansi = true, .output = true, .capture_max_bytes = 1000};

const std::array<Stream, writer_count> streams{{
    {{Style::burst, Alphabet::tagged, most_bytes / 4}, "tagged.log", 200'000, changed},
    {{Style::cuts_lines, Alphabet::tagged, most_bytes / 4}, "tagged-too.log", 0, changed},
    {{Style::flood, Alphabet::letters, most_bytes}, "flood.log", 1'000'000},
    {{Style::burst, Alphabet::letters, most_bytes}, "burst.log", 300'000},
    {{Style::cuts_lines, Alphabet::letters, most_bytes}, "cuts.log", 500'000},
    {{Style::single_lines, Alphabet::letters, most_bytes / 20}, "single.log", 20'000},
    {{Style::burst, Alphabet::letters, most_bytes}, "endless.log", 0},
    {{Style::burst, Alphabet::letters, most_bytes}, "shared.log", 400'000},
    {{Style::single_lines, Alphabet::high_bytes, most_bytes / 20}, "shared.log", 400'000},
}};

std::string name_of(std::size_t i) { return "s" + std::to_string(i) + "/stdout"; }

long setting(const char* name, long otherwise) {
  const char* const text = std::getenv(name);
  return text != nullptr ? std::atol(text) : otherwise;
}

enum class Killed { daemon, daemon_and_keeper };
struct CrashRow {
  const char* name;
  Killed killed;
  bool by_timer;
  int one_step_in;
};

class CrashTest : public testing::TestWithParam<CrashRow> {
 protected:
  CrashTest() {
    void* const shared = ::mmap(nullptr, sizeof(Told) * writer_count, PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    told_ = static_cast<Told*>(shared);
    start_writers();
  }

  ~CrashTest() override {
    for (const pid_t pid : writers_) ::kill(pid, SIGKILL);
    for (const pid_t pid : writers_) ::waitpid(pid, nullptr, 0);
    ::munmap(told_, sizeof(Told) * writer_count);
  }

  void start_writers() {
    std::vector<common::Pipe> pipes;
    std::vector<int> all{go_.write_end.get()};
    for (std::size_t i = 0; i < writer_count; ++i) {
      pipes.push_back(*common::make_pipe());
      all.push_back(pipes.back().read_end.get());
      all.push_back(pipes.back().write_end.get());
    }
    for (std::size_t i = 0; i < writer_count; ++i) {
      write_fds_.push_back(pipes[i].write_end.get());
      writers_.push_back(start_writer(streams[i].plan, pipes[i].write_end.get(), go_.read_end.get(),
                                      &told_[i], all));
    }
    for (std::size_t i = 0; i < writer_count; ++i) {
      while (!told_[i].ready) ::sched_yield();
    }
  }  // the pipes live on in the writers only

  // What the keeper does for a program that has survived it.
  common::UniqueFd reopened_pipe(std::size_t i) const {
    const std::string path =
        "/proc/" + std::to_string(writers_[i]) + "/fd/" + std::to_string(write_fds_[i]);
    return common::UniqueFd{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
  }

  static bool belongs_to(const std::string& key, std::size_t i) {
    return key.starts_with("stream:" + name_of(i) + "#");
  }

  bool ended(std::size_t i) const {
    return std::any_of(keeper_.dropped.begin(), keeper_.dropped.end(),
                       [i](const std::string& key) { return belongs_to(key, i); });
  }

  bool all_ended() const {
    for (std::size_t i = 0; i < writer_count; ++i) {
      if (!ended(i)) return false;
    }
    return true;
  }

  // In the pump process, after take_over().
  void attach(Logs& logs) const {
    if (go_.write_end) ::close(go_.write_end.get());  // this process's copy: only the test says go
    for (const std::string& stream : logs.waiting_for_pipe()) {
      const auto i = static_cast<std::size_t>(stream[1] - '0');
      logs.attach_recovered(stream, reopened_pipe(i));
    }
    for (std::size_t i = 0; i < writer_count; ++i) {
      const bool known =
          std::any_of(keeper_.records.begin(), keeper_.records.end(),
                      [i](const auto& record) { return belongs_to(record.first, i); });
      if (known || ended(i)) continue;
      logs.attach(name_of(i), reopened_pipe(i),
                  {Target::Kind::file, dir_ / streams[i].log, streams[i].limit, 100'000, false},
                  streams[i].taps);
    }
  }

  void kill_for(std::chrono::seconds time) {
    const CrashRow& row = GetParam();
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
      Death death;
      death.seed = random_();
      death.after_us = row.by_timer ? static_cast<int>(500 + random_() % 25'000) : 100'000;
      death.one_step_in = row.one_step_in;
      keeper_.run(
          death, [this](Logs& logs) { attach(logs); }, [] { return false; });
      if (row.killed == Killed::daemon_and_keeper) keeper_.lose_descriptors();
    }
  }

  void finish() {
    if (GetParam().killed == Killed::daemon_and_keeper) {
      // The last pump takes the pipes of living programs; only then may those end.
      bool told_to_end = false;
      keeper_.run(
          {}, [this](Logs& logs) { attach(logs); },
          [&] {
            const bool all_held =
                std::count_if(
                    keeper_.records.begin(), keeper_.records.end(), [](const auto& record) {
                      return record.first.starts_with("stream:") && !record.second.fds.empty();
                    }) == static_cast<int>(writer_count);
            if (all_held && !told_to_end) {
              told_to_end = true;
              go_.write_end.reset();
            }
            return all_ended();
          });
      return;
    }
    go_.write_end.reset();
    keeper_.run(
        {}, [this](Logs& logs) { attach(logs); }, [this] { return all_ended(); });
  }

  // The log's files, oldest first, each of which must end with a line's end but the last.
  std::string collect(const Stream& stream) const {
    const std::string path = dir_ / stream.log;
    int last = 0;
    while (std::filesystem::exists(backup_path(path, last + 1))) ++last;
    std::string text;
    for (; last >= 0; --last) {
      const std::string part = contents(backup_path(path, last));
      if (last > 0) {
        EXPECT_TRUE(part.ends_with('\n')) << stream.log << "." << last;
        EXPECT_LE(part.size(), stream.limit + longest_line) << stream.log << "." << last;
      }
      text += part;
    }
    return text;
  }

  static void expect_same(std::string_view what, std::string_view got, std::string_view expected) {
    if (got == expected) return;
    const auto differs = std::mismatch(got.begin(), got.end(), expected.begin(), expected.end());
    const auto at = static_cast<std::size_t>(differs.first - got.begin());
    ADD_FAILURE() << what << ": " << got.size() << " bytes instead of " << expected.size()
                  << ", first difference at " << at << ": '" << got.substr(at, 40)
                  << "' instead of '" << expected.substr(at, 40) << "'";
  }

  std::string written_by(std::size_t i) const {
    std::string text = expected_output(streams[i].plan.alphabet, told_[i].bytes);
    text.resize(told_[i].bytes);
    return text;
  }

  // The log has everything once; each event was told, some of them again after a death.
  void compare_tagged(std::size_t i) const {
    std::vector<std::string> events;
    StreamTap tap{streams[i].taps};
    const TapListeners listeners{
        {}, [&events](std::string_view data) { events.emplace_back(data); }, {}};
    std::string text{tap.pass(written_by(i), listeners)};
    while (tap.holds_back()) text += tap.finish(text.size() + 1, listeners);
    expect_same(streams[i].log, collect(streams[i]), text);
    std::size_t next = 0;
    const auto heard = keeper_.captured.find(name_of(i));
    ASSERT_NE(heard, keeper_.captured.end());
    for (const std::string& event : heard->second) {
      if (next < events.size() && event == events[next]) {
        ++next;
      } else {
        const auto told = events.begin() + static_cast<std::ptrdiff_t>(next);
        EXPECT_NE(std::find(events.begin(), told, event), told) << event << " too early";
      }
    }
    EXPECT_EQ(next, events.size()) << streams[i].log;
  }

  void compare() const {
    for (std::size_t i = 0; i + 2 < writer_count; ++i) {
      if (streams[i].plan.alphabet == Alphabet::tagged) {
        compare_tagged(i);
        continue;
      }
      expect_same(streams[i].log, collect(streams[i]), written_by(i));
    }
    // Two writers of one file: each has an alphabet of its own, newlines are counted.
    const std::string both = collect(streams.back());
    std::array<std::string, 2> got;
    std::array<std::string, 2> expected{written_by(writer_count - 2), written_by(writer_count - 1)};
    for (const char c : both) {
      if (c != '\n') got[(c & 0x80) != 0].push_back(c);
    }
    const auto newlines = [](const std::string& text) {
      return std::count(text.begin(), text.end(), '\n');
    };
    EXPECT_EQ(newlines(both), newlines(expected[0]) + newlines(expected[1]));
    for (std::size_t i = 0; i < 2; ++i) {
      std::erase(expected[i], '\n');
      expect_same("shared.log", got[i], expected[i]);
    }
  }

  const TempDir dir_;
  common::Pipe go_ = *common::make_pipe();
  Told* told_ = nullptr;
  std::vector<pid_t> writers_;
  std::vector<int> write_fds_;
  common::UniqueFd pump_fd_{::memfd_create("pump", MFD_CLOEXEC)};
  CrashKeeper keeper_{pump_fd_.get()};
  std::mt19937_64 random_{static_cast<std::uint64_t>(setting("SUPERVISOR_CRASH_SEED", 1))};
};

TEST_P(CrashTest, LosesAndDoublesNoLine) {
  kill_for(std::chrono::seconds{setting("SUPERVISOR_CRASH_SECONDS", 4)});
  finish();
  ASSERT_TRUE(all_ended());
  compare();
  for (const std::string& complaint : keeper_.complaints()) ADD_FAILURE() << complaint;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < writer_count; ++i) total += told_[i].bytes;
  std::cout << keeper_.deaths() << " deaths, " << total / 1'000'000 << " MB:";
  for (const auto state :
       {RecordState::idle, RecordState::reading, RecordState::writing, RecordState::rotating}) {
    std::cout << " " << record_state_name(state) << " " << keeper_.deaths_in(state);
  }
  std::cout << std::endl;
  if (GetParam().one_step_in == 0) return;
  EXPECT_GT(keeper_.deaths_in(RecordState::reading), 0);
  EXPECT_GT(keeper_.deaths_in(RecordState::writing), 0);
  EXPECT_GT(keeper_.deaths_in(RecordState::rotating), 0);
}

INSTANTIATE_TEST_SUITE_P(Pump, CrashTest,
                         testing::Values(CrashRow{"ByTimer", Killed::daemon, true, 0},
                                         CrashRow{"AtSteps", Killed::daemon, false, 100},
                                         CrashRow{"ByTimerAndAtSteps", Killed::daemon, true, 200},
                                         CrashRow{"WithTheKeeper", Killed::daemon_and_keeper, true,
                                                  100}),
                         [](const auto& row) { return std::string{row.param.name}; });

}  // namespace
}  // namespace supervisord::log
