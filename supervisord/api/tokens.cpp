#include "supervisord/api/tokens.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/algorithm/string/predicate.hpp>
#include <sstream>

#include "common/unique_fd.hpp"

namespace supervisord::api {
namespace {

constexpr std::string_view digest_mark = "sha256:";
constexpr std::size_t largest_file = 1024 * 1024;

std::optional<int> hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return std::nullopt;
}

std::optional<std::string> digest_of_hex(std::string_view hex) {
  if (hex.size() != 2 * SHA256_DIGEST_LENGTH) return std::nullopt;
  std::string out;
  for (std::size_t at = 0; at < hex.size(); at += 2) {
    const auto high = hex_value(hex[at]);
    const auto low = hex_value(hex[at + 1]);
    if (!high || !low) return std::nullopt;
    out += static_cast<char>(*high << 4 | *low);
  }
  return out;
}

/// What is wrong with the line; "": nothing, and `into` is filled.
std::string parse_line(const std::string& line, Token& into) {
  std::istringstream words{line};
  std::string role;
  std::string digest;
  std::string rest;
  words >> role >> into.name >> digest >> rest;
  const auto known = role_named(role);
  if (!known) return "expected read, operate or admin first";
  if (!digest.starts_with(digest_mark)) return "expected ROLE NAME sha256:HEX";
  const auto bytes = digest_of_hex(std::string_view{digest}.substr(digest_mark.size()));
  if (!bytes) return "expected 64 hex digits behind sha256:";
  if (!rest.empty()) return "expected nothing behind sha256:HEX";
  into.role = *known;
  into.digest = *bytes;
  return "";
}

}  // namespace

Tokens parse_tokens(std::string_view text, const std::string& file) {
  Tokens out;
  std::istringstream lines{std::string{text}};
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const auto first = line.find_first_not_of(" \t\r");
    if (first == std::string::npos || line[first] == '#') continue;
    Token token;
    const std::string wrong = parse_line(line, token);
    if (wrong.empty()) {
      out.tokens.push_back(std::move(token));
    } else {
      out.errors.push_back(file + ":" + std::to_string(number) + ": " + wrong);
    }
  }
  return out;
}

std::optional<Token> find_token(const std::vector<Token>& tokens, std::string_view authorization) {
  constexpr std::string_view scheme = "Bearer ";
  if (!boost::algorithm::istarts_with(authorization, scheme)) return std::nullopt;
  const std::string_view given = authorization.substr(scheme.size());
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(given.data()), given.size(), digest.data());
  const Token* found = nullptr;
  for (const Token& token : tokens) {
    const bool fits = CRYPTO_memcmp(token.digest.data(), digest.data(), digest.size()) == 0;
    found = fits ? &token : found;
  }
  return found == nullptr ? std::nullopt : std::optional{*found};
}

std::optional<Token> TokenFile::find(std::string_view authorization) {
  const std::lock_guard lock{mutex_};
  read_if_changed();
  return find_token(tokens_, authorization);
}

std::optional<common::Error> TokenFile::check() {
  const std::lock_guard lock{mutex_};
  auto tokens = read();
  if (!tokens) return tokens.error();
  return std::nullopt;
}

// A look costs a microsecond, and a token that was taken out holds no longer than that.
void TokenFile::read_if_changed() {
  const auto now = FileStamp::of(path_);
  if (seen_ == now) return;
  seen_ = now;
  auto tokens = read();
  if (!tokens) report_(tokens.error().context + "; no token is known");
  tokens_ = tokens ? *std::move(tokens) : std::vector<Token>{};
}

common::Result<std::vector<Token>> TokenFile::read() {
  common::UniqueFd fd{::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!fd) return common::system_error("cannot read tokens: " + path_, errno);
  struct stat found {};
  ::fstat(fd.get(), &found);
  const auto refuse = [this](const std::string& why) {
    return common::Error{common::Errc::bad_value, "cannot use tokens: " + path_ + ": " + why};
  };
  if (!S_ISREG(found.st_mode)) return refuse("not a file");
  if ((found.st_mode & (S_IROTH | S_IWOTH | S_IWGRP)) != 0)
    return refuse("others may read or write it (chmod 0640 or 0600)");
  if (static_cast<std::size_t>(found.st_size) > largest_file) return refuse("larger than 1 MiB");
  std::string text(largest_file + 1, '\0');
  std::size_t size = 0;
  for (;;) {
    const ssize_t got = ::read(fd.get(), text.data() + size, text.size() - size);
    if (got < 0) return common::system_error("cannot read tokens: " + path_, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
    if (size > largest_file) return refuse("larger than 1 MiB");
  }
  text.resize(size);
  auto parsed = parse_tokens(text, path_);
  for (const std::string& error : parsed.errors) report_(error);
  return std::move(parsed.tokens);
}

}  // namespace supervisord::api
