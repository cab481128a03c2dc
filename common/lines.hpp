// A text's lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace common {

/// Without their ends; the last one may have none. "" has no lines.
std::vector<std::string> lines_of(std::string_view text);

}  // namespace common
