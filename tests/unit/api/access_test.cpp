#include "supervisord/api/access.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "common/utf8.hpp"
#include "supervisor/v1/daemon.pb.h"
#include "supervisor/v1/event.pb.h"
#include "supervisor/v1/log.pb.h"
#include "supervisor/v1/process.pb.h"
#include "supervisord/api/audit.hpp"
#include "supervisord/api/gate.hpp"
#include "supervisord/api/listener.hpp"

namespace supervisord::api {
namespace {

namespace v1 = ::supervisor::v1;

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

TEST(Methods, HaveARowForEachRpcOfEachService) {
  std::set<std::string> of_proto;
  for (const auto* const file :
       {v1::Process::descriptor()->file(), v1::LogName::descriptor()->file(),
        v1::Event::descriptor()->file(), v1::Daemon::descriptor()->file()}) {
    for (int service = 0; service < file->service_count(); ++service) {
      for (int method = 0; method < file->service(service)->method_count(); ++method)
        of_proto.insert(file->service(service)->method(method)->name());
    }
  }
  std::set<std::string> of_table;
  for (const MethodRow& row : methods) of_table.emplace(row.name);
  EXPECT_EQ(of_table, of_proto);
  EXPECT_EQ(of_table.size(), methods.size());
}

TEST(Role, MayDoWhatTheTableSays) {
  EXPECT_TRUE(may(Role::read, Method::list_processes));
  EXPECT_FALSE(may(Role::read, Method::stop_processes));
  EXPECT_TRUE(may(Role::operate, Method::stop_processes));
  EXPECT_FALSE(may(Role::operate, Method::shutdown));
  EXPECT_TRUE(may(Role::admin, Method::shutdown));
}

struct AllowRow {
  const char* name;
  PeerProcess process;
  std::optional<Role> role;
};
class AllowedPeer : public testing::TestWithParam<AllowRow> {};

TEST_P(AllowedPeer, HasTheHighestOfItsRoles) {
  const AllowList list{.users = {{"alice", 1000, Role::operate}, {"bob", 1001, Role::admin}},
                       .groups = {{"ops", 50, Role::admin}, {"all", 100, Role::read}},
                       .own_uid = 7};
  EXPECT_EQ(list.role_of(GetParam().process), GetParam().role);
}
INSTANTIATE_TEST_SUITE_P(
    Access, AllowedPeer,
    testing::Values(AllowRow{"ByUser", {1, 1000, 1000, {}, ""}, Role::operate},
                    AllowRow{"ByGroup", {1, 1002, 100, {}, ""}, Role::read},
                    AllowRow{"BySupplementaryGroup", {1, 1002, 1002, {3, 100}, ""}, Role::read},
                    AllowRow{"TheHighest", {1, 1000, 100, {50}, ""}, Role::admin},
                    AllowRow{"Root", {1, 0, 0, {}, ""}, Role::admin},
                    AllowRow{"TheDaemonsOwn", {1, 7, 7, {}, ""}, Role::admin},
                    AllowRow{"Nobody", {1, 1002, 1002, {3}, ""}, std::nullopt}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(AllowList, LetsEverybodyInWhenItIsEmpty) {
  EXPECT_EQ(AllowList{}.role_of({1, 1002, 1002, {}, ""}), Role::admin);
}

// SHA-256 of "abc" and of "".
constexpr const char* abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr const char* nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(Tokens, AreReadALineEach) {
  const auto parsed = parse_tokens("# who\n\nread ci sha256:" + std::string{abc} +
                                       "\n  admin  boss  sha256:" + nothing +
                                       "\nroot x sha256:00\nread x md5:0\nread x sha256:12\n"
                                       "read x sha256:" +
                                       abc + " more\n",
                                   "/t");
  ASSERT_EQ(parsed.tokens.size(), 2u);
  EXPECT_EQ(parsed.tokens[1].name, "boss");
  EXPECT_EQ(parsed.tokens[1].role, Role::admin);
  EXPECT_EQ(parsed.errors, (std::vector<std::string>{"/t:5: expected read, operate or admin first",
                                                     "/t:6: expected ROLE NAME sha256:HEX",
                                                     "/t:7: expected 64 hex digits behind sha256:",
                                                     "/t:8: expected nothing behind sha256:HEX"}));
}

TEST(Tokens, AreFoundByTheirDigest) {
  const auto tokens = parse_tokens("operate ci sha256:" + std::string{abc} + "\n", "/t").tokens;
  ASSERT_TRUE(find_token(tokens, "Bearer abc"));
  EXPECT_EQ(find_token(tokens, "bearer abc")->role, Role::operate);
  EXPECT_FALSE(find_token(tokens, "Bearer abcd"));
  EXPECT_FALSE(find_token(tokens, "Bearer "));
  EXPECT_FALSE(find_token(tokens, "Basic abc"));
  EXPECT_FALSE(find_token(tokens, ""));
}

TEST(Subject, HasItsOrganizations) {
  EXPECT_EQ(organizations_of("CN=x,O=a\\, b+O=c,C=DE"), (std::vector<std::string>{"a, b", "c"}));
  EXPECT_TRUE(organizations_of("CN=O=a").empty());
  EXPECT_TRUE(organizations_of("").empty());
}

TEST(Audit, TellsWhatACallNames) {
  v1::StopProcessesRequest stop;
  stop.add_selectors("web");
  stop.add_selectors("a\nb");
  stop.set_no_wait(true);
  EXPECT_EQ(what_of("StopProcesses", stop), "StopProcesses web 'a\\nb' no_wait");
  v1::SendProcessStdinRequest send;
  send.set_process("web");
  send.set_data("secret");
  EXPECT_EQ(what_of("SendProcessStdin", send), "SendProcessStdin web (6 bytes)");
}

TEST(Audit, BoundsTheLinesOfWhatIsRefused) {
  std::vector<std::string> lines;
  control::Audit audit{[&](common::Level, const std::string& line) { lines.push_back(line); }};
  for (int call = 0; call < 1000; ++call)
    audit.refused({audit_way, "Shutdown", "uid 7, pid 8"},
                  reason_of({grpc::StatusCode::PERMISSION_DENIED, "no"}));
  EXPECT_EQ(lines.front(), "api: Shutdown by uid 7, pid 8: refused, PERMISSION_DENIED (no)");
  EXPECT_LT(lines.size(), 100u);
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
