// tail -f: what comes, across a daemon that is replaced, until Ctrl-C.
#include "tests/unit/ctl/ctl_fixture.hpp"

namespace supervisorctl {
namespace {

constexpr const char* banner = "==> Press Ctrl-C to exit <==\n";

class Follow : public CtlFixture {
 protected:
  Follow() { write_configuration(); }
};

TEST_F(Follow, ShowsTheLast1024BytesThenWhatComesAndEndsWellOnInterrupt) {
  control.logs["web"] = std::string(2000, 'a') + "\n";
  serve();
  Child ctl{words({"tail", "-f", "web"})};
  ASSERT_TRUE(ctl.says("a\n"));
  on_loop([this] { control.append("web", "more\n"); });
  ASSERT_TRUE(ctl.says("more\n"));
  ctl.interrupt();
  EXPECT_EQ(ctl.end(), 0);
  EXPECT_EQ(ctl.output, banner + std::string(1023, 'a') + "\nmore\n\n");
  EXPECT_EQ(ctl.errors, "");
}

TEST_F(Follow, GoesOnWithoutGapOrRepetitionWhenTheDaemonIsReplaced) {
  control.logs["web"] = "one\n";
  serve();
  Child ctl{words({"tail", "-f", "web"})};
  ASSERT_TRUE(ctl.says("one\n"));
  stop_serving();
  on_loop([this] { control.append("web", "two\n"); });  // while nobody serves
  serve();
  ASSERT_TRUE(ctl.says("two\n"));
  on_loop([this] { control.append("web", "three\n"); });
  ASSERT_TRUE(ctl.says("three\n"));
  ctl.interrupt();
  EXPECT_EQ(ctl.end(), 0);
  EXPECT_EQ(ctl.output, std::string{banner} + "one\ntwo\nthree\n\n");
  EXPECT_EQ(ctl.errors, "");
}

TEST_F(Follow, FollowsTheMainLog) {
  control.logs[""] = "main\n";
  serve();
  Child ctl{words({"maintail", "-f"})};
  ASSERT_TRUE(ctl.says("main\n"));
  ctl.interrupt();
  EXPECT_EQ(ctl.end(), 0);
}

TEST_F(Follow, SaysOnStandardErrorThatThereIsNothingToFollow) {
  serve();
  Child ctl{words({"tail", "-f", "nope"})};
  EXPECT_EQ(ctl.end(), 0);
  EXPECT_EQ(ctl.output, banner);
  EXPECT_EQ(ctl.errors, url() + "/logtail/nope/stdout Cannot read, status code 404\n");
}

}  // namespace
}  // namespace supervisorctl
