// A Holder that keeps its records in this process, descriptors duplicated as the keeper has them.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/held.hpp"

namespace supervisord::log {

class FakeHolder : public common::Holder {
 public:
  struct Kept {
    std::string bytes;
    std::vector<common::UniqueFd> fds;
  };

  void put(std::string_view key, std::string_view bytes, std::span<const int> fds) override {
    Kept kept{std::string{bytes}, {}};
    for (const int fd : fds) kept.fds.push_back(*common::duplicate(fd));
    records[std::string{key}] = std::move(kept);
    ++puts;
  }
  void drop(std::string_view key) override { records.erase(std::string{key}); }

  enum class With { descriptors, bytes_only };
  /// What the next daemon is given; the records stay here too.
  std::vector<common::Held> list(With with = With::descriptors) const {
    std::vector<common::Held> held;
    for (const auto& [key, kept] : records) {
      common::Held record{key, kept.bytes, {}};
      if (with == With::descriptors) {
        for (const auto& fd : kept.fds) record.fds.push_back(*common::duplicate(fd.get()));
      }
      held.push_back(std::move(record));
    }
    return held;
  }

  std::map<std::string, Kept> records;
  int puts = 0;
};

}  // namespace supervisord::log
