#include "supervisord/config/socket_spec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/fake_surroundings.hpp"

namespace supervisord::config {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* a_program = "[program:p]\ncommand=x\nsockets=web\n";

LoadResult loaded(const std::string& sections) { return load_text("[supervisord]\n" + sections); }

/// What program p gets of [socket:web] with these options.
SocketSpec socket_of(const std::string& options) {
  const auto result = loaded(std::string{a_program} + "[socket:web]\n" + options + "\n");
  EXPECT_TRUE(result.config) << testing::PrintToString(result.errors);
  return result.config ? result.config->groups.at(0).processes.at(0).sockets.at(0) : SocketSpec{};
}

TEST(Socket, ListensOnTcp) {
  const SocketSpec spec = socket_of("listen=tcp://LocalHost:08000\nbacklog=7");
  EXPECT_EQ(spec.name, "web");
  EXPECT_EQ(spec.place, (ListenSpec{.url = "tcp://localhost:8000",
                                    .unix_path = {},
                                    .host = "localhost",
                                    .port = 8000,
                                    .backlog = 7}));
}

TEST(Socket, ListensOnAUnixSocket) {
  const SocketSpec spec = socket_of("listen=unix:///run/../run/w.sock\nmode=0660\nowner=app:web");
  EXPECT_EQ(spec.place, (ListenSpec{.url = "unix:///run/w.sock",
                                    .unix_path = "/run/w.sock",
                                    .host = {},
                                    .mode = 0660,
                                    .owner = uid_t{1000},
                                    .owner_group = gid_t{33}}));
}

TEST(Socket, KnowsEveryAddressAndThoseOfIpv6) {
  for (const char* const text : {"tcp://:80", "tcp://*:80", "tcp://0.0.0.0:80"})
    EXPECT_EQ(socket_of(std::string{"listen="} + text).place.url, "tcp://0.0.0.0:80") << text;
  const ListenSpec place = socket_of("listen=tcp://[::1]:80").place;
  EXPECT_EQ(place.url, "tcp://[::1]:80");
  EXPECT_EQ(place.host, "::1");
}

TEST(Socket, GoesToEachProcessInTheProgramsOrder) {
  const auto result = loaded(
      "[program:p]\ncommand=x\nnumprocs=2\nprocess_name=%(process_num)d\n"
      "sockets = b, a\n[socket:a]\nlisten=tcp://:1\n[socket:b]\nlisten=tcp://:2\n");
  ASSERT_TRUE(result.config);
  EXPECT_THAT(result.warnings, IsEmpty());
  for (const ProcessSpec& process : result.config->groups.at(0).processes) {
    ASSERT_EQ(process.sockets.size(), 2U);
    EXPECT_EQ(process.sockets[0].name, "b");
    EXPECT_EQ(process.sockets[1].name, "a");
  }
}

TEST(Socket, ThatNobodyNamesIsWarnedOf) {
  const auto result = loaded("[socket:web]\nlisten=tcp://:1\nbacklogs=3\n");
  ASSERT_TRUE(result.config);
  EXPECT_THAT(result.warnings,
              ElementsAre(HasSubstr("[socket:web] backlogs:"),
                          "/etc/s.conf:2: [socket:web]: no program has it in its sockets=, so it "
                          "is not opened"));
}

struct ErrorRow {
  const char* name;
  const char* options;  // of [socket:web]; what follows may be other sections
  const char* message;
};

class SocketError : public testing::TestWithParam<ErrorRow> {};
TEST_P(SocketError, NamesPlaceKeyAndWhatIsExpected) {
  const auto result = loaded("[socket:web]\n" + std::string{GetParam().options} + "\n");
  ASSERT_EQ(result.errors.size(), 1U) << testing::PrintToString(result.errors);
  EXPECT_THAT(result.errors[0], HasSubstr(GetParam().message));
  EXPECT_THAT(result.errors[0], testing::StartsWith("/etc/s.conf:"));
}
INSTANTIATE_TEST_SUITE_P(
    Socket, SocketError,
    testing::Values(
        ErrorRow{"NoListen", "", "[socket:web] listen: it is not said where to listen"},
        ErrorRow{"OtherScheme", "listen=http://h:1", "expected tcp://HOST:PORT or unix:///"},
        ErrorRow{"NoPort", "listen=tcp://h", "there is no port in 'tcp://h'"},
        ErrorRow{"HighPort", "listen=tcp://h:70000", "'70000' is not a port"},
        ErrorRow{"Host", "listen=tcp://a/b:1", "not a host: 'a/b'"},
        ErrorRow{"Relative", "listen=unix://run/x", "cannot listen on 'unix://run/x'"},
        ErrorRow{"Backlog", "listen=tcp://h:1\nbacklog=0", "Invalid backlog value 0"},
        ErrorRow{"Owner", "listen=unix:///a\nowner=x", "Invalid owner value x"},
        ErrorRow{"Mode", "listen=unix:///a\nmode=9", "Invalid mode value 9"},
        ErrorRow{"ModeOfTcp", "listen=tcp://h:1\nmode=0700",
                 "[socket:web] mode: only a Unix socket has it"},
        ErrorRow{"TwoOfOneAddress", "listen=tcp://H:1\n[socket:b]\nlisten=tcp://h:1",
                 "[socket:b] listen: tcp://h:1 is the address of [socket:web] too"},
        ErrorRow{"ControlSocket", "listen=unix:///run/s\n[unix_http_server]\nfile=/run/s",
                 "unix:///run/s is the address of [unix_http_server] too"},
        ErrorRow{"ControlPort", "listen=tcp://:9001\n[inet_http_server]\nport=9001",
                 "tcp://0.0.0.0:9001 is the address of [inet_http_server] too"},
        ErrorRow{"FcgiSocket", "listen=unix:///f\n[fcgi-program:f]\ncommand=x\nsocket=unix:///f",
                 "[fcgi-program:f] socket: unix:///f is the address of [socket:web] too"},
        ErrorRow{"Unknown", "listen=tcp://h:1\n[program:p]\ncommand=x\nsockets=web,wep",
                 "[program:p] sockets: there is no [socket:wep], or it has errors"},
        ErrorRow{"Twice", "listen=tcp://h:1\n[program:p]\ncommand=x\nsockets=web,web",
                 "[program:p] sockets: names web twice"}),
    [](const auto& row) { return std::string{row.param.name}; });

}  // namespace
}  // namespace supervisord::config
