#include "asgi-worker/server/proxy.hpp"
#include "asgi-worker/server/proxy_site.hpp"

#include <gtest/gtest.h>

namespace asgi_worker::server {
namespace {

TrustedPeers peers_of(std::string_view list) {
  auto peers = TrustedPeers::parse(list);
  EXPECT_TRUE(peers.has_value()) << list;
  return peers ? *std::move(peers) : TrustedPeers{};
}

struct TrustRow {
  const char* name;
  const char* list;
  const char* host;
  bool is_trusted;
};
class Trust : public testing::TestWithParam<TrustRow> {};

TEST_P(Trust, IsAsTheListSays) {
  EXPECT_EQ(peers_of(GetParam().list).trusts(std::string_view{GetParam().host}),
            GetParam().is_trusted);
}
INSTANTIATE_TEST_SUITE_P(
    Peers, Trust,
    testing::Values(TrustRow{"Nobody", "", "127.0.0.1", false},
                    TrustRow{"Address", "127.0.0.1", "127.0.0.1", true},
                    TrustRow{"AnotherAddress", "127.0.0.1", "127.0.0.2", false},
                    TrustRow{"InNetwork", "10.0.0.0/8", "10.255.0.1", true},
                    TrustRow{"OutsideOfNetwork", "10.0.0.0/8", "11.0.0.1", false},
                    TrustRow{"InOddNetwork", "192.0.2.128/25", "192.0.2.200", true},
                    TrustRow{"OutsideOfOddNetwork", "192.0.2.128/25", "192.0.2.127", false},
                    TrustRow{"AllOfIpv4", "0.0.0.0/0", "8.8.8.8", true},
                    TrustRow{"AllOfIpv4IsNotIpv6", "0.0.0.0/0", "2001:db8::1", false},
                    TrustRow{"Ipv6Network", "2001:db8::/32", "2001:db8:1::1", true},
                    TrustRow{"Ipv6SpelledOtherwise", "::1", "0:0:0:0:0:0:0:1", true},
                    TrustRow{"MappedIpv4", "127.0.0.1", "::ffff:127.0.0.1", true},
                    TrustRow{"Second", "127.0.0.1, 192.0.2.1", "192.0.2.1", true},
                    TrustRow{"Everybody", "*", "anything", true},
                    TrustRow{"UnixIsNoAddress", "unix", "127.0.0.1", false},
                    TrustRow{"NoAddress", "127.0.0.1", "localhost", false}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(TrustedPeers, NameUnixPeersApart) {
  const http::Endpoint peer{.is_unix = true};
  EXPECT_TRUE(peers_of("unix").trusts(peer));
  EXPECT_TRUE(peers_of("*").trusts(peer));
  EXPECT_FALSE(peers_of("127.0.0.1").trusts(peer));
}

TEST(TrustedPeers, RefuseWhatIsNoEntry) {
  for (const char* const list :
       {"localhost", "10.0.0.1/8", "10.0.0.0/33", "::1/129", "10.0.0.0/", "1.2.3", "10.0.0.0/-1",
        "127.0.0.1,nonsense", "2001:db8::1/32", "127.0.0.1:80"})
    EXPECT_FALSE(TrustedPeers::parse(list).has_value()) << list;
}

struct NodeRow {
  const char* name;
  const char* text;
  const char* host;
  int port;
};
class Node : public testing::TestWithParam<NodeRow> {};

TEST_P(Node, IsHostAndPort) {
  const auto node = parse_node(GetParam().text);
  EXPECT_EQ(node.host, GetParam().host);
  EXPECT_EQ(node.port, GetParam().port);
}
INSTANTIATE_TEST_SUITE_P(Proxy, Node,
                         testing::Values(NodeRow{"Ipv4", "192.0.2.1", "192.0.2.1", 0},
                                         NodeRow{"Ipv4Port", "192.0.2.1:81", "192.0.2.1", 81},
                                         NodeRow{"Ipv6", "2001:db8::1", "2001:db8::1", 0},
                                         NodeRow{"Ipv6Brackets", "[2001:db8::1]", "2001:db8::1", 0},
                                         NodeRow{"Ipv6Port", "[2001:db8::1]:82", "2001:db8::1", 82},
                                         NodeRow{"HiddenPort", "192.0.2.1:_x", "192.0.2.1", 0},
                                         NodeRow{"PortTooHigh", "192.0.2.1:65536", "192.0.2.1", 0},
                                         NodeRow{"Hidden", "_secret", "_secret", 0},
                                         NodeRow{"OpenBracket", "[::1", "[::1", 0}),
                         [](const auto& row) { return std::string{row.param.name}; });

using Fields = std::vector<http::Field>;
struct OriginRow {
  const char* name;
  const char* peers;
  Fields fields;
  const char* client;  // "" for none
  const char* scheme;
  const char* wanted = "x-forwarded-for,x-forwarded-proto,x-real-ip,forwarded";
};
class OriginOf : public testing::TestWithParam<OriginRow> {};

TEST_P(OriginOf, IsWhatTheNearestStrangerIs) {
  const auto& row = GetParam();
  const auto origin =
      origin_of(row.fields, peers_of(row.peers), *parse_forwarded_fields(row.wanted));
  EXPECT_EQ(origin.client ? origin.client->host : "", row.client);
  EXPECT_EQ(origin.scheme, row.scheme);
}
const char* const our = "10.0.0.0/8";
INSTANTIATE_TEST_SUITE_P(
    Proxy, OriginOf,
    testing::Values(
        OriginRow{"NothingSaid", our, {}, "", ""},
        OriginRow{"One", our, {{"x-forwarded-for", "1.1.1.1"}}, "1.1.1.1", ""},
        OriginRow{"FromTheRight",
                  our,
                  {{"x-forwarded-for", "6.6.6.6, 1.1.1.1, 10.0.0.2"}},
                  "1.1.1.1",
                  ""},
        OriginRow{"OverSeveralFields",
                  our,
                  {{"x-forwarded-for", "6.6.6.6"},
                   {"x-forwarded-for", "1.1.1.1"},
                   {"x-forwarded-for", "10.0.0.2"}},
                  "1.1.1.1",
                  ""},
        OriginRow{"AllOurs", our, {{"x-forwarded-for", "10.0.0.3, 10.0.0.2"}}, "10.0.0.3", ""},
        OriginRow{"AllTrusted", "*", {{"x-forwarded-for", "6.6.6.6, 1.1.1.1"}}, "6.6.6.6", ""},
        OriginRow{"EmptyList", our, {{"x-forwarded-for", ""}}, "", ""},
        OriginRow{"EmptyMembers", our, {{"x-forwarded-for", "1.1.1.1, ,"}}, "1.1.1.1", ""},
        OriginRow{"LastScheme",
                  our,
                  {{"x-forwarded-proto", "http"}, {"x-forwarded-proto", "https"}},
                  "",
                  "https"},
        OriginRow{"WebSocketScheme", our, {{"x-forwarded-proto", "wss"}}, "", "https"},
        OriginRow{"UnknownScheme", our, {{"x-forwarded-proto", "gopher"}}, "", ""},
        OriginRow{"SchemeList", our, {{"x-forwarded-proto", "https, http"}}, "", ""},
        OriginRow{"RealIp", our, {{"x-real-ip", "1.1.1.1"}}, "1.1.1.1", ""},
        OriginRow{"RealIpIsNotWanted", our, {{"x-real-ip", "1.1.1.1"}}, "", "", "x-forwarded-for"},
        OriginRow{
            "Forwarded", our, {{"forwarded", "for=1.1.1.1;proto=https;by=_x"}}, "1.1.1.1", "https"},
        OriginRow{"ForwardedFromTheRight",
                  our,
                  {{"forwarded", "for=6.6.6.6;proto=https, for=1.1.1.1;proto=http, for=10.0.0.2"}},
                  "1.1.1.1",
                  "http"},
        OriginRow{"ForwardedQuoted",
                  our,
                  {{"forwarded", "For=\"[2001:db8::1]:80\" ; Proto=\"https\""}},
                  "2001:db8::1",
                  "https"},
        OriginRow{"ForwardedEscaped", our, {{"forwarded", "for=\"1.1.1\\.1\""}}, "1.1.1.1", ""},
        OriginRow{"ForwardedBarePort", our, {{"forwarded", "for=1.1.1.1:80"}}, "1.1.1.1", ""},
        OriginRow{"ForwardedWins",
                  our,
                  {{"forwarded", "for=1.1.1.1"}, {"x-forwarded-for", "6.6.6.6"}},
                  "1.1.1.1",
                  ""},
        OriginRow{
            "ForwardedIsNotWanted", our, {{"forwarded", "for=6.6.6.6"}}, "", "", "x-forwarded-for"},
        OriginRow{"ForwardedOpenQuote", our, {{"forwarded", "for=\"1.1.1.1"}}, "", ""},
        OriginRow{"ForwardedNoValue", our, {{"forwarded", "for="}}, "", ""},
        OriginRow{"ForwardedBrokenInOneField",
                  our,
                  {{"forwarded", "for=6.6.6.6"}, {"forwarded", "=x"}},
                  "",
                  ""},
        OriginRow{"ForwardedHopWithoutClient",
                  our,
                  {{"forwarded", "for=6.6.6.6, proto=https"}},
                  "",
                  "https"}),
    [](const auto& row) { return std::string{row.param.name}; });

struct SecureRow {
  const char* name;
  Fields fields;
  const char* scheme;
  bool is_contradictory;
};
class Secure : public testing::TestWithParam<SecureRow> {};

TEST_P(Secure, IsTheSchemeOfItsFields) {
  ForwardedFields wanted;
  for (const char* const text : {"X-Forwarded-Protocol:ssl", "X-FORWARDED-SSL: on"})
    wanted.secure_schemes.push_back(*parse_secure_scheme(text));
  const auto origin = origin_of(GetParam().fields, {}, wanted);
  EXPECT_EQ(origin.is_contradictory, GetParam().is_contradictory);
  if (origin.is_contradictory) return;  // nobody asks for the scheme then
  EXPECT_EQ(origin.scheme, GetParam().scheme);
}
INSTANTIATE_TEST_SUITE_P(
    Proxy, Secure,
    testing::Values(SecureRow{"NothingSaid", {}, "", false},
                    SecureRow{"Yes", {{"x-forwarded-ssl", "on"}}, "https", false},
                    SecureRow{"No", {{"x-forwarded-ssl", "off"}}, "http", false},
                    SecureRow{"InsteadOfProto", {{"x-forwarded-proto", "https"}}, "", false},
                    SecureRow{"Agreed",
                              {{"x-forwarded-ssl", "on"}, {"x-forwarded-protocol", "ssl"}},
                              "https",
                              false},
                    SecureRow{"Contradicted",
                              {{"x-forwarded-ssl", "on"}, {"x-forwarded-protocol", "http"}},
                              "",
                              true}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(SecureScheme, IsANameAndAValue) {
  EXPECT_FALSE(parse_secure_scheme("https").has_value());
  EXPECT_FALSE(parse_secure_scheme("a b:https").has_value());
}

struct SiteRow {
  const char* name;
  Fields fields;
  const char* host;
  int port;
  const char* authority;
  const char* prefix;
  const char* scheme = "https";
  const char* wanted = "x-forwarded-host,x-forwarded-port,x-forwarded-prefix";
};
class SiteOf : public testing::TestWithParam<SiteRow> {};

TEST_P(SiteOf, IsWhatTheNearestProxySays) {
  const auto& row = GetParam();
  const http::Endpoint own{.host = "10.0.0.1", .port = 8000};
  const auto site = site_of(row.fields, *parse_forwarded_fields(row.wanted), own, row.scheme);
  const auto said = site.value_or(Site{.server = own});
  EXPECT_EQ(said.server.host, row.host);
  EXPECT_EQ(said.server.port, row.port);
  EXPECT_EQ(said.authority, row.authority);
  EXPECT_EQ(said.prefix, row.prefix);
}
INSTANTIATE_TEST_SUITE_P(
    Proxy, SiteOf,
    testing::Values(
        SiteRow{"NothingSaid", {{"host", "in"}}, "10.0.0.1", 8000, "", ""},
        SiteRow{"Host", {{"x-forwarded-host", "a.example"}}, "a.example", 443, "a.example", ""},
        SiteRow{"HostWithPort", {{"x-forwarded-host", "a:81"}}, "a", 81, "a:81", ""},
        SiteRow{"NearestOfAList", {{"x-forwarded-host", "evil, a"}}, "a", 443, "a", ""},
        SiteRow{"LastField",
                {{"x-forwarded-host", "evil"}, {"x-forwarded-host", "a"}},
                "a",
                443,
                "a",
                ""},
        SiteRow{"NoHost", {{"x-forwarded-host", "a b"}}, "10.0.0.1", 8000, "", ""},
        SiteRow{"HostAndPort",
                {{"x-forwarded-host", "a:81"}, {"x-forwarded-port", "8443"}},
                "a",
                8443,
                "a:8443",
                ""},
        SiteRow{"UsualPort",
                {{"x-forwarded-host", "[::1]:81"}, {"x-forwarded-port", "80"}},
                "::1",
                80,
                "[::1]",
                "",
                "http"},
        SiteRow{
            "PortOfOurHost", {{"host", "in:1"}, {"x-forwarded-port", "82"}}, "in", 82, "in:82", ""},
        SiteRow{"PortWithoutAHost", {{"x-forwarded-port", "82"}}, "10.0.0.1", 82, "", ""},
        SiteRow{"NoPort", {{"x-forwarded-port", "65536"}}, "10.0.0.1", 8000, "", ""},
        SiteRow{"Prefix", {{"x-forwarded-prefix", "/app/"}}, "10.0.0.1", 8000, "", "/app"},
        SiteRow{"PrefixOfNothing", {{"x-forwarded-prefix", "/"}}, "10.0.0.1", 8000, "", ""},
        SiteRow{"PrefixOfNoPath", {{"x-forwarded-prefix", "/a?b"}}, "10.0.0.1", 8000, "", ""},
        SiteRow{
            "NotWanted",
            {{"x-forwarded-host", "a"}, {"x-forwarded-port", "1"}, {"x-forwarded-prefix", "/p"}},
            "10.0.0.1",
            8000,
            "",
            "",
            "https",
            "x-forwarded-for"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(ForwardedFields, RefuseAnUnknownOne) {
  EXPECT_FALSE(parse_forwarded_fields("x-forwarded-four").has_value());
  EXPECT_TRUE(parse_forwarded_fields("Forwarded")->forwarded);
}

}  // namespace
}  // namespace asgi_worker::server
