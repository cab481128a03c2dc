#include "supervisord/config/fcgi_spec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/fake_surroundings.hpp"

namespace supervisord::config {
namespace {

using testing::Contains;
using testing::HasSubstr;

LoadResult fcgi(const std::string& options) {
  return load_text("[supervisord]\n[fcgi-program:f]\ncommand=x\n" + options + "\n");
}

ListenSpec socket_of(const std::string& options) {
  const auto result = fcgi(options);
  EXPECT_TRUE(result.config) << testing::PrintToString(result.errors);
  return result.config ? result.config->groups.at(0).fcgi.value() : ListenSpec{};
}

TEST(Fcgi, ListensOnAUnixSocket) {
  EXPECT_EQ(socket_of("socket=unix:///run/../run/%(program_name)s.sock"),
            (ListenSpec{.url = "unix:///run/f.sock", .unix_path = "/run/f.sock", .host = {}}));
}

TEST(Fcgi, ListensOnTcp) {
  EXPECT_EQ(socket_of("socket=tcp://LocalHost:09000\nsocket_backlog=7"),
            (ListenSpec{.url = "tcp://localhost:9000",
                        .unix_path = {},
                        .host = "localhost",
                        .port = 9000,
                        .backlog = 7}));
}

TEST(Fcgi, ReadsWhoOwnsTheSocket) {
  const ListenSpec spec =
      socket_of("socket=unix:///run/f\nsocket_owner=app:web\nsocket_mode=0770\nuser=1000");
  EXPECT_EQ(spec.owner, uid_t{1000});
  EXPECT_EQ(spec.owner_group, gid_t{33});
  EXPECT_EQ(spec.mode, mode_t{0770});
  EXPECT_FALSE(socket_of("socket=unix:///run/f\nsocket_owner=app").owner_group);
}

TEST(Fcgi, GivesTheSocketToTheProgramsUser) {
  const ListenSpec spec = socket_of("socket=unix:///run/f\nuser=app");
  EXPECT_EQ(spec.owner, uid_t{1000});
  EXPECT_EQ(spec.owner_group, gid_t{1000});
  EXPECT_FALSE(socket_of("socket=tcp://h:1\nuser=app").owner);
  EXPECT_FALSE(socket_of("socket=unix:///run/f").owner);
}

TEST(Fcgi, LeavesTheSocketWhenTheUserIsTheDaemons) {
  struct AsApp : FakeSurroundings {
    uid_t own_uid() const override { return 1000; }
  } world;
  world.files["/etc/s.conf"] =
      "[supervisord]\n[fcgi-program:f]\ncommand=x\nuser=app\nsocket=unix:///run/f\n";
  const auto result = load("/etc/s.conf", {}, world);
  ASSERT_TRUE(result.config);
  EXPECT_FALSE(result.config->groups.at(0).fcgi->owner);
}

TEST(Fcgi, InAGroupIsAPlainProgram) {
  const auto result = load_text(
      "[supervisord]\n[fcgi-program:f]\ncommand=x\nsocket=nonsense\n[group:g]\nprograms=f\n");
  ASSERT_TRUE(result.config) << testing::PrintToString(result.errors);
  EXPECT_FALSE(result.config->groups.at(0).fcgi);
  EXPECT_THAT(result.config->warnings,
              Contains(HasSubstr("[fcgi-program:f]: in a group it runs without its socket")));
}

struct ErrorRow {
  const char* name;
  const char* options;
  const char* message;
};

class FcgiError : public testing::TestWithParam<ErrorRow> {};
TEST_P(FcgiError, IsInSupervisorsWords) {
  const auto result = fcgi(GetParam().options);
  ASSERT_EQ(result.errors.size(), 1u) << testing::PrintToString(result.errors);
  EXPECT_THAT(result.errors[0], HasSubstr(GetParam().message));
}
INSTANTIATE_TEST_SUITE_P(
    Fcgi, FcgiError,
    testing::Values(
        ErrorRow{"NoSocket", "", "[fcgi-program:f] section requires a \"socket\" line"},
        ErrorRow{"Format", "socket=foo",
                 "('Bad socket format %s', 'foo') in [fcgi-program:f] socket"},
        ErrorRow{"NoHost", "socket=tcp://:1", "('Bad socket format %s', 'tcp://:1')"},
        ErrorRow{"NoPort", "socket=tcp://h", "('Bad socket format %s', 'tcp://h')"},
        ErrorRow{"BadPort", "socket=tcp://h:a", "('Bad socket format %s', 'tcp://h:a')"},
        ErrorRow{"HighPort", "socket=tcp://h:70000",
                 "70000 is above upper bound (65535) in [fcgi-program:f] socket"},
        ErrorRow{"Relative", "socket=unix://rel",
                 "('Unix socket path %s is not an absolute path', 'rel') in [fcgi-program:f] "
                 "socket"},
        ErrorRow{"Backlog", "socket=tcp://h:1\nsocket_backlog=0", "Invalid socket_backlog value 0"},
        ErrorRow{"Owner", "socket=unix:///a\nsocket_owner=x", "Invalid socket_owner value x"},
        ErrorRow{"Mode", "socket=unix:///a\nsocket_mode=9", "Invalid socket_mode value 9"},
        ErrorRow{"ModeOfTcp", "socket=tcp://h:1\nsocket_mode=0700",
                 "socket_owner and socket_mode params should only be used with a Unix domain "
                 "socket in [fcgi-program:f] socket"},
        ErrorRow{"OwnerOfTcp", "socket=tcp://h:1\nsocket_owner=app",
                 "socket_owner and socket_mode params should only be used"},
        ErrorRow{"UserOnce", "socket=unix:///a\nuser=nope", "Invalid user name nope"}),
    [](const auto& row) { return std::string{row.param.name}; });

}  // namespace
}  // namespace supervisord::config
