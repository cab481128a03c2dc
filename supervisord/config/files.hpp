// The main file and what it includes, as merged sections.
#pragma once

#include <string>
#include <vector>

#include "supervisord/config/section.hpp"

namespace supervisord::config {

struct Files {
  std::vector<SectionText>
      sections;  // in the order of their first headers; [DEFAULT] is merged into the others
  std::vector<std::string> notices;  // "Included extra file ..."
};

/// Errors and warnings go to `diagnostics`; what could be read is returned all the same.
Files read_files(const std::string& path, const common::ExpansionNames& names,
                 const Surroundings& world, Diagnostics& diagnostics);

}  // namespace supervisord::config
