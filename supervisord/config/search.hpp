// Where the configuration lies when no -c says. The search is common's, since supervisorctl makes
// it too.
#pragma once

#include "common/config_search.hpp"

namespace supervisord::config {

using common::ConfigSearch;
using common::find_config_file;

}  // namespace supervisord::config
