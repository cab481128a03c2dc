#include "asgi-worker/http/fields.hpp"

#include <gtest/gtest.h>

namespace asgi_worker::http {
namespace {

TEST(Fields, TokensAreRfc9110s) {
  EXPECT_TRUE(is_token("X-Request_Id!#$%&'*+-.^`|~9"));
  EXPECT_FALSE(is_token(""));
  for (const char byte : std::string_view{" \t:;,/()<>@[]{}=?\"\\\x7f\x80"})
    EXPECT_FALSE(is_token_byte(byte)) << static_cast<int>(byte);
}

struct LengthRow {
  const char* text;
  std::optional<std::uint64_t> length;
};

TEST(Fields, LengthsAreDigitsOnly) {
  const LengthRow rows[] = {{"0", 0},
                            {"42", 42},
                            {"007", 7},
                            {"9223372036854775807", 9'223'372'036'854'775'807u},
                            {"9223372036854775808", {}},
                            {"99999999999999999999999", {}},
                            {"", {}},
                            {"-1", {}},
                            {"+2", {}},
                            {"1 2", {}},
                            {"5, 5", {}},
                            {"0x5", {}},
                            {"5 ", {}}};
  for (const LengthRow& row : rows) EXPECT_EQ(parse_length(row.text), row.length) << row.text;
}

TEST(Fields, ListsAreReadWithoutCaseAndEmptyMembers) {
  EXPECT_TRUE(list_has(", Keep-Alive ,,\tClose", "close"));
  EXPECT_TRUE(list_has("CLOSE", "close"));
  EXPECT_FALSE(list_has("closed", "close"));
  EXPECT_FALSE(list_has("", "close"));
}

TEST(Fields, TheFirstOfANameIsFound) {
  const Field fields[] = {{"a", "1"}, {"b", "2"}, {"b", "3"}};
  EXPECT_EQ(find_field(fields, "b"), "2");
  EXPECT_EQ(find_field(fields, "c"), std::nullopt);
}

}  // namespace
}  // namespace asgi_worker::http
