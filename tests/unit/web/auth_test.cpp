#include "supervisord/web/auth.hpp"

#include <gtest/gtest.h>

namespace supervisord::web {
namespace {

struct AuthRow {
  const char* name;
  const char* field;
  const char* password;
  Authorization answer;
};
class CheckBasic : public testing::TestWithParam<AuthRow> {};

TEST_P(CheckBasic, AnswersAsTheTableSays) {
  EXPECT_EQ(check_basic(GetParam().field, "user", GetParam().password), GetParam().answer);
}
constexpr auto sha = "{SHA}9d4e1e23bd5b727046a9e3b4b7db57bd8d6ee684";  // of "pass"
INSTANTIATE_TEST_SUITE_P(
    Auth, CheckBasic,
    testing::Values(
        AuthRow{"Fits", "Basic dXNlcjpwYXNz", "pass", Authorization::fits},
        AuthRow{"SchemeInAnyCase", "bAsIc dXNlcjpwYXNz", "pass", Authorization::fits},
        AuthRow{"Sha", "Basic dXNlcjpwYXNz", sha, Authorization::fits},
        AuthRow{"ShaOfAnother", "Basic dXNlcjpwYXNz", "{SHA}9d4e", Authorization::wrong},
        AuthRow{"ColonInPassword", "Basic dXNlcjpwYTpzcw==", "pa:ss", Authorization::fits},
        AuthRow{"OtherPassword", "Basic dXNlcjpwYXNz", "pasS", Authorization::wrong},
        AuthRow{"OtherUser", "Basic VXNlcjpwYXNz", "pass", Authorization::wrong},
        AuthRow{"EmptyPassword", "Basic dXNlcjo=", "", Authorization::fits},
        AuthRow{"None", "", "pass", Authorization::wrong},
        AuthRow{"OtherScheme", "Bearer dXNlcjpwYXNz", "pass", Authorization::wrong},
        AuthRow{"NoColon", "Basic dXNlcg==", "pass", Authorization::malformed},
        AuthRow{"NotBase64", "Basic dX!", "pass", Authorization::malformed},
        AuthRow{"NoWholeGroups", "Basic dXNlcjpwYX", "pass", Authorization::wrong},
        AuthRow{"Nothing", "Basic ", "pass", Authorization::malformed}),
    [](const auto& row) { return std::string{row.param.name}; });

}  // namespace
}  // namespace supervisord::web
