// What execve takes.
#pragma once

#include <string>
#include <vector>

namespace supervisord::keeper {

/// With the null at their end; good as long as `strings` is, and only to be read.
inline std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> list;
  for (const std::string& string : strings) list.push_back(const_cast<char*>(string.c_str()));
  list.push_back(nullptr);
  return list;
}

}  // namespace supervisord::keeper
