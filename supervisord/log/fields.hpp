// Numbers and texts one after the other, as the log's records with the Holder have them: a number
// is 8 bytes, little-endian; a text its length as a number and then itself. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace supervisord::log {

void put_field(std::string& out, std::uint64_t number);
void put_field(std::string& out, std::string_view text);

/// Takes fields off the front; after one that is not there all further ones are zero.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : rest_{bytes} {}
  bool good() const { return good_; }

  std::uint64_t number();
  std::string text();

 private:
  std::uint64_t fail();

  std::string_view rest_;
  bool good_ = true;
};

}  // namespace supervisord::log
