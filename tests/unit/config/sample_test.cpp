// Whether what echo_supervisord_conf prints is a configuration, as it is and uncommented, and
// leaves no option out.
#include "supervisord/echo_supervisord_conf/sample.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "common/ctl_section.hpp"
#include "common/ini.hpp"
#include "supervisord/config/daemon_spec.hpp"
#include "supervisord/config/fcgi_spec.hpp"
#include "supervisord/config/group_spec.hpp"
#include "supervisord/config/grpc_server_spec.hpp"
#include "supervisord/config/http_server_spec.hpp"
#include "supervisord/config/listener_spec.hpp"
#include "supervisord/config/other_sections.hpp"
#include "supervisord/config/program_spec.hpp"
#include "supervisord/config/socket_spec.hpp"
#include "tests/unit/config/fake_surroundings.hpp"

namespace supervisord::config {
namespace {

using testing::IsEmpty;
using testing::IsSupersetOf;

/// Without the semicolons that have no blank behind them.
std::string uncommented() {
  std::istringstream lines{std::string{sample_configuration}};
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    const bool is_option = line.size() > 1 && line[0] == ';' && line[1] != ' ';
    text += line.substr(is_option ? 1 : 0) + "\n";
  }
  return text;
}

/// The test's world, with the sample's user.
class SampleSurroundings final : public FakeSurroundings {
 public:
  SampleSurroundings() { files["/etc/conf.d/a.conf"] = "[program:a]\ncommand=x\n"; }
  common::Result<common::User> find_user(const std::string& name) const override {
    if (name == "root") return common::User{"root", 0, 0, {0}, "/root"};
    return FakeSurroundings::find_user(name);
  }
  common::Result<gid_t> find_group(const std::string& name) const override {
    return name == "root" ? common::Result<gid_t>{gid_t{0}} : FakeSurroundings::find_group(name);
  }
};

TEST(Sample, IsAConfiguration) {
  const auto result = load_text(std::string{sample_configuration});
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.warnings, IsEmpty());
}

TEST(Sample, IsOneWithAllItsOptions) {
  SampleSurroundings world;
  world.files["/etc/s.conf"] = uncommented();
  const auto result = load("/etc/s.conf", {}, world);
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.warnings, IsEmpty());
  ASSERT_TRUE(result.config);
  EXPECT_EQ(result.config->groups.size(), 4u);
  EXPECT_TRUE(common::ctl_section(uncommented(), "/etc/s.conf", {"/", {{"HOME", "/root"}}}));
}

TEST(Sample, ShowsTheDefaults) {
  SampleSurroundings world;
  world.files["/etc/s.conf"] = uncommented();
  const auto result = load("/etc/s.conf", {}, world);
  ASSERT_TRUE(result.config);
  const GroupSpec* group = nullptr;
  for (const GroupSpec& each : result.config->groups) {
    if (each.name == "all") group = &each;
  }
  ASSERT_NE(group, nullptr);
  ProcessSpec shown = group->processes.at(0);
  ProcessSpec defaults;
  defaults.program = defaults.name = "web";
  defaults.group = "all";
  defaults.command = "/bin/cat";
  // What has no default is shown by an example.
  shown.environment.clear();
  shown.user.reset();
  shown.directory.reset();
  shown.umask.reset();
  shown.sockets.clear();
  EXPECT_EQ(shown, defaults);
}

TEST(Sample, LeavesNoOptionOut) {
  std::map<std::string, std::set<std::string>> shown;
  for (const auto& entry : common::parse_ini(uncommented(), "").entries) {
    shown[entry.section].insert(entry.key);
  }
  const auto as_set = [](std::span<const std::string_view> options) {
    return std::set<std::string>{options.begin(), options.end()};
  };
  EXPECT_EQ(shown["supervisord"], as_set(daemon_options()));
  EXPECT_EQ(shown["unix_http_server"], as_set(unix_server_options()));
  EXPECT_EQ(shown["inet_http_server"], as_set(inet_server_options()));
  EXPECT_EQ(shown["grpc_server"], as_set(grpc_server_options()));
  EXPECT_EQ(shown["program:web"], as_set(program_options()));
  EXPECT_EQ(shown["socket:http"], as_set(socket_options()));
  EXPECT_EQ(shown["group:all"], as_set(group_options()));
  EXPECT_EQ(shown["include"], as_set(include_options()));
  EXPECT_EQ(shown["supervisorctl"], as_set(ctl_options()));
  EXPECT_THAT(shown["eventlistener:listener"], IsSupersetOf(as_set(listener_options())));
  EXPECT_THAT(shown["fcgi-program:fcgi"], IsSupersetOf(as_set(fcgi_options())));
}

}  // namespace
}  // namespace supervisord::config
