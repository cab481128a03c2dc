#include "supervisord/web/page.hpp"

#include <gtest/gtest.h>

#include "supervisord/web/page_escape.hpp"
#include "tests/unit/web/rows_fixture.hpp"

namespace supervisord::web {
namespace {

using process::State;

const std::string evil = "<script>alert(\"x\")</script>'&";

StatusPage page_of(std::vector<process::Status> rows) {
  StatusPage page;
  page.daemon.identifier = "supervisor";
  page.daemon.version = "9.8.7";
  page.rows = std::move(rows);
  page.token = "t0k3n";
  return page;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

/// The button's tag, up to its text.
std::string button_tag(const std::string& page, const std::string& action) {
  const auto at = page.find("&amp;action=" + action + "\"");
  return at == std::string::npos ? "" : page.substr(at, page.find('>', at) - at);
}

struct ActionsRow {
  const char* name;
  State state;
  bool start;
  bool stop;  // and restart
};
class ActionsIn : public testing::TestWithParam<ActionsRow> {};

TEST_P(ActionsIn, AreWhatTheStateAllows) {
  const auto page = status_page(page_of({row_of("web", "web", GetParam().state)}));
  EXPECT_EQ(!contains(button_tag(page, "start"), " hidden"), GetParam().start);
  EXPECT_EQ(!contains(button_tag(page, "stop"), " hidden"), GetParam().stop);
  EXPECT_EQ(!contains(button_tag(page, "restart"), " hidden"), GetParam().stop);
  EXPECT_NE(button_tag(page, "clearlog"), "");
}
INSTANTIATE_TEST_SUITE_P(Page, ActionsIn,
                         testing::Values(ActionsRow{"Running", State::running, false, true},
                                         ActionsRow{"Stopped", State::stopped, true, false},
                                         ActionsRow{"Exited", State::exited, true, false},
                                         ActionsRow{"Fatal", State::fatal, true, false},
                                         ActionsRow{"Starting", State::starting, false, false},
                                         ActionsRow{"Stopping", State::stopping, false, false},
                                         ActionsRow{"Backoff", State::backoff, false, false}),
                         [](const auto& row) { return std::string{row.param.name}; });

TEST(Page, ShowsStateDescriptionNameAndLinks) {
  auto row = row_of("web", "web_0", State::running);
  row.stderr_logfile = "/log/err";
  row.status_text = "12 requests";
  const auto page = status_page(page_of({row}));
  EXPECT_TRUE(contains(page, "<span class=\"statusrunning\">running</span>"));
  EXPECT_TRUE(contains(page, "pid 4711, uptime 0:00:07, 12 requests"));
  EXPECT_TRUE(contains(page, "<a href=\"tail.html?processname=web%3Aweb_0\">web:web_0</a>"));
  EXPECT_TRUE(contains(page, "href=\"logtail/web%3Aweb_0\""));
  EXPECT_TRUE(contains(page, "href=\"logtail/web%3Aweb_0/stderr\""));
  EXPECT_TRUE(contains(page, "9.8.7"));
}

TEST(Page, LinksNoLogThatIsNotWritten) {
  auto row = row_of("web", "web", State::running);
  row.stdout_logfile = "";
  const auto page = status_page(page_of({row}));
  EXPECT_FALSE(contains(page, "href=\"logtail/web"));
  EXPECT_EQ(button_tag(page, "clearlog"), "");
}

TEST(Page, HeadsOnlyRealGroups) {
  const auto page = status_page(
      page_of({row_of("db", "db", State::running), row_of("web", "web_0", State::running),
               row_of("web", "web_1", State::fatal)}));
  EXPECT_EQ(count(page, "scope=\"rowgroup\""), 1u);
  EXPECT_TRUE(contains(page, "1 of 2 running"));
  EXPECT_TRUE(contains(page, "processname=web%3A%2A&amp;action=restart"));
}

TEST(Page, CountsByState) {
  const auto page =
      status_page(page_of({row_of("a", "a", State::running), row_of("b", "b", State::fatal)}));
  EXPECT_TRUE(contains(page, "<b>1</b> running"));
  EXPECT_TRUE(contains(page, "<b>1</b> fatal"));
  EXPECT_TRUE(contains(page, "<li data-state=\"STOPPED\" hidden>"));
}

TEST(Page, SearchesWithoutScripts) {
  auto page =
      page_of({row_of("alpha", "alpha", State::running), row_of("beta", "beta", State::fatal)});
  page.search = "FATAL";
  const auto found = status_page(page);
  EXPECT_FALSE(contains(found, "data-name=\"alpha\""));
  EXPECT_TRUE(contains(found, "data-name=\"beta\""));
  page.search = "gamma";
  EXPECT_TRUE(contains(status_page(page), "<p id=\"nomatch\">"));
}

TEST(Page, SaysThatThereIsNothing) {
  EXPECT_TRUE(contains(status_page(page_of({})), "No programs to manage"));
}

TEST(Page, EscapesAllThatIsNotItsOwn) {
  auto row = row_of(evil, evil + "1", State::fatal);
  row.spawn_error = evil;
  auto page = page_of({row});
  page.daemon.identifier = page.daemon.version = page.message = page.search = page.token = evil;
  auto text = status_page(page);
  page.search = "";
  text += status_page(page);
  text += tail_page({.identifier = evil, .process = evil, .text = evil});
  text += confirm_page({evil, evil, "index.html?action=stopall", evil, evil});
  text += error_page(400, evil);
  EXPECT_EQ(count(text, "<script>"), 0u);
  EXPECT_EQ(count(text, "alert(\"x\")"), 0u);
  EXPECT_EQ(count(text, "'&"), 0u);
  EXPECT_TRUE(contains(text, html(evil)));
}

TEST(Page, HasNoInlineScriptOrStyle) {
  const auto text = status_page(page_of({row_of("web", "web", State::running)}));
  EXPECT_EQ(count(text, "<script"), count(text, "<script type=\"module\" src="));
  EXPECT_FALSE(contains(text, "<style"));
  EXPECT_FALSE(contains(text, " style="));
  EXPECT_FALSE(contains(text, " onclick="));
}

TEST(Page, SortsByGroupThenName) {
  const auto rows = sorted_rows({row_of("b", "a", State::running), row_of("a", "z", State::running),
                                 row_of("a", "b", State::running)});
  EXPECT_EQ(rows[0].name, "b");
  EXPECT_EQ(rows[1].name, "z");
  EXPECT_EQ(rows[2].group, "b");
}

TEST(Escape, ReplacesControlCharacters) {
  EXPECT_EQ(html(std::string{"a\0b\x1b[1m\n", 8}),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD[1m\n");
}

TEST(Form, TakesBlanksAndPercents) {
  const auto fields = form_fields("a=1+2&b=%3A%2a&&c&a=3&d=%zz&e=%");
  EXPECT_EQ(fields.at("a"), "3");
  EXPECT_EQ(fields.at("b"), ":*");
  EXPECT_EQ(fields.at("c"), "");
  EXPECT_EQ(fields.at("d"), "%zz");
  EXPECT_EQ(fields.at("e"), "%");
  EXPECT_EQ(form_fields("x=" + url_encoded(evil)).at("x"), evil);
}

}  // namespace
}  // namespace supervisord::web
