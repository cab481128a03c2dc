#include "common/wait_status.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>

namespace common {
namespace {

TEST(WaitStatus, SaysHowItEnded) {
  EXPECT_EQ(wait_status_text(W_EXITCODE(0, 0)), "exit status 0");
  EXPECT_EQ(wait_status_text(W_EXITCODE(3, 0)), "exit status 3");
  EXPECT_EQ(wait_status_text(W_EXITCODE(0, SIGKILL)), "terminated by SIGKILL");
  EXPECT_EQ(wait_status_text(SIGSEGV | WCOREFLAG), "terminated by SIGSEGV (core dumped)");
  EXPECT_EQ(wait_status_text(40), "terminated by signal 40");
}

}  // namespace
}  // namespace common
