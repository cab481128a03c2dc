// Whether a file is as it was when it was last looked at: what rename, write and chmod change. A
// value.
#pragma once

#include <sys/stat.h>

#include <string>

namespace supervisord::api {

class FileStamp {
 public:
  /// Of a file that is not there: one that equals no other file's.
  static FileStamp of(const std::string& path) {
    FileStamp stamp;
    if (::stat(path.c_str(), &stamp.found_) != 0) stamp.found_ = {};
    return stamp;
  }

  friend bool operator==(const FileStamp& a, const FileStamp& b) {
    const auto same = [](const timespec& x, const timespec& y) {
      return x.tv_sec == y.tv_sec && x.tv_nsec == y.tv_nsec;
    };
    return a.found_.st_dev == b.found_.st_dev && a.found_.st_ino == b.found_.st_ino &&
           a.found_.st_size == b.found_.st_size && a.found_.st_mode == b.found_.st_mode &&
           same(a.found_.st_mtim, b.found_.st_mtim) && same(a.found_.st_ctim, b.found_.st_ctim);
  }

 private:
  struct stat found_ {};
};

}  // namespace supervisord::api
