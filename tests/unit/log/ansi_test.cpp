#include "supervisord/log/ansi.hpp"

#include <gtest/gtest.h>

namespace supervisord::log {
namespace {

struct AnsiRow {
  const char* name;
  std::string text;
  std::string stripped;
};

class AnsiStripperOf : public testing::TestWithParam<AnsiRow> {};

TEST_P(AnsiStripperOf, IsTheSameHoweverItIsCut) {
  const auto& [name, text, stripped] = GetParam();
  for (std::size_t first = 0; first <= text.size(); ++first) {
    for (std::size_t second = first; second <= text.size(); ++second) {
      std::string out;
      AnsiStripper before;
      before.feed(text.substr(0, first), out);
      AnsiStripper after;
      after.restore(before.state());
      after.feed(text.substr(first, second - first), out);
      after.feed(text.substr(second), out);
      after.finish(out);
      EXPECT_EQ(out, stripped) << first << " " << second;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AnsiStripper, AnsiStripperOf,
                         testing::Values(AnsiRow{"Nothing", "", ""},
                                         AnsiRow{"Text", "plain [31m text\n", "plain [31m text\n"},
                                         AnsiRow{"Colour", "\x1b[1;31mred\x1b[0m\n", "red\n"},
                                         AnsiRow{"ShortReset", "a\x1b[mb", "ab"},
                                         AnsiRow{"CursorAndErase", "\x1b[2J\x1b[10;1Hx\x1b[K", "x"},
                                         AnsiRow{"PrivateMode", "\x1b[?25lx\x1b[?25h", "x"},
                                         AnsiRow{"AnyFinalByte", "\x1b[5Xa\x1b[3Gb\x1b[1 qc",
                                                 "abc"},
                                         AnsiRow{"EscapeAlone",
                                                 "a\x1b"
                                                 "7b\x1b",
                                                 "a\x1b"
                                                 "7b\x1b"},
                                         AnsiRow{"EscapeTwice", "\x1b\x1b[31mx", "\x1bx"},
                                         AnsiRow{"CutOffByALinesEnd", "\x1b[31\nnext", "\nnext"},
                                         AnsiRow{"CutOffByAnother", "\x1b[31\x1b[32mx", "x"},
                                         AnsiRow{"CutOffByTheEnd", "x\x1b[31", "x"},
                                         AnsiRow{"Utf8", "\x1b[1m\xc3\xa9\x1b[0m", "\xc3\xa9"}),
                         [](const auto& row) { return std::string{row.param.name}; });

}  // namespace
}  // namespace supervisord::log
