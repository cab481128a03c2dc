#include "supervisord/config/http_server_spec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/fake_surroundings.hpp"

namespace supervisord::config {
namespace {

using testing::HasSubstr;

TEST(Servers, ComeTcpFirst) {
  const auto result = load_text(
      "[supervisord]\n[unix_http_server]\nfile=../run/s.sock\nchmod=0770\nchown=app:web\n"
      "[inet_http_server:two]\nport=*:9001\nusername=u\npassword={SHA}ab\n");
  ASSERT_TRUE(result.config) << testing::PrintToString(result.errors);
  ASSERT_EQ(result.config->servers.size(), 2u);
  const ServerSpec& inet = result.config->servers[0];
  EXPECT_EQ(inet.section, "inet_http_server:two");
  EXPECT_EQ(inet.host, "");
  EXPECT_EQ(inet.port, 9001);
  EXPECT_EQ(inet.username, "u");
  EXPECT_EQ(inet.password, "{SHA}ab");
  const ServerSpec& local = result.config->servers[1];
  EXPECT_EQ(local.unix_path, "/run/s.sock");
  EXPECT_EQ(local.mode, mode_t{0770});
  EXPECT_EQ(local.owner, uid_t{1000});
  EXPECT_EQ(local.owner_group, gid_t{33});
}

TEST(Servers, TakeAnAddressInFourForms) {
  struct Row {
    const char* text;
    const char* host;
  };
  for (const Row& row :
       {Row{"9001", ""}, Row{":9001", ""}, Row{"*:9001", ""}, Row{"LocalHost:9001", "localhost"}}) {
    const auto result =
        load_text("[supervisord]\n[inet_http_server]\nport=" + std::string{row.text} + "\n");
    ASSERT_TRUE(result.config);
    EXPECT_EQ(result.config->servers.at(0).host, row.host);
    EXPECT_EQ(result.config->servers.at(0).port, 9001);
  }
}

TEST(Servers, SayWhoMayDoWhat) {
  const auto result = load_text(
      "[supervisord]\n[unix_http_server]\nfile=s.sock\nallow_users=app:operate, 1000\n"
      "allow_groups=web : read\n");
  ASSERT_TRUE(result.config) << testing::PrintToString(result.errors);
  const ServerSpec& server = result.config->servers.at(0);
  EXPECT_EQ(server.allow_users,
            (std::vector<Allowed>{{"app", 1000, Role::operate}, {"app", 1000, Role::admin}}));
  EXPECT_EQ(server.allow_groups, (std::vector<Allowed>{{"web", 33, Role::read}}));
}

TEST(GrpcServer, IsReadWithItsFiles) {
  const auto result = load_text(
      "[supervisord]\n[grpc_server]\naddress=[::]:9002\ncertfile=/etc/c.pem\n"
      "client_ca=/etc/ca.pem\ntokens_file=/etc/tokens\n"
      "allow_users=spiffe://a/b:read, *:operate\nallow_groups=ops\n");
  ASSERT_TRUE(result.config) << testing::PrintToString(result.errors);
  const ServerSpec& server = result.config->servers.at(0);
  EXPECT_EQ(server.host, "::");
  EXPECT_EQ(server.port, 9002);
  EXPECT_EQ(server.grpc,
            (GrpcServerSpec{"/etc/c.pem", "/etc/c.pem", "/etc/ca.pem", "/etc/tokens"}));
  EXPECT_EQ(server.allow_users,
            (std::vector<Allowed>{{"spiffe://a/b", 0, Role::read}, {"*", 0, Role::operate}}));
  EXPECT_EQ(server.allow_groups, (std::vector<Allowed>{{"ops", 0, Role::admin}}));
}

TEST(GrpcServer, MayBePlainOnLoopback) {
  const auto result = load_text("[supervisord]\n[grpc_server]\naddress=localhost:9002\n");
  EXPECT_TRUE(result.config) << testing::PrintToString(result.errors);
}

struct ErrorRow {
  const char* name;
  const char* text;
  const char* message;
};

class ServerError : public testing::TestWithParam<ErrorRow> {};
TEST_P(ServerError, IsInSupervisorsWords) {
  const auto result = load_text("[supervisord]\n" + std::string{GetParam().text} + "\n");
  ASSERT_EQ(result.errors.size(), 1u);
  EXPECT_THAT(result.errors[0], HasSubstr(GetParam().message));
}
INSTANTIATE_TEST_SUITE_P(
    Servers, ServerError,
    testing::Values(
        ErrorRow{"NoFile", "[unix_http_server]", "section [unix_http_server] has no file value"},
        ErrorRow{"NoPort", "[inet_http_server]", "section [inet_http_server] has no port value"},
        ErrorRow{"LongPath",
                 "[unix_http_server]\nfile=/"
                 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                 "expected at most 107 bytes"},
        ErrorRow{"Mode", "[unix_http_server]\nfile=a\nchmod=99", "Invalid chmod value 99"},
        ErrorRow{"Owner", "[unix_http_server]\nfile=a\nchown=x:web",
                 "Invalid sockchown value x:web"},
        ErrorRow{"Port", "[inet_http_server]\nport=x", "not a valid port number: 'x' "},
        ErrorRow{"EmptyPort", "[inet_http_server]\nport=h:", "no port number specified in ''"},
        ErrorRow{"LowPort", "[inet_http_server]\nport=h:0", "0 is below lower bound (1)"},
        ErrorRow{"HighPort", "[inet_http_server]\nport=h:70000",
                 "70000 is above upper bound (65535)"},
        ErrorRow{"UnknownUser", "[unix_http_server]\nfile=a\nallow_users=app:oprate",
                 "Invalid user name app:oprate"},
        ErrorRow{"PlainToAll", "[grpc_server]\naddress=9002\ntokens_file=/etc/t",
                 "plain text is spoken on loopback only"},
        ErrorRow{"NobodyKnown", "[grpc_server]\naddress=h:9002\ncertfile=/etc/c",
                 "whoever can connect would be admin"},
        ErrorRow{"CertificatesOfNobody",
                 "[grpc_server]\naddress=h:9002\ncertfile=/etc/c\nclient_ca=/etc/a",
                 "nobody would be let in"},
        ErrorRow{"NamesOfNothing",
                 "[grpc_server]\naddress=h:9002\ncertfile=/etc/c\ntokens_file=/etc/t\n"
                 "allow_users=x",
                 "these are names of client certificates"},
        ErrorRow{"PlainCertificates",
                 "[grpc_server]\naddress=::1:9002\nclient_ca=/etc/a\nallow_users=*",
                 "client certificates need TLS"},
        ErrorRow{"NoAddress", "[grpc_server]", "section [grpc_server] has no address value"},
        ErrorRow{"HalfAuthentication", "[inet_http_server]\nport=1\nusername=u",
                 "Section [inet_http_server] contains incomplete authentication: If a username or "
                 "a password is specified, both the username and password must be specified"}),
    [](const auto& row) { return std::string{row.param.name}; });

}  // namespace
}  // namespace supervisord::config
