// How far a run of allowed bytes goes: the parser's inner loops, 16 or 32 bytes a step, and a plain
// twin that is what they must equal. Pure. The short steps are inline; a long value goes to a
// function chosen once by what the processor can do.
#pragma once

#include <span>

#include "asgi-worker/http/fields.hpp"
#include "asgi-worker/http1/vector.hpp"

namespace asgi_worker::http1 {

enum class Kernel { plain, sse2, avx2, neon };
/// Those that this processor has; the last one is the fastest.
std::span<const Kernel> kernels();
Kernel best_kernel();
std::string_view name_of(Kernel kernel);

struct TargetEnd {
  const char* stop;  // the first byte that no target bears, or the end
  const char* mark;  // the first '?' or '#' before it, or it
};

struct FieldLine {
  char* name_end;          // the first byte that is no token byte
  const char* value_stop;  // the first bad byte after it; name_end unless that is a colon
};

/// A byte that no request target bears: blanks, controls, and all that is not ASCII.
inline bool is_bad_target_byte(char byte) {
  const auto value = static_cast<unsigned char>(byte);
  return value <= 0x20 || value >= 0x7f;
}

/// Each scan goes from `at`; the bytes of [begin, end) may be read.
struct PlainScan {
  const char* value_end(const char*, const char* at, const char* end) const {
    while (at != end && !http::is_bad_value_byte(*at)) ++at;
    return at;
  }
  TargetEnd target_end(const char* at, const char* end) const {
    const char* mark = nullptr;
    for (; at != end && !is_bad_target_byte(*at); ++at)
      if (mark == nullptr && (*at == '?' || *at == '#')) mark = at;
    return {at, mark != nullptr ? mark : at};
  }
  /// Lower-cases the name in place.
  FieldLine field_line(const char* begin, char* at, char* end) const {
    for (; at != end; ++at) {
      const unsigned char lower = http::token_lower[static_cast<unsigned char>(*at)];
      if (lower == 0) break;
      *at = static_cast<char>(lower);
    }
    if (at == end || *at != ':') return {at, at};
    return {at, value_end(begin, at + 1, end)};
  }
};

#if ASGI_WORKER_VECTORS

inline Vector bad_value_bytes(Vector bytes) {
  return bytes.at_most(0x1f).without(bytes.equal('\t')) | bytes.equal(0x7f);
}

inline unsigned lowest(unsigned mask) { return mask & (0u - mask); }
inline const char* first_of(unsigned mask, const char* at) { return at + __builtin_ctz(mask); }

/// The first bad byte of [at, end), or `end`; at least 16 bytes before `at` may be read.
using FindValueEnd = const char* (*)(const char* at, const char* end);

struct VectorScan {
  FindValueEnd long_value;

  const char* value_end(const char* begin, const char* at, const char* end) const {
    if (end - at < 16) return value_end_at_the_end(begin, at, end);
    const Vector bytes = Vector::load(at);
    const unsigned stops = bad_value_bytes(bytes).mask();
    if (stops == 0) return long_value(at + 16, end);
    // Mostly it is a CR, and that is known some cycles earlier: the next line waits for this.
    const unsigned ends = bytes.equal('\r').mask();
    if (lowest(stops) == lowest(ends)) return first_of(ends, at);
    return first_of(stops, at);
  }

  TargetEnd target_end(const char* at, const char* end) const {
    const char* mark = nullptr;
    for (; end - at >= 16; at += 16) {
      const Vector bytes = Vector::load(at);
      const unsigned stops = bytes.between(0x21, 0x7e).mask() ^ 0xffffu;
      const unsigned before = (stops & (0u - stops)) - 1;  // all, when there is no stop
      const unsigned marks = (bytes.equal('?') | bytes.equal('#')).mask() & before;
      if (mark == nullptr && marks != 0) mark = first_of(marks, at);
      if (stops == 0) continue;
      const char* const stop = first_of(stops, at);
      return {stop, mark != nullptr ? mark : stop};
    }
    const TargetEnd rest = PlainScan{}.target_end(at, end);
    return {rest.stop, mark != nullptr ? mark : rest.mark};
  }

  FieldLine field_line(const char* begin, char* at, char* end) const {
    while (at != end) {
      const auto left = end - at;
      Name name;
      if (left >= 16)
        name = take_name(begin, at, end, 0);
      else if (end - begin >= 16)  // 16 are read that begin before `at`
        name = take_name(begin, at, end, static_cast<unsigned>(16 - left));
      else
        break;
      if (name.value_stop != nullptr) return {name.stop, name.value_stop};
      if (name.is_rare) break;
      at = name.stop;
    }
    return PlainScan{}.field_line(begin, at, end);
  }

 private:
  struct Name {
    char* stop = nullptr;
    const char* value_stop = nullptr;  // none: the name goes on behind `stop`
    bool is_rare = false;              // and has a byte that the vector does not know
  };
  /// Letters, digits, '-' and '_' are done by the vector; a name with another token byte is rare,
  /// and left to the twin from there on. Of the 16 bytes the first `skip` lie before `at`.
  Name take_name(const char* begin, char* at, char* end, unsigned skip) const {
    char* const block = at - skip;
    const Vector bytes = Vector::load(block);
    const Vector upper = bytes.between('A', 'Z');
    const Vector lowered = bytes | (upper & Vector::all(0x20));
    const Vector good =
        lowered.between('a', 'z') | bytes.between('0', '9') | bytes.equal('-') | bytes.equal('_');
    const unsigned stops = (good.mask() ^ 0xffffu) >> skip;
    const unsigned colons = bytes.equal(':').mask() >> skip;
    // As with values: where the name ends is known early, that it is good is checked meanwhile.
    if (stops != 0 && lowest(stops) != lowest(colons)) return {at, nullptr, true};
    const unsigned size = stops != 0 ? static_cast<unsigned>(__builtin_ctz(colons)) : 16 - skip;
    char* const stop = at + size;
    // The value is read before the name is written: a load that overlaps a fresh store waits.
    const char* const value_stop = stops != 0 ? value_end(begin, stop + 1, end) : nullptr;
    if (upper.mask() != 0) write_name(block, bytes, lowered, skip, skip + size);
    return {stop, value_stop, false};
  }
  static const char* value_end_at_the_end(const char* begin, const char* at, const char* end) {
    if (end - begin < 16) return PlainScan{}.value_end(begin, at, end);
    const unsigned mask = bad_value_bytes(Vector::load(end - 16)).mask() >> (16 - (end - at));
    return mask != 0 ? first_of(mask, at) : end;
  }
  /// Of the block's bytes, those from `first` up to `last` in lower case.
  static void write_name(char* block, Vector bytes, Vector lowered, unsigned first, unsigned last) {
    alignas(16) static constexpr unsigned char ramp[48] = {
        0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
        0,    0,    0,    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0,    0,    0,    0,
        0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0};
    const auto* const ramp_at = reinterpret_cast<const char*>(ramp);
    const Vector name = Vector::load(ramp_at + 16 - first) & Vector::load(ramp_at + 32 - last);
    const Vector mixed = (lowered & name) | bytes.without(name);
    if (last <= 8)
      mixed.store_first_8(block);  // what is not touched may be read at once
    else
      mixed.store(block);
  }
};

/// `kernel` is not the plain one.
VectorScan vector_scan(Kernel kernel);

#endif

}  // namespace asgi_worker::http1
