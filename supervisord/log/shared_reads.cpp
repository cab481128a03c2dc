#include "supervisord/log/shared_reads.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "supervisord/log/readable.hpp"

namespace supervisord::log {
namespace {

constexpr std::size_t most_kept = 64;  // chunks; a log that trickles makes small ones

}  // namespace

std::uint64_t SharedReads::File::size() const {
  struct stat found {};
  return ::fstat(fd_.get(), &found) == 0 ? static_cast<std::uint64_t>(found.st_size) : 0;
}

SharedReads::FilePtr SharedReads::open(const std::string& path) {
  auto opened = open_log(path);
  if (!opened) return nullptr;
  const std::uint64_t id = mixed(opened->file.id);
  std::weak_ptr<File>& known = files_[id];
  if (auto file = known.lock()) return file;
  auto file = std::make_shared<File>();
  file->fd_ = std::move(opened->fd);
  file->id_ = id;
  known = file;
  std::erase_if(files_, [](const auto& each) { return each.second.expired(); });
  return file;
}

SharedChunk SharedReads::read(const FilePtr& file, std::uint64_t offset) {
  const std::uint64_t size = file->size();
  if (size < std::exchange(file->seen_, size)) forget(file);
  if (offset >= size) return nullptr;
  std::uint64_t most = most_now(size - offset);
  for (const Kept& kept : kept_) {
    const std::uint64_t start = kept.chunk->position.offset;
    if (start < offset || start - offset >= most || kept.file.lock() != file) continue;
    if (start == offset) return kept.chunk;
    most = start - offset;  // and then this reader goes on with that one
  }
  std::string bytes = read_at(file->fd_.get(), offset, std::min(most, size - offset));
  if (bytes.empty()) return nullptr;
  auto chunk = make(file->id_, offset, std::move(bytes));
  keep(file, chunk);
  return chunk;
}

std::size_t SharedReads::most_now(std::uint64_t left) const {
  constexpr std::size_t parts = 16;  // of what may still be taken
  const std::size_t room = sizes_.in_use - std::min(sizes_.in_use, bytes_in_use());
  return std::clamp(room / parts, sizes_.least, left > sizes_.usual ? sizes_.behind : sizes_.usual);
}

SharedChunk SharedReads::make(std::uint64_t id, std::uint64_t offset, std::string bytes) {
  const std::size_t size = bytes.size();
  *in_use_ += size;
  return {new LogChunk{{id, offset}, std::move(bytes), false},
          [size, in_use = in_use_](const LogChunk* chunk) {
            delete chunk;
            *in_use -= size;
          }};
}

void SharedReads::keep(const FilePtr& file, const SharedChunk& chunk) {
  kept_.push_back({file, chunk});
  kept_bytes_ += chunk->bytes.size();
  while (kept_.size() > most_kept || kept_bytes_ > sizes_.kept) {
    kept_bytes_ -= kept_.front().chunk->bytes.size();
    kept_.pop_front();
  }
}

void SharedReads::forget(const FilePtr& file) {
  std::erase_if(kept_, [&](const Kept& kept) {
    if (kept.file.lock() != file) return false;
    kept_bytes_ -= kept.chunk->bytes.size();
    return true;
  });
}

}  // namespace supervisord::log
