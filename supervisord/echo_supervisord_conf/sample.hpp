// The sample configuration that echo_supervisord_conf prints. What is commented out by a ; without
// a blank behind it is an option or a section: without those semicolons it is a configuration.
#pragma once

#include <string_view>

namespace supervisord {

extern const std::string_view sample_configuration;

}  // namespace supervisord
