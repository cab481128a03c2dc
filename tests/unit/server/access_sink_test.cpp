#include "asgi-worker/server/access_sink.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "common/unique_fd.hpp"

namespace asgi_worker::server {
namespace {

TEST(AccessSink, SaysOnceThatADiskIsFullAndOnceThatItIsNot) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  const common::UniqueFd read_end{ends[0]}, write_end{ends[1]};
  const common::UniqueFd full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
  const common::UniqueFd log{::dup(full.get())};
  std::string reports;
  AccessSink sink{log.get(), [&](std::string_view line) { reports.append(line).append("\n"); }};
  sink.write("one\ntwo\n");
  sink.write("three\n");
  const std::string lost =
      "cannot write access log: its lines are lost (ENOSPC, No space left on device)\n";
  EXPECT_EQ(reports, lost);
  ASSERT_GE(::dup2(write_end.get(), log.get()), 0);
  sink.write("four\n");
  sink.write("five\n");
  EXPECT_EQ(reports, lost + "access log is written again: 3 lines lost\n");
  char text[32] = "";
  EXPECT_EQ(::read(read_end.get(), text, sizeof text), 10);
  EXPECT_STREQ(text, "four\nfive\n");
}

TEST(AccessSink, BeginsALineAnewBehindOneThatWasCut) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  const common::UniqueFd read_end{ends[0]}, write_end{ends[1]};
  const int room = ::fcntl(write_end.get(), F_SETPIPE_SZ, 4096);
  ASSERT_GT(room, 0);
  AccessSink sink{write_end.get(), [](std::string_view) {}};
  std::string text(static_cast<std::size_t>(room), 'x');
  sink.write(text + "end\n");  // goes in but for its end
  ASSERT_EQ(::read(read_end.get(), text.data(), text.size()), room);
  sink.write("next\n");
  char rest[32] = "";
  EXPECT_EQ(::read(read_end.get(), rest, sizeof rest), 6);
  EXPECT_STREQ(rest, "\nnext\n");
}

}  // namespace
}  // namespace asgi_worker::server
