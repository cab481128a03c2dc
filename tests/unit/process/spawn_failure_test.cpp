#include "supervisord/process/spawn_failure.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace supervisord::process {
namespace {

struct Row {
  const char* name;
  const char* step;
  const char* argument;
  int error;
  bool root;
  bool after_fork;
  const char* text;
};
class FailedStart : public testing::TestWithParam<Row> {};

TEST_P(FailedStart, IsSaidInSupervisorsWords) {
  const Row& row = GetParam();
  const spawner::SpawnFailed failed{"web:web", row.step, row.argument, row.error};
  EXPECT_EQ(failure_text(failed, {"web", "./x", 33, row.root}), row.text);
  EXPECT_EQ(is_after_fork(failed), row.after_fork);
}

INSTANTIATE_TEST_SUITE_P(
    SpawnFailure, FailedStart,
    testing::Values(
        Row{"TooManyProcesses", "fork", "", EAGAIN, true, false,
            "Too many processes in process table to spawn 'web'"},
        Row{"Fork", "fork", "", ENOMEM, true, false, "unknown error during fork for 'web': ENOMEM"},
        Row{"TooManyFiles", "descriptors", "", EMFILE, true, false,
            "too many open files to spawn 'web'"},
        Row{"Descriptors", "descriptors", "", EBADF, true, false,
            "unknown error making dispatchers for 'web': EBADF"},
        Row{"Setuid", "setuid", "33", EPERM, false, true,
            "couldn't setuid to 33: Can't drop privilege as nonroot user"},
        Row{"Setgroups", "setgroups", "", EPERM, true, true,
            "couldn't setuid to 33: Could not set groups of effective user"},
        Row{"Setgid", "setgid", "33", EINVAL, true, true,
            "couldn't setuid to 33: Could not set group id of effective user"},
        Row{"SetuidAsRoot", "setuid", "33", EAGAIN, true, true, "couldn't setuid to 33: EAGAIN"},
        Row{"Chdir", "chdir", "/none", ENOENT, true, true, "couldn't chdir to /none: ENOENT"},
        Row{"Exec", "exec", "/a/x", ENOEXEC, true, true, "couldn't exec ./x: ENOEXEC"},
        Row{"Limit", "setrlimit", "7", EPERM, true, true, "couldn't setrlimit 7: EPERM"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(SpawnFailure, PipesThatCannotBeMade) {
  EXPECT_EQ(dispatchers_text(std::make_error_code(std::errc::too_many_files_open), "web"),
            "too many open files to spawn 'web'");
  EXPECT_EQ(dispatchers_text({ENFILE, std::generic_category()}, "web"),
            "unknown error making dispatchers for 'web': ENFILE");
}

}  // namespace
}  // namespace supervisord::process
