// What outlives the daemon: named records with descriptors, kept by the keeper and handed to the
// next daemon. Keys in use: docs/protocols/keeper.md. The daemon's parts see this interface only,
// never the keeper.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/unique_fd.hpp"

namespace common {

struct Held {
  std::string key;
  std::string bytes;
  std::vector<UniqueFd> fds;
};

class Holder {
 public:
  virtual ~Holder() = default;
  /// Keeps `bytes` and duplicates of `fds` under `key`, in the place of what was there (its
  /// descriptors too). In order with everything else sent to the keeper. Keys "log:" and "stream:":
  /// once it returns, the record survives this process's kill -9; all others: from the end of the
  /// loop's turn, together with what else was asked in it.
  virtual void put(std::string_view key, std::string_view bytes, std::span<const int> fds) = 0;
  /// Forgets `key`; nothing happens when there is none.
  virtual void drop(std::string_view key) = 0;
};

}  // namespace common
