#include "asgi-worker/server/static_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "asgi-worker/http/date.hpp"
#include "asgi-worker/http/fields.hpp"
#include "asgi-worker/http/status.hpp"
#include "asgi-worker/server/beneath.hpp"
#include "asgi-worker/server/file_answer.hpp"
#include "asgi-worker/server/media_types.hpp"
#include "asgi-worker/server/ranges.hpp"

namespace asgi_worker::server {
namespace {

using common::Errc;
using common::Error;
using common::Result;
using common::UniqueFd;
using http::Field;
using Part = FileAnswer::Part;

struct File {
  UniqueFd fd;
  std::uint64_t size = 0;
  std::time_t changed = 0;
  long changed_nanoseconds = 0;
};

/// A regular file; its absence in each other case.
std::optional<File> open_file(int directory, const std::string& path) {
  File file{.fd = open_beneath(directory, path)};
  struct stat status {};
  if (!file.fd || ::fstat(file.fd.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return std::nullopt;
  file.size = static_cast<std::uint64_t>(status.st_size);
  file.changed = status.st_mtim.tv_sec;
  file.changed_nanoseconds = status.st_mtim.tv_nsec;
  return file;
}

struct Coding {
  std::string_view name;
  std::string_view end;
};
constexpr Coding codings[] = {{"br", ".br"}, {"zstd", ".zst"}, {"gzip", ".gz"}};  // best first

/// Whether Accept-Encoding takes it: named (or "*") and not with "q=0".
bool accepts(std::string_view list, std::string_view coding) {
  bool accepted = false;
  while (const auto member = http::next_member(list)) {
    const std::size_t semicolon = member->find(';');
    const std::string_view name = http::trim_blanks(member->substr(0, semicolon));
    const bool is_named = http::equals_lower(name, coding);
    if (!is_named && name != "*") continue;
    const std::string_view weight = semicolon == std::string_view::npos
                                        ? std::string_view{}
                                        : http::trim_blanks(member->substr(semicolon + 1));
    const bool is_refused =
        weight.starts_with("q=0") && weight.find_first_not_of("0.", 3) == std::string_view::npos;
    accepted = !is_refused;
    if (is_named) return accepted;
  }
  return accepted;
}

/// What is sent for a path: the file, or a compressed copy of it that is not older.
struct Chosen {
  File file;
  std::string_view coding = {};  // "" for the file itself
  bool has_copies = false;       // so that the answer depends on Accept-Encoding
};

Chosen choose(int directory, const std::string& path, File file, std::string_view accept) {
  Chosen chosen{.file = std::move(file)};
  for (const Coding& coding : codings) {
    auto copy = open_file(directory, path + std::string{coding.end});
    if (!copy || copy->changed < chosen.file.changed) continue;
    chosen.has_copies = true;
    if (!accepts(accept, coding.name)) continue;
    chosen.file = *std::move(copy);
    chosen.coding = coding.name;
    break;
  }
  return chosen;
}

std::string tag_of(const Chosen& chosen) {
  std::array<char, 80> text{};
  const int size = std::snprintf(text.data(), text.size(), "\"%llx.%lx-%llx%s%.*s\"",
                                 static_cast<unsigned long long>(chosen.file.changed),
                                 static_cast<unsigned long>(chosen.file.changed_nanoseconds),
                                 static_cast<unsigned long long>(chosen.file.size),
                                 chosen.coding.empty() ? "" : "-",
                                 static_cast<int>(chosen.coding.size()), chosen.coding.data());
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string range_text(const Range& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.first) + "-" +
         std::to_string(range.first + range.size - 1) + "/" + std::to_string(size);
}

/// One answer in the making: fields whose values it keeps.
class Answer {
 public:
  void add(std::string_view name, std::string value) {
    values_.emplace_back(name, std::move(value));
  }
  void add_length(std::uint64_t length) { add("content-length", std::to_string(length)); }
  void send(http::Exchange& exchange, int status, std::vector<Part> parts,
            UniqueFd file = {}) const {
    std::vector<Field> fields;
    for (const auto& [name, value] : values_) fields.push_back({name, value});
    FileAnswer::send(exchange, status, fields, std::move(parts), std::move(file));
  }

 private:
  std::vector<std::pair<std::string_view, std::string>> values_;
};

void send_text(http::Exchange& exchange, int status, Answer answer = {}) {
  const std::string_view text = http::reason_phrase(status);
  answer.add("content-type", "text/plain; charset=utf-8");
  answer.add_length(text.size());
  answer.send(exchange, status, {{.text = std::string{text}}});
}

/// RFC 9110 13.2.2: If-Match and If-Unmodified-Since are for changes; If-None-Match hides
/// If-Modified-Since.
bool is_unchanged(std::span<const Field> fields, std::string_view tag, std::time_t changed) {
  if (const auto tags = http::find_field(fields, "if-none-match")) return list_has_tag(*tags, tag);
  const auto since = http::find_field(fields, "if-modified-since");
  const auto time = since ? parse_date(*since) : std::nullopt;
  return time && changed <= *time;
}

/// If-Range: the ranges count while the file is the one that the client has a part of.
bool ranges_count(std::span<const Field> fields, std::string_view tag, std::time_t changed) {
  const auto condition = http::find_field(fields, "if-range");
  if (!condition) return true;
  if (condition->starts_with('"')) return *condition == tag;  // strongly compared
  const auto time = parse_date(*condition);
  return time && *time == changed;
}

/// Several ranges are parts with a head each. (RFC 9110 14.6)
std::vector<Part> multipart(const std::vector<Range>& ranges, std::string_view type,
                            std::uint64_t size, std::string_view boundary, std::uint64_t& length) {
  std::vector<Part> parts;
  length = 0;
  for (const Range& range : ranges) {
    std::string head = parts.empty() ? "--" : "\r\n--";
    head.append(boundary).append("\r\ncontent-type: ").append(type);
    head.append("\r\ncontent-range: ").append(range_text(range, size)).append("\r\n\r\n");
    length += head.size() + range.size;
    parts.push_back({std::move(head), range.first, range.size});
  }
  std::string end = "\r\n--" + std::string{boundary} + "--\r\n";
  length += end.size();
  parts.push_back({.text = std::move(end)});
  return parts;
}

void send_ranges(http::Exchange& exchange, Answer answer, Chosen chosen,
                 const std::vector<Range>& ranges, std::string_view type, std::string_view tag) {
  const std::uint64_t size = chosen.file.size;
  if (ranges.size() == 1) {
    const Range& range = ranges.front();
    answer.add("content-type", std::string{type});
    answer.add("content-range", range_text(range, size));
    answer.add_length(range.size);
    return answer.send(exchange, 206, {{.offset = range.first, .size = range.size}},
                       std::move(chosen.file.fd));
  }
  std::string boundary = "part-";  // a file that holds it would have to know its own time of change
  for (const char byte : tag)
    if (byte != '"') boundary += byte;
  std::uint64_t length = 0;
  auto parts = multipart(ranges, type, size, boundary, length);
  answer.add("content-type", "multipart/byteranges; boundary=" + boundary);
  answer.add_length(length);
  answer.send(exchange, 206, std::move(parts), std::move(chosen.file.fd));
}

int hex_digit(char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

bool is_hidden(std::string_view segment) {
  return segment.starts_with('.') && segment != ".well-known";
}

}  // namespace

Result<StaticRoute> parse_static_route(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals + 1 == text.size() || text[0] != '/')
    return Error{Errc::bad_value, "'" + text + "' is not /ROUTE=DIR"};
  StaticRoute route{.route = text.substr(0, equals), .directory = text.substr(equals + 1)};
  if (!route.route.ends_with('/')) route.route += '/';
  return route;
}

std::optional<std::string> static_path(std::string_view below_route) {
  std::string path;
  for (std::size_t at = 0; at < below_route.size(); ++at) {
    char byte = below_route[at];
    if (byte == '%') {
      if (at + 2 >= below_route.size()) return std::nullopt;
      const int high = hex_digit(below_route[at + 1]), low = hex_digit(below_route[at + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      byte = static_cast<char>(high << 4 | low);
      if (byte == '/') return std::nullopt;
      at += 2;
    }
    if (byte == '\0') return std::nullopt;
    path += byte;
  }
  std::string_view rest = path;
  for (;;) {
    const std::size_t slash = rest.find('/');
    const std::string_view segment = rest.substr(0, slash);
    if (is_hidden(segment)) return std::nullopt;
    if (slash == std::string_view::npos) return path;
    if (segment.empty()) return std::nullopt;
    rest = rest.substr(slash + 1);
  }
}

Result<void> StaticFiles::open() {
  for (const StaticRoute& route : settings_.routes) {
    UniqueFd directory{::open(route.directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!directory) return common::system_error("cannot open '" + route.directory + "'", errno);
    mounts_.push_back({route.route, std::move(directory)});
  }
  // The longest route first: "/static/big/" before "/static/".
  std::ranges::sort(mounts_,
                    [](const Mount& a, const Mount& b) { return a.route.size() > b.route.size(); });
  return {};
}

const StaticFiles::Mount* StaticFiles::find(std::string_view raw_path) const {
  for (const Mount& mount : mounts_)
    if (raw_path.starts_with(mount.route)) return &mount;
  return nullptr;
}

void StaticFiles::on_request(http::Exchange& exchange, const http::Request& request) {
  if (request.method != "GET" && request.method != "HEAD") {
    Answer answer;
    answer.add("allow", "GET, HEAD");
    return send_text(exchange, 405, std::move(answer));
  }
  const Mount& mount = *find(request.raw_path);
  auto path = static_path(request.raw_path.substr(mount.route.size()));
  if (path && (path->empty() || path->ends_with('/'))) *path += settings_.index;
  const bool names_file = path && !path->empty() && !path->ends_with('/');
  auto file = names_file ? open_file(mount.directory.get(), *path) : std::nullopt;
  if (!file) return send_text(exchange, 404);

  Chosen chosen =
      choose(mount.directory.get(), *path, *std::move(file),
             http::find_field(request.fields, "accept-encoding").value_or(std::string_view{}));
  const std::string tag = tag_of(chosen);
  const auto date = http::imf_fixdate(chosen.file.changed);
  Answer answer;
  answer.add("etag", tag);
  answer.add("last-modified", {date.data(), date.size()});
  if (chosen.has_copies) answer.add("vary", "accept-encoding");
  if (settings_.max_age)
    answer.add("cache-control", "max-age=" + std::to_string(settings_.max_age->count()));
  if (is_unchanged(request.fields, tag, chosen.file.changed)) return answer.send(exchange, 304, {});

  answer.add("accept-ranges", "bytes");
  if (!chosen.coding.empty()) answer.add("content-encoding", std::string{chosen.coding});
  const std::string_view type = media_type(*path);
  const auto range = http::find_field(request.fields, "range");
  RangeSet set;
  if (range && request.method == "GET" && ranges_count(request.fields, tag, chosen.file.changed))
    set = parse_ranges(*range, chosen.file.size);
  switch (set.kind) {
    case RangeSet::Kind::unsatisfiable: {
      Answer refusal;
      refusal.add("content-range", "bytes */" + std::to_string(chosen.file.size));
      return send_text(exchange, 416, std::move(refusal));
    }
    case RangeSet::Kind::some:
      return send_ranges(exchange, std::move(answer), std::move(chosen), set.ranges, type, tag);
    case RangeSet::Kind::whole: break;
  }
  answer.add("content-type", std::string{type});
  answer.add_length(chosen.file.size);
  answer.send(exchange, 200, {{.size = chosen.file.size}}, std::move(chosen.file.fd));
}

}  // namespace asgi_worker::server
