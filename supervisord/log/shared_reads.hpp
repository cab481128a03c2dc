// What is read of logs for those who follow them: each byte once, however many follow. Followers of
// a file share its descriptor, and those at the same place of it the chunk that was read there.
// On the daemon's loop; Logs owns it.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "common/unique_fd.hpp"
#include "supervisord/log/position.hpp"

namespace supervisord::log {

/// Of chunks, in bytes.
struct ReadSizes {
  std::size_t usual = 64 * 1024;
  std::size_t behind = 256 * 1024;        // for a reader that has more than `usual` before it
  std::size_t least = 8 * 1024;           // while many are in use
  std::size_t kept = 1024 * 1024;         // in all, for those who come to the same place later
  std::size_t in_use = 16 * 1024 * 1024;  // in all, until they are of the least size
};

class SharedReads {
 public:
  class File {
   public:
    /// Device and inode as one number; never 0.
    std::uint64_t id() const { return id_; }
    std::uint64_t size() const;

   private:
    friend class SharedReads;
    common::UniqueFd fd_;
    std::uint64_t id_ = 0;
    std::uint64_t seen_ = 0;  // its size at the last read
  };
  using FilePtr = std::shared_ptr<File>;

  explicit SharedReads(ReadSizes sizes = {}) : sizes_{sizes} {}

  /// The log that `path` names; null when there is none.
  FilePtr open(const std::string& path);
  /// What stands at `offset`; null when that is the end. May be less than there is: as much as
  /// another reader has got there, or as lies before what another has got.
  SharedChunk read(const FilePtr& file, std::uint64_t offset);
  /// Of all chunks that somebody still has.
  std::size_t bytes_in_use() const { return *in_use_; }

 private:
  // A file that nobody has open any more is no other's equal, though its inode comes again.
  struct Kept {
    std::weak_ptr<File> file;
    SharedChunk chunk;
  };

  void forget(const FilePtr& file);
  void keep(const FilePtr& file, const SharedChunk& chunk);
  SharedChunk make(std::uint64_t id, std::uint64_t offset, std::string bytes);
  std::size_t most_now(std::uint64_t left) const;

  ReadSizes sizes_;
  std::map<std::uint64_t, std::weak_ptr<File>> files_;  // by id
  std::deque<Kept> kept_;                               // the newest last
  std::size_t kept_bytes_ = 0;
  std::shared_ptr<std::atomic<std::size_t>> in_use_ =
      std::make_shared<std::atomic<std::size_t>>(0);  // chunks outlive this
};

}  // namespace supervisord::log
