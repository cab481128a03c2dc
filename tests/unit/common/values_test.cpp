#include "common/values.hpp"

#include <gtest/gtest.h>

#include <csignal>

#include "common/ctl_section.hpp"
#include "common/expand.hpp"
#include "common/signals.hpp"
#include "common/wait_status.hpp"
#include "common/words.hpp"

namespace common {
namespace {

TEST(Values, Booleans) {
  for (const char* const text : {"yes", "True", "ON", "1"}) EXPECT_TRUE(*parse_bool(text)) << text;
  for (const char* const text : {"no", "False", "OFF", "0"})
    EXPECT_FALSE(*parse_bool(text)) << text;
  EXPECT_EQ(parse_bool("foo").error().context, "not a valid boolean value: 'foo'");
}

TEST(Values, IntegersAsPythonReadsThem) {
  EXPECT_EQ(*parse_int(" -1_000 "), -1000);
  EXPECT_EQ(*parse_int("+7"), 7);
  for (const char* const text : {"", "x", "0x10", "1__0", "_1", "1_", "- 1", "1.5"}) {
    EXPECT_EQ(parse_int(text).error().context,
              "invalid literal for int() with base 10: '" + std::string{text} + "'");
  }
  EXPECT_FALSE(parse_int("99999999999999999999"));
}

TEST(Values, Sizes) {
  EXPECT_EQ(*parse_size("50MB"), 50U << 20);
  EXPECT_EQ(*parse_size("1 kb"), 1024U);
  EXPECT_EQ(*parse_size("2Gb"), 2ULL << 30);
  EXPECT_EQ(*parse_size("0"), 0U);
  EXPECT_EQ(parse_size("5XB").error().context, "invalid literal for int() with base 10: '5xb'");
  EXPECT_FALSE(parse_size("1.5MB"));
  EXPECT_FALSE(parse_size("-1"));
  EXPECT_FALSE(parse_size("99999999999GB"));
}

TEST(Values, OctalModesAndExitCodes) {
  EXPECT_EQ(*parse_octal("0o755"), 0755U);
  EXPECT_EQ(*parse_octal("022"), 022U);
  EXPECT_EQ(parse_octal("9").error().context, "9 can not be converted to an octal type");
  EXPECT_EQ(*parse_exit_codes("0, 2"), (std::vector{0, 2}));
  EXPECT_TRUE(parse_exit_codes("")->empty());
  EXPECT_EQ(parse_exit_codes("300").error().context, "not a valid list of exit codes: '300'");
}

TEST(Values, Signals) {
  for (const char* const text : {"TERM", "sigterm", "15"})
    EXPECT_EQ(*parse_signal(text), SIGTERM) << text;
  EXPECT_EQ(*parse_signal("RTMIN"), SIGRTMIN);
  EXPECT_EQ(*parse_signal("0"), 0);
  EXPECT_EQ(parse_signal("FOO").error().context, "value 'FOO' is not a valid signal name");
  EXPECT_EQ(parse_signal("99").error().context, "value '99' is not a valid signal number");
  EXPECT_FALSE(parse_signal("RTMIN+1"));
}

TEST(Values, WaitStatuses) {
  EXPECT_EQ(wait_status_text(3 << 8), "exit status 3");
  EXPECT_EQ(wait_status_text(SIGKILL), "terminated by SIGKILL");
  EXPECT_EQ(wait_status_text(SIGSEGV | 0x80), "terminated by SIGSEGV (core dumped)");
}

struct ExpandRow {
  const char* text;
  const char* expanded;
};
class Expands : public testing::TestWithParam<ExpandRow> {};
const ExpansionNames names{{"program_name", std::string{"web"}}, {"process_num", std::int64_t{7}}};

TEST_P(Expands, AsPythonFormats) {
  const auto expanded = expand(GetParam().text, names, "program:web.command");
  ASSERT_TRUE(expanded) << expanded.error().context;
  EXPECT_EQ(*expanded, GetParam().expanded);
}

INSTANTIATE_TEST_SUITE_P(
    Values, Expands,
    testing::Values(ExpandRow{"plain", "plain"}, ExpandRow{"%(program_name)s", "web"},
                    ExpandRow{"100%%", "100%"}, ExpandRow{"%(process_num)02d", "07"},
                    ExpandRow{"%(process_num)5d|", "    7|"},
                    ExpandRow{"%(program_name)-6s|", "web   |"},
                    ExpandRow{"%(program_name)6s", "   web"}, ExpandRow{"%(process_num)x", "7"},
                    ExpandRow{"%(process_num)+d", "+7"}, ExpandRow{"%(process_num)s", "7"},
                    ExpandRow{"%(program_name).2s", "we"}, ExpandRow{"%(process_num)#x", "0x7"},
                    ExpandRow{"%(process_num)-3d|", "7  |"}, ExpandRow{"%(process_num)ld", "7"}));

struct RefusalRow {
  const char* text;
  const char* reason;
};
class DoesNotExpand : public testing::TestWithParam<RefusalRow> {};

TEST_P(DoesNotExpand, AndSaysWhy) {
  const auto expanded = expand(GetParam().text, names, "program:web.command");
  ASSERT_FALSE(expanded);
  EXPECT_EQ(expanded.error().context, "Format string '" + std::string{GetParam().text} +
                                          "' for 'program:web.command' " + GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(
    Values, DoesNotExpand,
    testing::Values(RefusalRow{"%(x)s",
                               "contains names ('x') which cannot be expanded. Available names: "
                               "process_num, program_name"},
                    RefusalRow{
                        "date +%Y",
                        "is badly formatted: unsupported format character 'Y' (0x59) at index 7"},
                    RefusalRow{"50%", "is badly formatted: incomplete format"},
                    RefusalRow{"%(program_name", "is badly formatted: incomplete format key"},
                    RefusalRow{"%(program_name)", "is badly formatted: incomplete format"},
                    RefusalRow{"%(program_name)d",
                               "is badly formatted: %d format: a number is required, not str"},
                    RefusalRow{"%s", "is badly formatted: format requires a mapping"}));

TEST(Words, SplitAsAShellWould) {
  const auto words = parse_words("sh -c 'a  b' \"c \\\"d\\\" \\e\" f\\ g '' #h");
  ASSERT_TRUE(words);
  EXPECT_EQ(*words, (std::vector<std::string>{"sh", "-c", "a  b", "c \"d\" \\e", "f g", "", "#h"}));
  EXPECT_TRUE(parse_words(" \n")->empty());
  EXPECT_EQ(parse_words("sh \"").error().context, "No closing quotation");
  EXPECT_EQ(parse_words("sh \\").error().context, "No escaped character");
}

using Pairs = std::vector<std::pair<std::string, std::string>>;
struct EnvironmentRow {
  const char* text;
  Pairs pairs;
};
class Environment : public testing::TestWithParam<EnvironmentRow> {};

TEST_P(Environment, IsReadWithItsQuotes) {
  const auto pairs = parse_environment(GetParam().text);
  ASSERT_TRUE(pairs) << pairs.error().context;
  EXPECT_EQ(*pairs, GetParam().pairs);
}

INSTANTIATE_TEST_SUITE_P(
    Words, Environment,
    testing::Values(EnvironmentRow{"", {}}, EnvironmentRow{"A=1,B=2", {{"A", "1"}, {"B", "2"}}},
                    EnvironmentRow{"A=\"x y\",\n  B='z,\"',", {{"A", "x y"}, {"B", "z,\""}}},
                    EnvironmentRow{"A=\"\"", {{"A", ""}}},
                    EnvironmentRow{"A=1;B=2", {{"A", "1"}, {"B", "2"}}},
                    EnvironmentRow{"A=http://h:80/p", {{"A", "http://h:80/p"}}},
                    EnvironmentRow{"A=\"a\\\"b\\\\\"", {{"A", "a\"b\\"}}},
                    EnvironmentRow{"A=a\"b,c\"d", {{"A", "ab,cd"}}},
                    EnvironmentRow{"A=a\\,b # c", {{"A", "a,b"}}},
                    EnvironmentRow{"A = 1 , B = 2", {{"A", "1"}, {"B", "2"}}}));

TEST(Words, EnvironmentThatWouldLoseTextIsRefused) {
  for (const char* const text :
       {"A", "A=", "A=,B=2", "A=a b", "A=~/x", "A=a*", "A=a$b", "A=1 B=2", "A=1,,B=2", "=1"}) {
    EXPECT_EQ(parse_environment(text).error().context,
              "Unexpected end of key/value pairs in value '" + std::string{text} + "'");
  }
  EXPECT_EQ(parse_environment("A=\"x").error().context, "No closing quotation");
}

TEST(CtlSection, IsExpandedWithTheClientsEnvironment) {
  const auto section =
      read_ctl_section("[supervisorctl]\nserverurl=unix://%(here)s/s.sock\nusername=%(ENV_WHO)s\n",
                       "/etc/s/supervisord.conf", {{"WHO", "me"}});
  ASSERT_TRUE(section);
  EXPECT_EQ(section->serverurl, "unix:///etc/s/s.sock");
  EXPECT_EQ(section->username, "me");
  EXPECT_EQ(section->prompt, "supervisor");
}

TEST(CtlSection, MustBeThere) {
  EXPECT_EQ(read_ctl_section("[supervisord]\n", "/f", {}).error().context,
            ".ini file does not include supervisorctl section");
}

}  // namespace
}  // namespace common
