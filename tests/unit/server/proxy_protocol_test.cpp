#include "asgi-worker/server/proxy_protocol.hpp"

#include <gtest/gtest.h>

#include "harness.hpp"

namespace asgi_worker::server {
namespace {

using Kind = Preface::Kind;

std::string v2(char command, char family, std::string_view rest) {
  std::string bytes{"\r\n\r\n\0\r\nQUIT\n", 12};
  bytes += {command, family, static_cast<char>(rest.size() >> 8), static_cast<char>(rest.size())};
  return bytes.append(rest);
}
const std::string v4_addresses{"\1\2\3\4\5\6\7\10\0\120\1\273", 12};  // 1.2.3.4:80, 5.6.7.8:443

struct PrefaceRow {
  const char* name;
  std::string bytes;
  Kind kind;
  std::size_t size = 0;
  const char* client = "";
  ProxyProtocol wanted = ProxyProtocol::any;
};
class PrefaceOf : public testing::TestWithParam<PrefaceRow> {};

TEST_P(PrefaceOf, IsRead) {
  const auto preface = parse_preface(GetParam().bytes, GetParam().wanted);
  EXPECT_EQ(preface.kind, GetParam().kind);
  EXPECT_EQ(preface.size, GetParam().size);
  EXPECT_EQ(preface.client.host, GetParam().client);
}
INSTANTIATE_TEST_SUITE_P(
    ProxyProtocol, PrefaceOf,
    testing::Values(
        PrefaceRow{"Nothing", "", Kind::need_more}, PrefaceRow{"Half", "PRO", Kind::need_more},
        PrefaceRow{"Request", "PROPFIND / HTTP/1.1\r\n", Kind::none},
        PrefaceRow{"V4", "PROXY TCP4 1.2.3.4 5.6.7.8 80 443\r\nGET", Kind::proxied, 35, "1.2.3.4"},
        PrefaceRow{"V6", "PROXY TCP6 ::1 ::2 80 443\r\n", Kind::proxied, 27, "::1"},
        PrefaceRow{"Unknown", "PROXY UNKNOWN\r\n", Kind::local, 15},
        PrefaceRow{"UnknownWithAddresses", "PROXY UNKNOWN ff::1 ff::2 1 2\r\n", Kind::local, 31},
        PrefaceRow{"HalfALine", "PROXY TCP4 1.2.3.4", Kind::need_more},
        PrefaceRow{"LineTooLong", "PROXY TCP4 " + std::string(100, '1'), Kind::bad},
        PrefaceRow{"WrongFamily", "PROXY TCP4 ::1 ::2 80 443\r\n", Kind::bad},
        PrefaceRow{"OtherFamily", "PROXY UDP4 1.2.3.4 5.6.7.8 80 443\r\n", Kind::bad},
        PrefaceRow{"NoPort", "PROXY TCP4 1.2.3.4 5.6.7.8 80\r\n", Kind::bad},
        PrefaceRow{"PortTooHigh", "PROXY TCP4 1.2.3.4 5.6.7.8 80 65536\r\n", Kind::bad},
        PrefaceRow{"PortWithZeros", "PROXY TCP4 1.2.3.4 5.6.7.8 080 1\r\n", Kind::bad},
        PrefaceRow{"TwoSpaces", "PROXY TCP4  1.2.3.4 5.6.7.8 80 1\r\n", Kind::bad},
        PrefaceRow{"V1NotWanted", "PROXY TCP4 1.2.3.4 5.6.7.8 80 1\r\n", Kind::none, 0, "",
                   ProxyProtocol::v2},
        PrefaceRow{"Binary", v2(0x21, 0x11, v4_addresses), Kind::proxied, 28, "1.2.3.4"},
        PrefaceRow{"BinaryWithMore", v2(0x21, 0x11, v4_addresses + std::string{"\1\0\2h2", 5}),
                   Kind::proxied, 33, "1.2.3.4"},
        PrefaceRow{"BinaryV6", v2(0x21, 0x21, std::string(15, '\0') + '\1' + std::string(20, '\0')),
                   Kind::proxied, 52, "::1"},
        PrefaceRow{"BinaryLocal", v2(0x20, 0x11, v4_addresses), Kind::local, 28},
        PrefaceRow{"BinaryUnspecified", v2(0x21, 0x00, ""), Kind::local, 16},
        PrefaceRow{"BinaryUnix", v2(0x21, 0x31, std::string(216, 'x')), Kind::bad},
        PrefaceRow{"BinaryDatagrams", v2(0x21, 0x12, v4_addresses), Kind::bad},
        PrefaceRow{"BinaryTooShort", v2(0x21, 0x11, "\1\2\3\4"), Kind::bad},
        PrefaceRow{"BinaryVersion", v2(0x11, 0x11, v4_addresses), Kind::bad},
        PrefaceRow{"BinaryCommand", v2(0x22, 0x11, v4_addresses), Kind::bad},
        PrefaceRow{"BinaryTooLong", v2(0x21, 0x11, std::string(20'000, 'x')), Kind::bad},
        PrefaceRow{"HalfABinary", v2(0x21, 0x11, v4_addresses).substr(0, 20), Kind::need_more},
        PrefaceRow{"V2NotWanted", v2(0x21, 0x11, v4_addresses), Kind::none, 0, "",
                   ProxyProtocol::v1}),
    [](const auto& row) { return std::string{row.param.name}; });

class Proxied : public ServerTest {
 protected:
  void serve_trusting(std::string_view list) {
    settings.proxy_protocol = ProxyProtocol::any;
    settings.proxy_allowed = *TrustedPeers::parse(list);
    settings.forwarded_allowed = *TrustedPeers::parse(list);
    answer_at_once();
    serve();
  }
};

TEST_F(Proxied, EveryRequestHasTheClientOfThePreface) {
  serve_trusting("127.0.0.1");
  Client& client = connect();
  const std::string bytes =
      "PROXY TCP4 192.0.2.1 192.0.2.2 1024 443\r\n" + get_request + get_request;
  for (const char byte : bytes) {  // however it is cut
    client.send({&byte, 1});
    settle();
  }
  ASSERT_TRUE(pump([&] { return application.calls.size() == 2; }));
  EXPECT_EQ(application.last().peer.host, "192.0.2.1");
  EXPECT_EQ(application.last().peer.port, 1024);
  EXPECT_EQ(application.last().server.host, "192.0.2.2");
}

TEST_F(Proxied, PrefaceMayBeMissing) {
  serve_trusting("127.0.0.1");
  Client& client = connect();
  client.send(get_request);
  EXPECT_TRUE(pump_until_has(client, hi_answer));
}

TEST_F(Proxied, BadPrefaceIsRefused) {
  serve_trusting("127.0.0.1");
  Client& client = connect();
  client.send("PROXY nonsense\r\n" + get_request);
  EXPECT_TRUE(pump_until_closed(client));
  EXPECT_TRUE(client.has("HTTP/1.1 400 "));
  EXPECT_TRUE(application.calls.empty());
}

TEST_F(Proxied, StrangersMayNotSpeakIt) {
  serve_trusting("10.0.0.1");
  Client& client = connect();
  client.send("PROXY TCP4 192.0.2.1 192.0.2.2 1024 443\r\n" + get_request);
  EXPECT_TRUE(pump_until_closed(client));
  EXPECT_TRUE(client.has("HTTP/1.1 400 "));
}

TEST_F(Proxied, FieldsOfATrustedPeerNameTheClient) {
  serve_trusting("127.0.0.1");
  Client& client = connect();
  client.send(get_of("/", "X-Forwarded-For: 192.0.2.7\r\n") + get_request);
  ASSERT_TRUE(pump([&] { return application.calls.size() == 2; }));
  EXPECT_EQ(application.calls[0]->peer.host, "192.0.2.7");
  EXPECT_EQ(application.calls[1]->peer.host, "127.0.0.1");
}

TEST_F(Proxied, FieldsOfAStrangerDoNot) {
  serve_trusting("10.0.0.1");
  Client& client = connect();
  client.send(get_of("/", "X-Forwarded-For: 192.0.2.7\r\n"));
  ASSERT_TRUE(pump_until_has(client, hi_answer));
  EXPECT_EQ(application.last().peer.host, "127.0.0.1");
}

TEST_F(Proxied, ThePrefacesClientIsThePeerThatIsTrustedOrNot) {
  serve_trusting("127.0.0.1");
  Client& client = connect();
  client.send("PROXY TCP4 192.0.2.1 192.0.2.2 1024 443\r\n" +
              get_of("/", "X-Forwarded-For: 192.0.2.7\r\n"));
  ASSERT_TRUE(pump_until_has(client, hi_answer));
  EXPECT_EQ(application.last().peer.host, "192.0.2.1");
}

}  // namespace
}  // namespace asgi_worker::server
