#include "common/options.hpp"

#include <gtest/gtest.h>

#include <array>

namespace common {
namespace {

constexpr std::array table{
    Option{'c', "configuration", "FILE", "configuration file"},
    Option{'n', "nodaemon", "", "foreground"},
    Option{'s', "silent", "", "no copy"},
    Option{'l', "logfile", "FILE", "main log"},
    Option{0, "logfile_maxbytes", "BYTES", "its size"},
    Option{.short_name = 0,
           .long_name = "sibling",
           .argument = "",
           .help = "ours",
           .may_repeat = false,
           .gives_way = true},
};

/// "c=x n | rest": what was given by its short (or long) name, then the rest.
std::string read(const std::vector<std::string>& words) {
  const auto parsed = parse_options(table, words);
  if (!parsed) return parsed.error().context;
  std::string out;
  for (const auto& given : parsed->given) {
    out += given.option->short_name != 0 ? std::string(1, given.option->short_name)
                                         : std::string{given.option->long_name};
    out += given.option->argument.empty() ? " " : "=" + given.value + " ";
  }
  out += "|";
  for (const auto& word : parsed->rest) out += " " + word;
  return out;
}

struct Row {
  const char* name;
  std::vector<std::string> words;
  const char* outcome;
};
class Reads : public testing::TestWithParam<Row> {};

TEST_P(Reads, AsSupervisorDoes) { EXPECT_EQ(read(GetParam().words), GetParam().outcome); }

INSTANTIATE_TEST_SUITE_P(
    Options, Reads,
    testing::Values(
        Row{"Nothing", {}, "|"}, Row{"Bundled", {"-nsc", "x"}, "n s c=x |"},
        Row{"ValueBehindTheFlag", {"-cx"}, "c=x |"},
        Row{"LongWithEquals", {"--logfile=x"}, "l=x |"},
        Row{"LongWithBlank", {"--logfile", "x"}, "l=x |"}, Row{"Abbreviated", {"--nod"}, "n |"},
        Row{"ExactAmongPrefixes",
            {"--logfile", "x", "--logfile_max", "1"},
            "l=x logfile_maxbytes=1 |"},
        Row{"StopsAtTheFirstOtherWord", {"-n", "start", "-s"}, "n | start -s"},
        Row{"DashesEndTheOptions", {"--", "-n"}, "| -n"},
        Row{"AbbreviatedBesideOneThatGivesWay", {"--si", "-n"}, "s n |"},
        Row{"OneThatGivesWay",
            {"--sibling", "--sib"},
            "conflicting command line option '--sibling'"},
        Row{"UnknownShort", {"-z"}, "option -z not recognized"},
        Row{"UnknownShortInABundle", {"-nz"}, "option -z not recognized"},
        Row{"UnknownLong", {"--foo"}, "option --foo not recognized"},
        Row{"Ambiguous", {"--log", "x"}, "option --log not a unique prefix"},
        Row{"MissingArgument", {"-c"}, "option -c requires argument"},
        Row{"MissingLongArgument", {"--logfile"}, "option --logfile requires argument"},
        Row{"ArgumentForAFlag", {"--silent=1"}, "option --silent must not have an argument"},
        Row{"Twice", {"-c", "x", "-cy"}, "conflicting command line option '-c'"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(Options, HelpFitsItsWidth) {
  const std::string help = options_help(table, 40);
  std::size_t begin = 0;
  while (begin < help.size()) {
    const auto end = help.find('\n', begin);
    EXPECT_LE(end - begin, 48U) << help;  // a name may be wider than half of it
    begin = end + 1;
  }
  EXPECT_NE(help.find("  -c, --configuration FILE"), std::string::npos);
}

}  // namespace
}  // namespace common
