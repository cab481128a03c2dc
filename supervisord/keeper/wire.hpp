// Numbers and strings as messages and the state file have them: little-endian, strings with a u32
// length before them. Pure. A Reader that has met the end or nonsense answers zeros and says so at
// the end (ok()), so that decoders are flat lists; fields that an older writer did not know are
// left at what they were (more()).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace supervisord::keeper {

class Writer {
 public:
  template <class Number>
  Writer& number(Number value) {
    const auto bits = static_cast<std::make_unsigned_t<Number>>(value);
    for (std::size_t i = 0; i < sizeof bits; ++i)
      bytes_.push_back(static_cast<char>(bits >> (8 * i)));
    return *this;
  }
  Writer& boolean(bool value) { return number<std::uint8_t>(value ? 1 : 0); }
  Writer& string(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    bytes_.append(value);
    return *this;
  }
  template <class Item, class Write>
  Writer& list(const std::vector<Item>& items, Write write) {
    number(static_cast<std::uint32_t>(items.size()));
    for (const Item& item : items) write(*this, item);
    return *this;
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_{bytes} {}

  template <class Number>
  Number number() {
    using Bits = std::make_unsigned_t<Number>;
    if (bytes_.size() < sizeof(Number)) return static_cast<Number>(fail());
    Bits bits = 0;
    for (std::size_t i = 0; i < sizeof bits; ++i) {
      bits = static_cast<Bits>(
          bits |
          static_cast<Bits>(static_cast<Bits>(static_cast<unsigned char>(bytes_[i])) << (8 * i)));
    }
    bytes_.remove_prefix(sizeof bits);
    return static_cast<Number>(bits);
  }
  bool boolean() { return number<std::uint8_t>() != 0; }
  std::string string() {
    const auto size = number<std::uint32_t>();
    if (bytes_.size() < size) {
      fail();
      return {};
    }
    std::string value{bytes_.substr(0, size)};
    bytes_.remove_prefix(size);
    return value;
  }
  template <class Item, class Read>
  std::vector<Item> list(Read read) {
    std::vector<Item> items;
    const auto count = number<std::uint32_t>();
    for (std::uint32_t i = 0; i < count && ok_; ++i) items.push_back(read(*this));
    if (!ok_) items.clear();
    return items;
  }
  bool more() const { return ok_ && !bytes_.empty(); }
  bool ok() const { return ok_; }

 private:
  int fail() {
    ok_ = false;
    bytes_ = {};
    return 0;
  }

  std::string_view bytes_;
  bool ok_ = true;
};

}  // namespace supervisord::keeper
