#include "supervisord/spawner/program_pipes.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace supervisord::spawner {
namespace {

ino_t inode_of(int fd) {
  struct stat facts {};
  ::fstat(fd, &facts);
  return facts.st_ino;
}

TEST(ProgramPipes, ConnectBothSides) {
  const auto pipes = make_program_pipes(StderrTo::own_pipe);
  ASSERT_TRUE(pipes);
  EXPECT_EQ(pipes->targets, (std::vector<int>{0, 1, 2}));
  ASSERT_EQ(pipes->child_ends.size(), 3U);
  EXPECT_EQ(inode_of(pipes->stdin_end.get()), inode_of(pipes->child_ends[0].get()));
  EXPECT_EQ(inode_of(pipes->stdout_end.get()), inode_of(pipes->child_ends[1].get()));
  EXPECT_EQ(inode_of(pipes->stderr_end.get()), inode_of(pipes->child_ends[2].get()));
}

TEST(ProgramPipes, WithRedirectedStderrAreTwo) {
  const auto pipes = make_program_pipes(StderrTo::stdout_pipe);
  ASSERT_TRUE(pipes);
  EXPECT_FALSE(pipes->stderr_end);
  EXPECT_EQ(inode_of(pipes->child_ends[1].get()), inode_of(pipes->child_ends[2].get()));
}

TEST(ProgramPipes, TheProgramOutlivesItsReader) {
  auto pipes = make_program_pipes(StderrTo::own_pipe);
  pipes->stdout_end.reset();
  EXPECT_EQ(::write(pipes->child_ends[1].get(), "x", 1), 1);  // no SIGPIPE
}

TEST(ProgramPipes, OurEndsDoNotBlock) {
  const auto pipes = make_program_pipes(StderrTo::own_pipe);
  for (const int fd : {pipes->stdin_end.get(), pipes->stdout_end.get(), pipes->stderr_end.get()})
    EXPECT_NE(::fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
  for (const int fd : pipes->child_numbers()) EXPECT_EQ(::fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
}

TEST(ProgramPipes, WhatNobodySeesIsDevNull) {
  const auto pipes = make_program_pipes(StderrTo::own_pipe, {.output = true, .error = true});
  ASSERT_TRUE(pipes);
  EXPECT_FALSE(pipes->stdout_end);
  EXPECT_FALSE(pipes->stderr_end);
  struct stat null {};
  ASSERT_EQ(::stat("/dev/null", &null), 0);
  EXPECT_EQ(inode_of(pipes->child_ends[1].get()), null.st_ino);
  EXPECT_EQ(inode_of(pipes->child_ends[2].get()), null.st_ino);
}

TEST(ProgramPipes, InputThatIsGivenIsTheProgramsOwn) {
  const int given = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  const auto pipes = make_program_pipes(StderrTo::stdout_pipe, {.input = given});
  ASSERT_TRUE(pipes);
  EXPECT_FALSE(pipes->stdin_end);
  EXPECT_EQ(inode_of(pipes->child_ends[0].get()), inode_of(given));
  EXPECT_NE(pipes->child_ends[0].get(), given);
  ::close(given);
}

}  // namespace
}  // namespace supervisord::spawner
