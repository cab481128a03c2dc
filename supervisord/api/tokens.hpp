// Bearer tokens: a file of lines `ROLE NAME sha256:HEX`, where HEX is the SHA-256 of the token
// itself, so that the file gives no token away. Parsing and comparing are pure; TokenFile reads the
// file again when it has changed.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "supervisord/api/access.hpp"
#include "supervisord/api/file_stamp.hpp"

namespace supervisord::api {

struct Token {
  Role role = Role::read;
  std::string name;    // for the log
  std::string digest;  // 32 bytes
};

struct Tokens {
  std::vector<Token> tokens;
  std::vector<std::string> errors;  // "FILE:LINE: ...", for each line that is left out
};

/// Blank lines and those that begin with # are passed over.
Tokens parse_tokens(std::string_view text, const std::string& file);

/// The one that an `authorization` field's value ("Bearer TOKEN") bears. All are compared, each in
/// constant time.
std::optional<Token> find_token(const std::vector<Token>& tokens, std::string_view authorization);

class TokenFile {
 public:
  /// `report` gets a line for each thing that is wrong with the file; from any thread.
  TokenFile(std::string path, std::function<void(const std::string&)> report)
      : path_{std::move(path)}, report_{std::move(report)} {}

  /// From any thread. While the file cannot be read or everybody may read it, nobody is known.
  std::optional<Token> find(std::string_view authorization);

  /// What is wrong with the file as it is now; none: nothing.
  std::optional<common::Error> check();

 private:
  void read_if_changed();
  common::Result<std::vector<Token>> read();

  std::string path_;
  std::function<void(const std::string&)> report_;
  std::mutex mutex_;
  std::optional<FileStamp> seen_;  // the file that tokens_ are of
  std::vector<Token> tokens_;
};

}  // namespace supervisord::api
