#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "asgi-worker/server/beneath.hpp"
#include "asgi-worker/server/media_types.hpp"
#include "asgi-worker/server/ranges.hpp"
#include "harness.hpp"

namespace asgi_worker::server {
namespace {

namespace fs = std::filesystem;
using Kind = RangeSet::Kind;

struct RangeRow {
  const char* name;
  const char* value;
  Kind kind;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges = {};
};
class RangesOf : public testing::TestWithParam<RangeRow> {};

TEST_P(RangesOf, TenBytes) {
  const auto set = parse_ranges(GetParam().value, 10);
  EXPECT_EQ(set.kind, GetParam().kind);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  for (const Range& range : set.ranges) ranges.emplace_back(range.first, range.size);
  EXPECT_EQ(ranges, GetParam().ranges);
}
INSTANTIATE_TEST_SUITE_P(
    Range, RangesOf,
    testing::Values(
        RangeRow{"First", "bytes=0-3", Kind::some, {{0, 4}}},
        RangeRow{"Rest", "bytes=4-", Kind::some, {{4, 6}}},
        RangeRow{"Suffix", "bytes=-3", Kind::some, {{7, 3}}},
        RangeRow{"LongSuffix", "bytes=-30", Kind::some, {{0, 10}}},
        RangeRow{"BeyondTheEnd", "bytes=8-99", Kind::some, {{8, 2}}},
        RangeRow{"LargestNumber", "bytes=0-18446744073709551615", Kind::some, {{0, 10}}},
        RangeRow{"Several", "Bytes=0-0, 2-3,-1", Kind::some, {{0, 1}, {2, 2}, {9, 1}}},
        RangeRow{"OneOfThemBeyond", "bytes=0-0,50-", Kind::some, {{0, 1}}},
        RangeRow{"Beyond", "bytes=10-", Kind::unsatisfiable},
        RangeRow{"EmptySuffix", "bytes=-0", Kind::unsatisfiable},
        RangeRow{"Overlap", "bytes=0-5,3-8", Kind::whole},
        RangeRow{"Backwards", "bytes=5-6,0-1", Kind::whole},
        RangeRow{"TooMany",
                 "bytes=0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0",
                 Kind::whole},
        RangeRow{"OtherUnit", "lines=0-3", Kind::whole}, RangeRow{"Nothing", "bytes=", Kind::whole},
        RangeRow{"NoDash", "bytes=5", Kind::whole}, RangeRow{"OnlyDash", "bytes=-", Kind::whole},
        RangeRow{"Turned", "bytes=5-4", Kind::whole}, RangeRow{"Signs", "bytes=+1-2", Kind::whole},
        RangeRow{"TooLarge", "bytes=18446744073709551616-", Kind::whole}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(Tags, AreComparedWeakly) {
  EXPECT_TRUE(list_has_tag("\"a\", W/\"b\"", "\"b\""));
  EXPECT_TRUE(list_has_tag("*", "\"b\""));
  EXPECT_FALSE(list_has_tag("\"a\"", "\"b\""));
}

TEST(Dates, AreImfFixdates) {
  EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784'111'777);
  for (const char* const text : {"Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "",
                                 "Mon, 06 Nov 1994 08:49:37 GMT"})
    EXPECT_EQ(parse_date(text), std::nullopt) << text;
}

TEST(MediaTypes, GoByTheNamesEnd) {
  EXPECT_EQ(media_type("a/b.JS"), "text/javascript; charset=utf-8");
  EXPECT_EQ(media_type("a.b/c"), "application/octet-stream");
  EXPECT_EQ(media_type("x.tar.gz"), "application/gzip");
}

struct PathRow {
  const char* name;
  const char* raw;
  std::optional<std::string> path;
};
class StaticPathOf : public testing::TestWithParam<PathRow> {};
TEST_P(StaticPathOf, IsDecodedOrNone) { EXPECT_EQ(static_path(GetParam().raw), GetParam().path); }
INSTANTIATE_TEST_SUITE_P(
    Static, StaticPathOf,
    testing::Values(
        PathRow{"Plain", "a/b.txt", "a/b.txt"}, PathRow{"Escaped", "a%20b%C3%A9", "a b\xc3\xa9"},
        PathRow{"Directory", "a/", "a/"}, PathRow{"Empty", "", ""},
        PathRow{"WellKnown", ".well-known/x", ".well-known/x"}, PathRow{"Up", "../x", std::nullopt},
        PathRow{"UpInside", "a/../b", std::nullopt}, PathRow{"UpEscaped", "%2e%2E/x", std::nullopt},
        PathRow{"Dot", "./x", std::nullopt}, PathRow{"Hidden", "a/.git/config", std::nullopt},
        PathRow{"HiddenEscaped", "%2egit", std::nullopt},
        PathRow{"SlashEscaped", "a%2fb", std::nullopt}, PathRow{"Nul", "a%00", std::nullopt},
        PathRow{"EmptySegment", "a//b", std::nullopt},
        PathRow{"Absolute", "/etc/passwd", std::nullopt},
        PathRow{"HalfAnEscape", "a%2", std::nullopt}, PathRow{"NoHex", "a%zz", std::nullopt}),
    [](const auto& row) { return std::string{row.param.name}; });

class Static : public ServerTest {
 protected:
  fs::path root = fs::path{testing::TempDir()} / ("static-" + std::to_string(::getpid()));
  fs::path files = root / "files";
  std::string text = std::string(100, 'a') + std::string(100, 'b');

  void SetUp() override {
    ::signal(SIGPIPE, SIG_IGN);  // as every Python does
    fs::remove_all(root);
    fs::create_directories(files / "sub");
    write(root / "secret", "secret");
    write(files / "a.txt", text);
    settings.own.files.routes = {{"/s/", files}};
  }
  void TearDown() override {
    core.reset();
    fs::remove_all(root);
  }
  static void write(const fs::path& path, std::string_view content) {
    std::ofstream{path} << content;
    const timespec times[2]{{.tv_sec = 784'111'777, .tv_nsec = 5},
                            {.tv_sec = 784'111'777, .tv_nsec = 5}};
    ::utimensat(AT_FDCWD, path.c_str(), times, 0);
  }
  std::string answer_of(const std::string& request) {
    if (!core) serve();
    Client& client = connect();
    client.send(request);
    client.shut_down();
    EXPECT_TRUE(pump_until_closed(client));
    return client.received;
  }
  std::string get(std::string_view target, std::string_view fields = "") {
    return answer_of(get_of(target, fields));
  }
  static bool is(std::string_view answer, int status) {
    return answer.starts_with("HTTP/1.1 " + std::to_string(status) + " ");
  }
  static bool has(std::string_view answer, std::string_view part) {
    return answer.find(part) != std::string_view::npos;
  }
  const std::string tag = "\"2ebc98a1.5-c8\"";
};

TEST_F(Static, FileIsSentWhole) {
  EXPECT_EQ(get("/s/a.txt"), "HTTP/1.1 200 OK\r\netag: " + tag +
                                 "\r\nlast-modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                                 "accept-ranges: bytes\r\ncontent-type: text/plain; "
                                 "charset=utf-8\r\ncontent-length: 200\r\n\r\n" +
                                 text);
  EXPECT_TRUE(application.calls.empty());
}

TEST_F(Static, HeadHasTheLengthAndNoBody) {
  const auto answer = answer_of("HEAD /s/a.txt HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(has(answer, "content-length: 200\r\n") && answer.ends_with("\r\n\r\n"));
}

TEST_F(Static, EmptyFileIsAnEmptyAnswer) {
  write(files / "empty", "");
  EXPECT_TRUE(has(get("/s/empty"), "content-length: 0\r\n\r\n"));
}

TEST_F(Static, OtherMethodsAreRefused) {
  const auto answer = answer_of("POST /s/a.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(is(answer, 405) && has(answer, "allow: GET, HEAD\r\n"));
}

TEST_F(Static, OtherPathsAreTheApplications) {
  answer_at_once();
  EXPECT_TRUE(get("/other").ends_with("hi"));
  EXPECT_TRUE(get("/s").ends_with("hi"));
}

TEST_F(Static, NothingOutsideOfTheDirectoryIsServed) {
  fs::create_symlink(root / "secret", files / "out");
  fs::create_symlink(root, files / "up");
  fs::create_symlink("../secret", files / "relative");
  fs::create_symlink("/proc/self/root", files / "magic");
  ::mkfifo((files / "fifo").c_str(), 0600);
  for (const char* const target :
       {"/s/out", "/s/up/secret", "/s/relative", "/s/../secret", "/s/%2e%2e/secret",
        "/s/magic/etc/passwd", "/s/fifo", "/s/sub", "/s/sub/", "/s/", "/s/none", "/s/a.txt/"})
    EXPECT_TRUE(is(get(target), 404)) << target;
}

TEST_F(Static, LinksInsideAreFollowed) {
  fs::create_symlink("../a.txt", files / "sub" / "link.txt");
  EXPECT_TRUE(is(get("/s/sub/link.txt"), 200));
}

TEST_F(Static, OpeningByHandFollowsNoLink) {
  fs::create_symlink("a.txt", files / "link");
  fs::create_symlink(root, files / "up");
  write(files / "sub" / "b", "b");
  const common::UniqueFd directory{::open(files.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  EXPECT_TRUE(open_stepwise(directory.get(), "a.txt"));
  EXPECT_TRUE(open_stepwise(directory.get(), "sub/b"));
  for (const char* const path :
       {"link", "up/secret", "../secret", "sub/../../secret", "/etc/passwd", "none"})
    EXPECT_FALSE(open_stepwise(directory.get(), path)) << path;
}

TEST_F(Static, IndexAnswersForADirectory) {
  settings.own.files.index = "index.html";
  write(files / "sub" / "index.html", "index");
  EXPECT_TRUE(get("/s/sub/").ends_with("index"));
  EXPECT_TRUE(is(get("/s/"), 404));
}

TEST_F(Static, ConditionsAreKept) {
  EXPECT_TRUE(is(get("/s/a.txt", "If-None-Match: \"x\", " + tag + "\r\n"), 304));
  EXPECT_TRUE(
      is(get("/s/a.txt",
             "If-None-Match: \"x\"\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
         200));
  EXPECT_TRUE(is(get("/s/a.txt", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), 304));
  EXPECT_TRUE(is(get("/s/a.txt", "If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n"), 200));
  EXPECT_TRUE(is(get("/s/a.txt", "If-Modified-Since: yesterday\r\n"), 200));
  const auto unchanged = get("/s/a.txt", "If-None-Match: " + tag + "\r\n");
  EXPECT_TRUE(has(unchanged, "etag: " + tag) && !has(unchanged, "content-length"));
}

TEST_F(Static, RangeIsSent) {
  const auto answer = get("/s/a.txt", "Range: bytes=99-100\r\n");
  EXPECT_TRUE(is(answer, 206));
  EXPECT_TRUE(has(answer, "content-range: bytes 99-100/200\r\ncontent-length: 2\r\n\r\nab"));
}

TEST_F(Static, RangeBeyondTheEndIs416) {
  const auto answer = get("/s/a.txt", "Range: bytes=200-\r\n");
  EXPECT_TRUE(is(answer, 416) && has(answer, "content-range: bytes */200\r\n"));
}

TEST_F(Static, RangesAreParts) {
  const auto answer = get("/s/a.txt", "Range: bytes=0-0,99-100,-1\r\n");
  EXPECT_TRUE(is(answer, 206));
  const std::string head = "\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-range: bytes ";
  const std::string line = "--part-2ebc98a1.5-c8";
  const std::string body = line + head + "0-0/200\r\n\r\na\r\n" + line + head +
                           "99-100/200\r\n\r\nab\r\n" + line + head + "199-199/200\r\n\r\nb\r\n" +
                           line + "--\r\n";
  EXPECT_TRUE(answer.ends_with("\r\n\r\n" + body));
  EXPECT_TRUE(has(answer, "content-length: " + std::to_string(body.size()) + "\r\n"));
  EXPECT_TRUE(has(answer, "content-type: multipart/byteranges; boundary=part-2ebc98a1.5-c8\r\n"));
}

TEST_F(Static, RangesCountForTheSameFileOnly) {
  EXPECT_TRUE(is(get("/s/a.txt", "Range: bytes=0-1\r\nIf-Range: " + tag + "\r\n"), 206));
  EXPECT_TRUE(is(get("/s/a.txt", "Range: bytes=0-1\r\nIf-Range: \"x\"\r\n"), 200));
  EXPECT_TRUE(is(get("/s/a.txt", "Range: bytes=0-1\r\nIf-Range: W/" + tag + "\r\n"), 200));
  EXPECT_TRUE(
      is(get("/s/a.txt", "Range: bytes=0-1\r\nIf-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), 206));
  EXPECT_TRUE(
      is(get("/s/a.txt", "Range: bytes=0-1\r\nIf-Range: Sun, 06 Nov 1994 08:49:38 GMT\r\n"), 200));
}

TEST_F(Static, CompressedCopyGoesToWhoTakesIt) {
  write(files / "a.txt.gz", "gzipped");
  write(files / "a.txt.br", "brotli");
  const auto best = get("/s/a.txt", "Accept-Encoding: gzip, br\r\n");
  EXPECT_TRUE(best.ends_with("brotli") && has(best, "content-encoding: br\r\n") &&
              has(best, "content-type: text/plain") && has(best, "vary: accept-encoding\r\n") &&
              has(best, "-br\"\r\n"));
  EXPECT_TRUE(get("/s/a.txt", "Accept-Encoding: gzip\r\n").ends_with("gzipped"));
  EXPECT_TRUE(get("/s/a.txt", "Accept-Encoding: *, br;q=0\r\n").ends_with("gzipped"));
  const auto plain = get("/s/a.txt");
  EXPECT_TRUE(plain.ends_with(text) && has(plain, "vary: accept-encoding\r\n"));
  EXPECT_TRUE(get("/s/a.txt", "Accept-Encoding: br;q=0.0\r\n").ends_with(text));
}

TEST_F(Static, StaleCopyIsNotServed) {
  write(files / "a.txt.gz", "gzipped");
  std::ofstream{files / "a.txt"} << text;  // now
  EXPECT_TRUE(get("/s/a.txt", "Accept-Encoding: gzip\r\n").ends_with(text));
}

TEST_F(Static, AgeIsSaid) {
  settings.own.files.max_age = 60s;
  EXPECT_TRUE(has(get("/s/a.txt"), "cache-control: max-age=60\r\n"));
}

TEST_F(Static, BigFileGoesToASlowClientAsItReads) {
  std::string big(8'000'000, '\0');
  for (std::size_t at = 0; at < big.size(); ++at) big[at] = static_cast<char>(at * 31 >> 7);
  write(files / "big", big);
  serve();
  Client& client = connect();
  client.send(get_of("/s/big") + get_of("/s/a.txt"));
  ASSERT_TRUE(
      pump([&] { return client.received.size() > big.size() && client.received.ends_with(text); }));
  EXPECT_NE(client.received.find(big), std::string::npos);
  EXPECT_EQ(core->active(), 0u);
}

TEST_F(Static, ClientThatLeavesEndsIt) {
  write(files / "big", std::string(8'000'000, 'x'));
  serve();
  Client& client = connect();
  client.send(get_of("/s/big"));
  ASSERT_TRUE(pump([&] { return core->active() == 1; }, false));
  client.reset();
  EXPECT_TRUE(pump([&] { return core->active() + core->idle() == 0; }));
}

TEST_F(Static, FileThatBecomesShorterEndsTheConnection) {
  write(files / "big", std::string(8'000'000, 'x'));
  serve();
  Client& client = connect();
  client.send(get_of("/s/big"));
  ASSERT_TRUE(pump([&] { return core->active() == 1; }, false));
  fs::resize_file(files / "big", 10);
  EXPECT_TRUE(pump_until_closed(client));
  EXPECT_LT(client.received.size(), 8'000'000u);
}

TEST_F(Static, ClientThatTakesNothingIsGivenUp) {
  write(files / "big", std::string(8'000'000, 'x'));
  serve();
  connect().send(get_of("/s/big"));
  for (int turn = 0; turn < 50; ++turn) core->poll();  // until the socket is full
  ASSERT_EQ(core->active(), 1u);
  now += settings.timeouts.write;
  core->expire(now);
  EXPECT_EQ(core->active() + core->idle(), 0u);
}

TEST_F(Static, ChecksAreAnswered) {
  settings.own.health_path = "/healthz";
  settings.own.ready_path = "/readyz";
  EXPECT_TRUE(get("/healthz").ends_with("\r\n\r\nok\n"));
  EXPECT_TRUE(is(get("/readyz"), 200));
  EXPECT_TRUE(is(answer_of("POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"), 405));
  is_ready = false;
  EXPECT_TRUE(is(get("/readyz"), 503));
  EXPECT_TRUE(is(get("/healthz"), 200));
  EXPECT_TRUE(application.calls.empty());
}

}  // namespace
}  // namespace asgi_worker::server
