#include "common/ctl_section.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

const CtlSurroundings surroundings{"/srv", {{"HOME", "/home/u"}, {"PORT", "9009"}}};

TEST(CtlSection, HasSupervisorsDefaults) {
  const auto section = ctl_section("[supervisorctl]\n", "/etc/s.conf", surroundings);
  ASSERT_TRUE(section);
  EXPECT_EQ((*section).serverurl, "http://localhost:9001");
  EXPECT_EQ((*section).prompt, "supervisor");
  EXPECT_EQ((*section).username, std::nullopt);
  EXPECT_EQ((*section).history_file, "");
}

TEST(CtlSection, ExpandsHereAndTheClientsEnvironment) {
  const auto section = ctl_section(
      "[DEFAULT]\nprompt=p\n[supervisorctl]\nserverurl=http://h:%(ENV_PORT)s\nusername=u\n"
      "password=a%%b\nhistory_file=~/.h\n[supervisord]\nx=%(nope)s\n",
      "/etc/s.conf", surroundings);
  ASSERT_TRUE(section);
  EXPECT_EQ((*section).serverurl, "http://h:9009");
  EXPECT_EQ((*section).username, "u");
  EXPECT_EQ((*section).password, "a%b");
  EXPECT_EQ((*section).prompt, "p");
  EXPECT_EQ((*section).history_file, "/home/u/.h");
}

TEST(CtlSection, MakesAUnixAddressAbsolute) {
  for (const char* const url :
       {"unix:///etc/run/s.sock", "unix://%(here)s/run/s.sock", "unix://../etc/run/s.sock"}) {
    const auto section = ctl_section("[supervisorctl]\nserverurl=" + std::string{url} + "\n",
                                     "../etc/s.conf", surroundings);
    ASSERT_TRUE(section);
    EXPECT_EQ((*section).serverurl, "unix:///etc/run/s.sock");
  }
}

TEST(CtlSection, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(ctl_section("[supervisord]\n", "f", surroundings).error().context,
            ".ini file does not include supervisorctl section");
  EXPECT_EQ(ctl_section("x=1\n", "f", surroundings).error().context,
            "f:1: File contains no section headers: 'x=1'");
  const auto unknown = ctl_section("[supervisorctl]\nprompt=%(ENV_X)s\n", "f", surroundings);
  EXPECT_TRUE(unknown.error().context.starts_with(
      "f:2: [supervisorctl] prompt: Format string '%(ENV_X)s' for 'supervisorctl.prompt' contains "
      "names ('ENV_X') which cannot be expanded."))
      << unknown.error().context;
}

TEST(ReadCtlSection, TellsAMissingFileFromAnUnreadableOne) {
  EXPECT_EQ(read_ctl_section("/nonexistent/s.conf").error().context,
            "could not find config file /nonexistent/s.conf");
  EXPECT_EQ(read_ctl_section("/").error().context, "could not read config file /");
}

}  // namespace
}  // namespace common
