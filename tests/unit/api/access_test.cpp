#include "supervisord/api/access.hpp"

#include <gtest/gtest.h>

#include "common/utf8.hpp"
#include "supervisord/api/listener.hpp"

namespace supervisord::api {
namespace {

struct BearsRow {
  const char* name;
  const char* authorization;
  Credentials credentials;
  bool bears;
};
class Authorization : public testing::TestWithParam<BearsRow> {};

TEST_P(Authorization, IsComparedWithTheCredentials) {
  EXPECT_EQ(bears(GetParam().authorization, GetParam().credentials), GetParam().bears);
}

// "me:secret" is bWU6c2VjcmV0; e5e9fa1b... is the SHA-1 of "secret".
INSTANTIATE_TEST_SUITE_P(
    Access, Authorization,
    testing::Values(BearsRow{"Fits", "Basic bWU6c2VjcmV0", {"me", "secret"}, true},
                    BearsRow{"SchemeInAnyCase", "bAsIc bWU6c2VjcmV0", {"me", "secret"}, true},
                    BearsRow{"Sha",
                             "Basic bWU6c2VjcmV0",
                             {"me", "{SHA}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4"},
                             true},
                    BearsRow{"ShaOfAnother",
                             "Basic bWU6c2VjcmV0",
                             {"me", "{SHA}0000000000000000000000000000000000000000"},
                             false},
                    BearsRow{"ShaIsNoPassword", "Basic bWU6e1NIQX14", {"me", "{SHA}x"}, false},
                    BearsRow{"WrongPassword", "Basic bWU6c2VjcmV0", {"me", "other"}, false},
                    BearsRow{"WrongUser", "Basic bWU6c2VjcmV0", {"you", "secret"}, false},
                    BearsRow{"NoColon", "Basic bWU=", {"me", ""}, false},
                    BearsRow{"NotBase64", "Basic *?!", {"me", "secret"}, false},
                    BearsRow{"OtherScheme", "Bearer bWU6c2VjcmV0", {"me", "secret"}, false},
                    BearsRow{"Empty", "", {"me", "secret"}, false}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(Role, MayDoWhatTheTableSays) {
  EXPECT_TRUE(may(Role::read, Method::list_processes));
  EXPECT_FALSE(may(Role::read, Method::stop_processes));
  EXPECT_TRUE(may(Role::operate, Method::stop_processes));
  EXPECT_FALSE(may(Role::operate, Method::shutdown));
  EXPECT_TRUE(may(Role::admin, Method::shutdown));
}

TEST(Greeting, IsToldByTheFirstBytes) {
  EXPECT_EQ(greeting_of("PRI"), Greeting::grpc);
  EXPECT_EQ(greeting_of("PR"), Greeting::too_short);
  EXPECT_EQ(greeting_of("POS"), Greeting::http);
  EXPECT_EQ(greeting_of("PU"), Greeting::http);
  EXPECT_EQ(greeting_of("G"), Greeting::http);
  EXPECT_EQ(greeting_of("\x16\x03\x01"), Greeting::http);
}

TEST(Utf8, KeepsWhatIsValidAndReplacesTheRest) {
  EXPECT_EQ(common::to_utf8("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"),
            "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(common::to_utf8("a\xFF"), "a\xEF\xBF\xBD");
  EXPECT_EQ(common::to_utf8("\xC3"), "\xEF\xBF\xBD");                                  // cut
  EXPECT_EQ(common::to_utf8("\xC0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD");                  // overlong
  EXPECT_EQ(common::to_utf8("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // surrogate
}

}  // namespace
}  // namespace supervisord::api
