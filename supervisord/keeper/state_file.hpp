// RUNDIR/keeper.state on its disk: rows are appended with one write each, and the file is written
// anew beside itself and renamed when it has grown. Without a RUNDIR it does nothing.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/error.hpp"
#include "common/unique_fd.hpp"
#include "supervisord/keeper/journal.hpp"

namespace supervisord::keeper {

class StateFile {
 public:
  StateFile() = default;
  /// `folder` stays open; the file itself is made by rewrite().
  explicit StateFile(common::UniqueFd folder) : folder_{std::move(folder)} {}

  /// What an earlier keeper left. Errors: errno (ENOENT: nothing), those of replay().
  common::Result<JournalState> read() const;
  /// Errors: errno; the file is as it was.
  common::Result<void> rewrite(const JournalState& state);
  /// Errors: errno, once; after it nothing more is written until rewrite().
  common::Result<void> append(std::string_view row);
  bool is_due() const { return size_ > 4 * compact_size_ + 256 * 1024; }
  bool is_on() const { return static_cast<bool>(folder_); }

 private:
  common::UniqueFd folder_;
  common::UniqueFd file_;
  std::size_t size_ = 0;
  std::size_t compact_size_ = 0;
};

}  // namespace supervisord::keeper
