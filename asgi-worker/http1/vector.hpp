// Sixteen bytes side by side, and what the scans ask of them: SSE2, which every x86-64 has, or
// NEON, which every arm64 has. Pure. Where there is neither, ASGI_WORKER_VECTORS is 0 and the plain
// twin does it all.
#pragma once

#if defined(__SSE2__)
#include <emmintrin.h>
#define ASGI_WORKER_VECTORS 1
#elif defined(__aarch64__) && defined(__ARM_NEON)
#include <arm_neon.h>
#define ASGI_WORKER_VECTORS 1
#else
#define ASGI_WORKER_VECTORS 0
#endif

namespace asgi_worker::http1 {

#if defined(__SSE2__)

struct Vector {
  __m128i bytes;

  static Vector load(const char* at) {
    return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(at))};
  }
  static Vector all(char byte) { return {_mm_set1_epi8(byte)}; }
  void store(char* at) const { _mm_storeu_si128(reinterpret_cast<__m128i*>(at), bytes); }
  void store_first_8(char* at) const { _mm_storel_epi64(reinterpret_cast<__m128i*>(at), bytes); }

  /// Each answer is 0xff in a byte for which it is so, else 0.
  Vector equal(char byte) const { return {_mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte))}; }
  Vector at_most(char byte) const {
    const __m128i most = _mm_set1_epi8(byte);
    return {_mm_cmpeq_epi8(_mm_max_epu8(bytes, most), most)};
  }
  /// Both are ASCII, `first` above 0 and `last` below 0x7f.
  Vector between(char first, char last) const {
    return {_mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8(static_cast<char>(first - 1))),
                          _mm_cmplt_epi8(bytes, _mm_set1_epi8(static_cast<char>(last + 1))))};
  }
  friend Vector operator|(Vector a, Vector b) { return {_mm_or_si128(a.bytes, b.bytes)}; }
  friend Vector operator&(Vector a, Vector b) { return {_mm_and_si128(a.bytes, b.bytes)}; }
  Vector without(Vector other) const { return {_mm_andnot_si128(other.bytes, bytes)}; }
  /// A bit for each byte, the lowest for the first.
  unsigned mask() const { return static_cast<unsigned>(_mm_movemask_epi8(bytes)); }
};

#elif ASGI_WORKER_VECTORS

struct Vector {
  uint8x16_t bytes;

  static Vector load(const char* at) { return {vld1q_u8(reinterpret_cast<const uint8_t*>(at))}; }
  static Vector all(char byte) { return {vdupq_n_u8(static_cast<uint8_t>(byte))}; }
  void store(char* at) const { vst1q_u8(reinterpret_cast<uint8_t*>(at), bytes); }
  void store_first_8(char* at) const {
    vst1_u8(reinterpret_cast<uint8_t*>(at), vget_low_u8(bytes));
  }

  Vector equal(char byte) const { return {vceqq_u8(bytes, all(byte).bytes)}; }
  Vector at_most(char byte) const { return {vcleq_u8(bytes, all(byte).bytes)}; }
  Vector between(char first, char last) const {
    return {vandq_u8(vcgeq_u8(bytes, all(first).bytes), vcleq_u8(bytes, all(last).bytes))};
  }
  friend Vector operator|(Vector a, Vector b) { return {vorrq_u8(a.bytes, b.bytes)}; }
  friend Vector operator&(Vector a, Vector b) { return {vandq_u8(a.bytes, b.bytes)}; }
  Vector without(Vector other) const { return {vbicq_u8(bytes, other.bytes)}; }
  unsigned mask() const {
    constexpr uint8_t weights[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x16_t bits = vandq_u8(bytes, vld1q_u8(weights));
    return vaddv_u8(vget_low_u8(bits)) | static_cast<unsigned>(vaddv_u8(vget_high_u8(bits))) << 8;
  }
};

#endif

}  // namespace asgi_worker::http1
