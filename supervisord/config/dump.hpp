// A process's options as they are in force, in the spelling of the file.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "supervisord/config/process_spec.hpp"

namespace supervisord::config {

std::vector<std::pair<std::string, std::string>> dump(const ProcessSpec& spec);

}  // namespace supervisord::config
