#include "asgi-worker/arbiter/obituary.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace asgi_worker::arbiter {
namespace {

constexpr int exited(int status) { return status << 8; }

struct Row {
  const char* name;
  int status;
  bool was_told;
  Circumstances around;
  bool is_expected;
  const char* text;
};
class ObituaryOf : public testing::TestWithParam<Row> {};

TEST_P(ObituaryOf, SaysWhatIsKnown) {
  const Row& row = GetParam();
  const auto made = obituary(7, row.status, row.was_told, row.around);
  EXPECT_EQ(made.is_expected, row.is_expected);
  EXPECT_EQ(made.text, row.text);
}

INSTANTIATE_TEST_SUITE_P(
    Workers, ObituaryOf,
    testing::Values(
        Row{"Told", SIGTERM, true, {}, true, "Worker (pid:7) ended: terminated by SIGTERM"},
        Row{"ByItself", exited(0), false, {}, true, "Worker (pid:7) ended: exit status 0"},
        Row{"Crash",
            SIGSEGV,
            false,
            {false, 20480, "GET /x"},
            false,
            "Worker (pid:7) ended unexpectedly: terminated by SIGSEGV (at most 20 MiB of memory; "
            "last request: GET /x)"},
        Row{"Killed",
            SIGKILL,
            false,
            {},
            false,
            "Worker (pid:7) was sent SIGKILL! Perhaps out of memory?"},
        Row{"OutOfMemory",
            SIGKILL,
            false,
            {true, 102400, ""},
            false,
            "Worker (pid:7) was killed by the kernel: out of memory (at most 100 MiB of memory)"}),
    [](const auto& row) { return std::string{row.param.name}; });

}  // namespace
}  // namespace asgi_worker::arbiter
