#include "asgi-worker/arbiter/syslog.hpp"

#include <gtest/gtest.h>

namespace asgi_worker::arbiter {
namespace {

using Kind = SyslogTarget::Kind;

struct TargetRow {
  const char* name;
  const char* text;
  Kind kind;
  const char* place;  // a path, or a host and a port
};
class TargetOf : public testing::TestWithParam<TargetRow> {};

TEST_P(TargetOf, IsWhatTheTextSays) {
  const auto target = parse_syslog_target(GetParam().text);
  ASSERT_TRUE(target) << target.error().context;
  EXPECT_EQ(target->kind, GetParam().kind);
  const auto* const path = std::get_if<common::UnixAddress>(&target->address);
  const auto* const host = std::get_if<common::TcpAddress>(&target->address);
  ASSERT_TRUE(path != nullptr || host != nullptr);
  EXPECT_EQ(path != nullptr ? path->path : host->host + " " + std::to_string(host->port),
            GetParam().place);
}

INSTANTIATE_TEST_SUITE_P(
    Syslog, TargetOf,
    testing::Values(TargetRow{"Udp", "udp://localhost:514", Kind::datagram, "localhost 514"},
                    TargetRow{"UsualPort", "udp://10.0.0.1", Kind::datagram, "10.0.0.1 514"},
                    TargetRow{"Tcp", "tcp://[::1]:601", Kind::stream, "::1 601"},
                    TargetRow{"Path", "unix:///dev/log", Kind::either, "/dev/log"},
                    TargetRow{"DatagramPath", "unix:///dev/log#dgram", Kind::datagram, "/dev/log"},
                    TargetRow{"StreamPath", "unix:///dev/log#stream", Kind::stream, "/dev/log"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(Syslog, RefusesWhatHasNoScheme) { EXPECT_FALSE(parse_syslog_target("localhost:514")); }

TEST(Syslog, KnowsFacilitiesByTheirNames) {
  EXPECT_EQ(*syslog_facility("user"), 1);
  EXPECT_EQ(*syslog_facility("local7"), 23);
  EXPECT_FALSE(syslog_facility("local8"));
}

TEST(Syslog, LineBeginsAsGunicornsDo) {
  EXPECT_EQ(syslog_head(1, python::Level::error, "shop.error", 4711),
            "<11>gunicorn.shop.error: [4711] ");
  EXPECT_EQ(syslog_head(16, python::Level::info, "shop.access", 1),
            "<134>gunicorn.shop.access: [1] ");
}

}  // namespace
}  // namespace asgi_worker::arbiter
