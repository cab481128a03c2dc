// Field lines, lists, lengths and hosts: each kernel's scans equal their plain twin on memory of
// the input's own size, and what reads lists, numbers and hosts equals a slow reading of the
// grammar.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asgi-worker/http/fields.hpp"
#include "asgi-worker/http1/scan.hpp"
#include "asgi-worker/http1/target.hpp"

using namespace asgi_worker;

namespace {

void require(bool claim, const char* what, std::string_view input) {
  if (claim) return;
  std::cerr << what << ": " << input << "\n";
  std::abort();
}

struct Line {
  std::size_t name_end;
  std::size_t value_stop;
  std::string bytes;
  bool operator==(const Line&) const = default;
};

template <class Scan>
Line line_of(const Scan& scan, std::string_view input, std::size_t from) {
  const std::unique_ptr<char[]> bytes{new char[input.size()]};
  input.copy(bytes.get(), input.size());
  char* const begin = bytes.get();
  char* const end = begin + input.size();
  const http1::FieldLine found = scan.field_line(begin, begin + from, end);
  return {static_cast<std::size_t>(found.name_end - begin),
          static_cast<std::size_t>(found.value_stop - begin), std::string(begin, end)};
}

void compare_scans(std::string_view input, std::size_t from) {
#if ASGI_WORKER_VECTORS
  const std::unique_ptr<char[]> bytes{new char[input.size()]};
  input.copy(bytes.get(), input.size());
  const char* const begin = bytes.get();
  const char* const at = begin + from;
  const char* const end = begin + input.size();
  const http1::PlainScan plain;
  for (const http1::Kernel kernel : http1::kernels().subspan(1)) {
    const http1::VectorScan vectors = http1::vector_scan(kernel);
    require(vectors.value_end(begin, at, end) == plain.value_end(begin, at, end), "value", input);
    const http1::TargetEnd a = vectors.target_end(at, end);
    const http1::TargetEnd b = plain.target_end(at, end);
    require(a.stop == b.stop && a.mark == b.mark, "target", input);
    require(line_of(vectors, input, from) == line_of(plain, input, from), "field line", input);
  }
#endif
}

std::vector<std::string> members_of(std::string_view list) {
  std::vector<std::string> members{""};
  for (const char byte : list)
    if (byte == ',')
      members.emplace_back();
    else
      members.back() += byte;
  for (std::string& member : members) {
    while (!member.empty() && (member.front() == ' ' || member.front() == '\t')) member.erase(0, 1);
    while (!member.empty() && (member.back() == ' ' || member.back() == '\t')) member.pop_back();
  }
  std::erase(members, "");
  return members;
}

void compare_lists(std::string_view input) {
  std::string_view list = input;
  for (const std::string& member : members_of(input)) {
    const auto found = http::next_member(list);
    require(found && *found == member, "member", input);
    std::string lower = member;
    for (char& byte : lower)
      if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte + 32);
    require(http::list_has(input, lower), "a list has its members", input);
  }
  require(!http::next_member(list), "no more members", input);
}

void compare_lengths(std::string_view input) {
  bool is_number = !input.empty();
  unsigned __int128 value = 0;
  for (const char byte : input) {
    is_number = is_number && byte >= '0' && byte <= '9';
    if (is_number && value >> 64 == 0) value = value * 10 + static_cast<unsigned>(byte - '0');
  }
  is_number = is_number && value >> 63 == 0;
  const auto length = http::parse_length(input);
  require(length.has_value() == is_number && (!length || *length == value), "length", input);
}

/// RFC 3986: reg-name, IPv4address, and what may stand in brackets; then a port.
void compare_hosts(std::string_view input) {
  const bool is_host = http1::is_host(input);
  for (const char byte : input)
    if (is_host)
      require(byte > 0x20 && byte < 0x7f &&
                  std::string_view{"@/?#\\\"<>|^`{}"}.find(byte) == std::string_view::npos,
              "a byte that no host has", input);
  const bool has_brackets = input.find_first_of("[]") != std::string_view::npos;
  if (is_host && has_brackets)
    require(input.front() == '[' && input.rfind('[') == 0 && input.find(']') == input.rfind(']'),
            "brackets", input);
  if (is_host && !has_brackets) {
    const std::size_t colon = input.find(':');
    require(colon == input.rfind(':'), "one colon", input);
    if (colon != std::string_view::npos)
      require(input.find_first_not_of("0123456789", colon + 1) == std::string_view::npos, "port",
              input);
  }
  // What is a host is one as a target's authority, and the other way round.
  const std::string target = "http://" + std::string{input} + "/p";
  http1::Head head;
  head.method = "GET";
  head.target = target;
  const std::size_t mark = std::min(target.find_first_of("?#"), target.size());
  const bool is_plain = input.find_first_of("/?#") == std::string_view::npos;
  const int status = http1::split_target(head, mark);
  if (is_plain && !input.empty() && input.front() != ':')
    require((status == 0) == is_host, "authority and host", input);
  if (is_plain && status == 0)
    require(head.authority == input && head.raw_path == "/p", "split", input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view input{reinterpret_cast<const char*>(data) + 1, size - 1};
  compare_scans(input, data[0] % input.size());
  compare_lists(input);
  compare_lengths(input);
  compare_hosts(input);
  return 0;
}
