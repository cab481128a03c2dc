#include "supervisord/log/fields.hpp"

namespace supervisord::log {

void put_field(std::string& out, std::uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>(number >> shift));
}

void put_field(std::string& out, std::string_view text) {
  put_field(out, std::uint64_t{text.size()});
  out.append(text);
}

std::uint64_t FieldReader::number() {
  if (rest_.size() < 8) return fail();
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    value |= std::uint64_t{static_cast<unsigned char>(rest_[i])} << (8 * i);
  }
  rest_.remove_prefix(8);
  return value;
}

std::string FieldReader::text() {
  const std::uint64_t size = number();
  if (size > rest_.size()) fail();
  if (!good_) return {};
  std::string value{rest_.substr(0, size)};
  rest_.remove_prefix(size);
  return value;
}

std::uint64_t FieldReader::fail() {
  good_ = false;
  return 0;
}

}  // namespace supervisord::log
