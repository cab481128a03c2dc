// A .env file, as python-dotenv reads one: `export`, quotes, values over several lines, comments,
// ${NAME} and ${NAME:-default}. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asgi_worker::options {

struct Dotenv {
  std::vector<std::pair<std::string, std::string>> variables;  // in the file's order
  std::vector<int> bad_lines;                                  // where what is no assignment begins
};

/// `variable` is the environment; it counts more than what the file has said before.
Dotenv parse_dotenv(
    std::string_view text,
    const std::function<std::optional<std::string>(const std::string& name)>& variable);

}  // namespace asgi_worker::options
