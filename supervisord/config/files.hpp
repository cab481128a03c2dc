// The main file and what it includes, merged into sections of unexpanded texts. Knows no section
// but [include] and [DEFAULT].
// Source: Supervisor manual, "[include] Section Settings".
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/expand.hpp"
#include "supervisord/config/report.hpp"
#include "supervisord/config/surroundings.hpp"

namespace supervisord::config {

struct RawValue {
  std::string text;
  std::string file;  // as it was opened
  int line = 0;
  std::string here;           // the directory of `file`, absolute: %(here)s
  bool from_default = false;  // it stands in [DEFAULT]
};

struct RawSection {
  std::string name;
  std::string file;  // where it stands first
  int line = 0;
  std::map<std::string, RawValue, std::less<>> values;
};

struct RawFiles {
  std::vector<RawSection> sections;  // in the order of their first headers

  const RawSection* find(std::string_view name) const;
};

/// Reads everything; what is wrong goes to `report`. `names` is for the patterns of [include].
RawFiles read_files(const std::string& main_file, const Surroundings& surroundings,
                    const common::Names& names, Report& report);

}  // namespace supervisord::config
