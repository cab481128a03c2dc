#include "supervisord/keeper/revive.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace supervisord::keeper {
namespace {

using namespace std::chrono_literals;
const Revive::Clock::time_point t0{};

TEST(Revive, ComesAtOnceAfterOneThatHadBeenReady) {
  Revive revive;
  revive.ready();
  EXPECT_EQ(revive.died(SIGKILL, t0), 0s);
}

TEST(Revive, WaitsEverLongerForOneThatHadNot) {
  Revive revive;
  for (const auto expected : {50ms, 100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5000ms, 5000ms}) {
    EXPECT_EQ(revive.died(1 << 8, t0), expected);
  }
}

TEST(Revive, AReadyOneEndsTheWaiting) {
  Revive revive;
  revive.died(SIGKILL, t0);
  revive.died(SIGKILL, t0);
  revive.ready();
  EXPECT_EQ(revive.died(SIGKILL, t0), 0s);
  EXPECT_EQ(revive.died(SIGKILL, t0), 50ms);
}

struct CrashRow {
  const char* name;
  int status;
  std::chrono::seconds apart;
  Revive::Clock::duration third_wait;
};
class ThirdDeath : public testing::TestWithParam<CrashRow> {};

TEST_P(ThirdDeath, WaitsAsTheTableSays) {
  Revive revive;
  Revive::Clock::duration wait{};
  for (int i = 0; i < 3; ++i) {
    revive.ready();
    wait = revive.died(GetParam().status, t0 + i * GetParam().apart);
  }
  EXPECT_EQ(wait, GetParam().third_wait);
}
INSTANTIATE_TEST_SUITE_P(Revive, ThirdDeath,
                         testing::Values(CrashRow{"Segv", SIGSEGV, 1s, 50ms},
                                         CrashRow{"SegvWithCore", SIGSEGV | 0x80, 1s, 50ms},
                                         CrashRow{"Abort", SIGABRT, 4s, 50ms},
                                         CrashRow{"FarApart", SIGSEGV, 5s, 0s},
                                         CrashRow{"Killed", SIGKILL, 1s, 0s},
                                         CrashRow{"Exited", 1 << 8, 1s, 0s}),
                         [](const auto& row) { return std::string{row.param.name}; });

}  // namespace
}  // namespace supervisord::keeper
