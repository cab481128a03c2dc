#include "asgi-worker/options/merge.hpp"

#include <gtest/gtest.h>

namespace asgi_worker::options {
namespace {

using Words = std::vector<std::string>;

Layer layer(const Words& words) {
  const auto line = parse_words(words);
  EXPECT_TRUE(line) << line.error().context;
  return line->layer;
}

std::string problem(const Words& words) {
  const auto line = parse_words(words);
  if (!line) return line.error().context;
  const auto merged = merge({line->layer});
  return merged ? "" : merged.error().context;
}

TEST(CommandLine, TakesValuesInAllSpellings) {
  const auto merged =
      merge({layer({"-w4", "--bind=:80", "--log-level", "Debug", "--no-access-log", "--factory"})});
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->workers, 4);
  EXPECT_EQ(merged->bind, Words{":80"});
  EXPECT_EQ(merged->log_level, "debug");
  EXPECT_EQ(merged->access_log, false);
  EXPECT_TRUE(merged->factory);
}

TEST(CommandLine, TakesTheGunicornLineOfTheManual) {
  const auto merged = merge({layer({"--workers",
                                    "4",
                                    "--worker-class",
                                    "uvicorn.workers.UvicornWorker",
                                    "--bind",
                                    "0.0.0.0:8000",
                                    "--timeout",
                                    "120",
                                    "--graceful-timeout",
                                    "30",
                                    "--keep-alive",
                                    "5",
                                    "--max-requests",
                                    "1000",
                                    "--max-requests-jitter",
                                    "50",
                                    "--preload",
                                    "--access-logfile",
                                    "-",
                                    "--error-logfile",
                                    "-",
                                    "--capture-output"})});
  ASSERT_TRUE(merged) << merged.error().context;
  EXPECT_EQ(merged->max_requests_jitter, 50);
  EXPECT_EQ(merged->keep_alive.count(), 5);
  EXPECT_TRUE(merged->capture_output);
}

TEST(CommandLine, LeavesTheApplicationAlone) {
  const auto line = parse_words({"main:app", "--port", "1", "--", "--odd"});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->applications, (Words{"main:app", "--odd"}));
}

