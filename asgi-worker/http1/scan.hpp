// How far a run of allowed bytes goes: the parser's inner loops, 16 or 32 bytes a step, and a plain
// twin that is what they must equal. Pure. The short steps are inline, SSE2, which every x86-64
// has; what is longer goes to a function chosen once by what the processor can do.
#pragma once

#include "asgi-worker/http/fields.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace asgi_worker::http1 {

enum class Kernel { plain, sse2, avx2 };
/// The fastest one that this processor has.
Kernel best_kernel();

/// Looks for the first byte of [at, end) that a field value (a target) does not bear; `end` when
/// there is none.
using FindByte = const char* (*)(const char* at, const char* end);

struct FieldLine {
  char* name_end;          // the first byte that is no token byte
  const char* value_stop;  // the first bad byte after it; name_end unless that is a colon
};

/// A byte that no request target bears: blanks, controls, and all that is not ASCII.
inline bool is_bad_target_byte(char byte) {
  const auto value = static_cast<unsigned char>(byte);
  return value <= 0x20 || value >= 0x7f;
}

struct PlainScan {
  const char* value_end(const char* at, const char* end) const {
    while (at != end && !http::is_bad_value_byte(*at)) ++at;
    return at;
  }
  const char* target_end(const char* at, const char* end) const {
    while (at != end && !is_bad_target_byte(*at)) ++at;
    return at;
  }
  /// Lower-cases the name in place.
  FieldLine field_line(char* at, char* end) const {
    for (; at != end; ++at) {
      const unsigned char lower = http::token_lower[static_cast<unsigned char>(*at)];
      if (lower == 0) break;
      *at = static_cast<char>(lower);
    }
    if (at == end || *at != ':') return {at, at};
    return {at, value_end(at + 1, end)};
  }
};

#if defined(__SSE2__)

inline unsigned bad_value_mask(__m128i bytes) {
  // Unsigned "below 0x20" as max(byte, 0x1f) == 0x1f.
  const __m128i low = _mm_set1_epi8(0x1f);
  const __m128i control = _mm_cmpeq_epi8(_mm_max_epu8(bytes, low), low);
  const __m128i tab = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t'));
  const __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
  return static_cast<unsigned>(
      _mm_movemask_epi8(_mm_or_si128(_mm_andnot_si128(tab, control), del)));
}

inline unsigned bad_target_mask(__m128i bytes) {
  // Signed: 0x80 to 0xff are negative, so "at most 0x20" takes them in.
  const __m128i good = _mm_cmpgt_epi8(bytes, _mm_set1_epi8(0x20));
  const __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_andnot_si128(del, good))) ^ 0xffffu;
}

inline __m128i load_16(const char* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

/// SSE2 for what is short, `long_value` and `long_target` for the rest.
struct SimdScan {
  FindByte long_value;
  FindByte long_target;

  const char* value_end(const char* at, const char* end) const {
    if (end - at < 16) return PlainScan{}.value_end(at, end);
    const unsigned mask = bad_value_mask(load_16(at));
    return mask != 0 ? at + __builtin_ctz(mask) : long_value(at + 16, end);
  }
  const char* target_end(const char* at, const char* end) const {
    if (end - at < 16) return PlainScan{}.target_end(at, end);
    const unsigned mask = bad_target_mask(load_16(at));
    return mask != 0 ? at + __builtin_ctz(mask) : long_target(at + 16, end);
  }
  FieldLine field_line(char* at, char* end) const {
    // Letters, digits, '-' and '_' are done by the vector; a name with another token byte is rare,
    // and left to the twin from there on.
    while (end - at >= 16) {
      const __m128i bytes = load_16(at);
      const __m128i upper = in_range(bytes, 'A', 'Z');
      const __m128i lowered = _mm_or_si128(bytes, _mm_and_si128(upper, _mm_set1_epi8(0x20)));
      const __m128i other = _mm_or_si128(in_range(bytes, '0', '9'),
                                         _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('-')),
                                                      _mm_cmpeq_epi8(bytes, _mm_set1_epi8('_'))));
      const __m128i good = _mm_or_si128(in_range(lowered, 'a', 'z'), other);
      const unsigned mask = static_cast<unsigned>(_mm_movemask_epi8(good)) ^ 0xffffu;
      if (mask == 0) {
        store_16(at, lowered);
        at += 16;
        continue;
      }
      char* const stop = at + __builtin_ctz(mask);
      if (*stop != ':') break;
      // The value is read before the name is written: a load that overlaps a fresh store waits.
      const char* const value_stop = value_end(stop + 1, end);
      if (_mm_movemask_epi8(upper) != 0) store_16(at, keep_after(bytes, lowered, mask));
      return {stop, value_stop};
    }
    const FieldLine rest = PlainScan{}.field_line(at, end);
    return rest;
  }

 private:
  static __m128i in_range(__m128i bytes, char first, char last) {
    return _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8(static_cast<char>(first - 1))),
                         _mm_cmplt_epi8(bytes, _mm_set1_epi8(static_cast<char>(last + 1))));
  }
  static void store_16(char* at, __m128i bytes) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(at), bytes);
  }
  /// `lowered` up to the first set bit of `mask`, `bytes` from there on.
  static __m128i keep_after(__m128i bytes, __m128i lowered, unsigned mask) {
    const __m128i index = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m128i name =
        _mm_cmplt_epi8(index, _mm_set1_epi8(static_cast<char>(__builtin_ctz(mask))));
    return _mm_or_si128(_mm_and_si128(name, lowered), _mm_andnot_si128(name, bytes));
  }
};

/// `kernel` is sse2 or avx2.
SimdScan simd_scan(Kernel kernel);

#endif

}  // namespace asgi_worker::http1
