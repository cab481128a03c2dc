#include "asgi-worker/options/profile.hpp"

#include <gtest/gtest.h>

namespace asgi_worker::options {
namespace {

using Words = std::vector<std::string>;

struct Case {
  const char* name;
  Words words;
  Profile profile;
};

class ProfileOf : public testing::TestWithParam<Case> {};

TEST_P(ProfileOf, IsToldByTheOptions) {
  const auto line = parse_words(GetParam().words);
  ASSERT_TRUE(line) << line.error().context;
  EXPECT_EQ(profile_of({line->layer}), GetParam().profile);
}

INSTANTIATE_TEST_SUITE_P(
    Profile, ProfileOf,
    testing::Values(Case{"Nothing", {}, Profile::uvicorn},
                    Case{"Uvicorns", {"--host", "::", "--workers", "4"}, Profile::uvicorn},
                    Case{"ShortWorkers", {"-w", "4"}, Profile::gunicorn},
                    Case{"ConfigurationFile", {"-c", "gunicorn.conf.py"}, Profile::gunicorn},
                    Case{"Toml", {"-c", "asgi-worker.toml"}, Profile::uvicorn},
                    Case{"OnlyALook", {"--print-config"}, Profile::uvicorn},
                    Case{"ToldOutright", {"-w", "4", "--compat", "native"}, Profile::native}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(Profile, OfGunicornCommandArguments) {
  const auto line = parse_words({"--backlog", "5"}, "GUNICORN_CMD_ARGS: ");
  ASSERT_TRUE(line);
  EXPECT_EQ(profile_of({line->layer}), Profile::gunicorn);
}

TEST(Defaults, AreEachServersOwn) {
  const auto gunicorn = defaults_of(Profile::gunicorn);
  EXPECT_EQ(gunicorn.keep_alive.count(), 2);
  EXPECT_EQ(gunicorn.timeout.count(), 30);
  EXPECT_EQ(gunicorn.limit_request_line, 4094);
  const auto uvicorn = defaults_of(Profile::uvicorn);
  EXPECT_EQ(uvicorn.keep_alive.count(), 5);
  EXPECT_EQ(uvicorn.timeout.count(), 0);
}

TEST(AccessLog, IsOffForGunicornUntilItHasAFile) {
  auto options = defaults_of(Profile::gunicorn);
  settle(options);
  EXPECT_EQ(options.access_log, false);
  options = defaults_of(Profile::gunicorn);
  options.access_logfile = "-";
  settle(options);
  EXPECT_EQ(options.access_log, true);
  options = defaults_of(Profile::uvicorn);
  settle(options);
  EXPECT_EQ(options.access_log, true);
}

}  // namespace
}  // namespace asgi_worker::options
