#include "supervisord/log/pump_memory.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace supervisord::log {
namespace {

constexpr std::size_t total = record_bytes + buffer_bytes;

[[noreturn]] void fail(const char* what) {
  throw std::system_error{errno, std::generic_category(), what};
}

}  // namespace

PumpMemory::PumpMemory(int fd) {
  struct stat info;
  if (::fstat(fd, &info) != 0) fail("log pump: fstat");
  if (info.st_size < static_cast<off_t>(total) && ::ftruncate(fd, total) != 0) {
    fail("log pump: ftruncate");
  }
  memory_ = ::mmap(nullptr, total, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (memory_ == MAP_FAILED) fail("log pump: mmap");
  // Over the limit of a plain user the pages are present all the same, only not for certain.
  (void)::mlock(memory_, total);
}

PumpMemory::~PumpMemory() { ::munmap(memory_, total); }

}  // namespace supervisord::log
