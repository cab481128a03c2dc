// Nanoseconds for a cache line to go from one CPU to another and back.
//
//   line_probe CPU_A CPU_B
//
// A virtual machine's host may move its virtual CPUs at any time: near each other
// (one shared cache) or far apart. Everything that crosses the loopback device
// between two CPUs then costs up to a quarter more, in the server and in the load
// alike. Measure it beside every row and compare only rows of the same distance.
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace {

struct alignas(128) Line {
  std::atomic<std::uint32_t> turn{0};
};
Line line;
constexpr std::uint32_t kRounds = 20000, kSample = 200;

void pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (pthread_setaffinity_np(pthread_self(), sizeof set, &set) != 0) std::exit(2);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 || std::atoi(argv[1]) == std::atoi(argv[2]))
    return 2;  // spinning on one CPU would never end well
  pin(std::atoi(argv[1]));
  std::thread other([&] {
    pin(std::atoi(argv[2]));
    for (std::uint32_t i = 0; i < kRounds; ++i) {
      while (line.turn.load(std::memory_order_acquire) != 2 * i + 1) {
      }
      line.turn.store(2 * i + 2, std::memory_order_release);
    }
  });
  using Clock = std::chrono::steady_clock;
  double best = 1e9;
  auto begin = Clock::now();
  for (std::uint32_t i = 0; i < kRounds; ++i) {
    if (i != 0 && i % kSample == 0) {
      const auto now = Clock::now();
      best =
          std::min(best, std::chrono::duration<double, std::nano>(now - begin).count() / kSample);
      begin = now;
    }
    line.turn.store(2 * i + 1, std::memory_order_release);
    while (line.turn.load(std::memory_order_acquire) != 2 * i + 2) {
    }
  }
  other.join();
  std::printf("%.1f\n", best);
}