struct ProblemRow {
  const char* name;
  Words words;
  const char* text;
};
class CommandLineProblem : public testing::TestWithParam<ProblemRow> {};
TEST_P(CommandLineProblem, IsToldInALine) { EXPECT_EQ(problem(GetParam().words), GetParam().text); }
INSTANTIATE_TEST_SUITE_P(
    Merge, CommandLineProblem,
    testing::Values(
        ProblemRow{
            "Mistyped", {"--wrokers", "2"}, "No such option: --wrokers  Did you mean --workers?"},
        ProblemRow{"FarFromAll", {"--xyzzyplugh"}, "No such option: --xyzzyplugh"},
        ProblemRow{"NoValue", {"--port"}, "Option --port requires an argument"},
        ProblemRow{
            "ToggleWithValue", {"--no-access-log=1"}, "Option --no-access-log takes no value"},
        ProblemRow{"NotANumber",
                   {"--port", "http"},
                   "Invalid value for --port: 'http' is not a whole number"},
        ProblemRow{
            "NotAChoice",
            {"--lifespan", "maybe"},
            "Invalid value for --lifespan: 'maybe' is not one of auto, on, off, uvicorn-auto"},
        ProblemRow{"TwoSpellings",
                   {"--keep-alive", "2", "--timeout-keep-alive", "5"},
                   "--keep-alive 2 conflicts with --timeout-keep-alive 5"},
        ProblemRow{"TwoKindsOfAddress",
                   {"--bind", ":1", "--port", "2"},
                   "--bind conflicts with --host, --port, --uds and --fd: give one kind"},
        ProblemRow{"NotThere",
                   {"--protocol", "uwsgi"},
                   "--protocol is not there in this version: have the proxy speak HTTP (nginx: "
                   "proxy_pass in place of uwsgi_pass)"},
        ProblemRow{"Ambiguous",
                   {"--max-req", "5"},
                   "Ambiguous option: --max-req could be --max-requests, --max-requests-jitter"},
        ProblemRow{
            "ForeignWorker", {"-k", "gevent"}, "worker class 'gevent' is not an ASGI worker"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(CommandLine, AcceptsTwoSpellingsThatAgree) {
  EXPECT_EQ(problem({"--keep-alive", "2", "--timeout-keep-alive", "2"}), "");
}

TEST(Merge, LetsLaterLayersCountMore) {
  const auto merged = merge({layer({"--workers", "2", "--port", "1"}), layer({"--workers", "3"})});
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->workers, 3);
  EXPECT_EQ(merged->port, 1);
}

TEST(Merge, LetsAnAddressReplaceTheWholeOfALowerLayers) {
  const auto by_port = merge({layer({"--bind", "0.0.0.0:8000"}), layer({"--port", "9000"})});
  ASSERT_TRUE(by_port);
  EXPECT_EQ(addresses(*by_port), Words{"127.0.0.1:9000"});
  const auto by_bind = merge({layer({"--uds", "/run/a.sock"}),
                              layer({"--bind", "unix:/run/b.sock", "--bind", ":80,:81"})});
  ASSERT_TRUE(by_bind);
  EXPECT_EQ(addresses(*by_bind), (Words{"unix:/run/b.sock", ":80", ":81"}));
}

TEST(Merge, BracketsIpv6Hosts) {
  const auto merged = merge({layer({"--host", "::", "--port", "80"})});
  ASSERT_TRUE(merged);
  EXPECT_EQ(addresses(*merged), Words{"[::]:80"});
}

TEST(CommandLine, TakesALongFlagThatIsCutWhereNoOtherBeginsSo) {
  const auto line = parse_words({"--max-requests-j", "5"});
  ASSERT_TRUE(line) << line.error().context;
  EXPECT_EQ(line->layer.at(0).spelling, "--max-requests-jitter");
}

TEST(CommandLine, TakesTheNextWordAsAValueWhereItMayBeOne) {
  const auto line = parse_words({"--ws", "none", "--ws", "main:app", "--no-ws", "app:app"});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->layer.at(0).value, "none");
  EXPECT_EQ(line->layer.at(1).value, "main:app");
  EXPECT_EQ(line->layer.at(2).value, "none");
  EXPECT_EQ(line->applications, Words{"app:app"});
}

TEST(CommandLine, LeavesTheApplicationToAnOptionThatMayStandAlone) {
  const auto line =
      parse_words({"--metrics", "main:app", "--proxy-protocol", "x:y", "--metrics", ":9"});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->applications, (Words{"main:app", "x:y"}));
  EXPECT_EQ(line->layer.at(0).value, "true");
  EXPECT_EQ(line->layer.at(2).value, ":9");
}

TEST(CommandLine, IgnoresABlankWordWithAWarning) {
  const auto line = parse_words({"main:app", " ", "--port", "1"});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->applications, Words{"main:app"});
  EXPECT_EQ(line->warnings.size(), 1U);
}

TEST(Merge, BeginsWithTheDefaultsGiven) {
  const auto merged = merge({layer({"--port", "1"})}, {.keep_alive = Seconds{2}});
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->keep_alive.count(), 2);
}

TEST(Merge, TakesDurationsWithAUnit) {
  const auto merged = merge({layer({"--keep-alive", "1500ms", "--graceful-timeout", "2m"})});
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->keep_alive.count(), 1.5);
  EXPECT_EQ(merged->graceful_timeout.count(), 120);
}

TEST(Merge, LetsARefusedOptionBeTurnedOff) {
  EXPECT_EQ(problem({"--proxy-protocol", "off", "--protocol", "http"}), "");
}

TEST(NotInForce, NamesEachKeyOnce) {
  EXPECT_EQ(not_in_force({layer({"--ws-max-size", "1", "--ws-ping-timeout", "5"}),
                          layer({"--ws-max-size", "2", "--port", "1"})}),
            (Words{"ws_max_size", "ws_ping_timeout"}));
}

}  // namespace
}  // namespace asgi_worker::options
