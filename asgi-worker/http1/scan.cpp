#include "asgi-worker/http1/scan.hpp"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace asgi_worker::http1 {

#if defined(__SSE2__)
namespace {

const char* long_value_sse2(const char* at, const char* end) {
  for (; end - at >= 16; at += 16) {
    const unsigned mask = bad_value_mask(load_16(at));
    if (mask != 0) return at + __builtin_ctz(mask);
  }
  return PlainScan{}.value_end(at, end);
}

const char* long_target_sse2(const char* at, const char* end) {
  for (; end - at >= 16; at += 16) {
    const unsigned mask = bad_target_mask(load_16(at));
    if (mask != 0) return at + __builtin_ctz(mask);
  }
  return PlainScan{}.target_end(at, end);
}

__attribute__((target("avx2"))) const char* long_value_avx2(const char* at, const char* end) {
  const __m256i low = _mm256_set1_epi8(0x1f);
  for (; end - at >= 32; at += 32) {
    const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
    const __m256i control = _mm256_cmpeq_epi8(_mm256_max_epu8(bytes, low), low);
    const __m256i tab = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\t'));
    const __m256i del = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(0x7f));
    const __m256i bad = _mm256_or_si256(_mm256_andnot_si256(tab, control), del);
    const auto mask = static_cast<unsigned>(_mm256_movemask_epi8(bad));
    if (mask != 0) return at + __builtin_ctz(mask);
  }
  return long_value_sse2(at, end);
}

__attribute__((target("avx2"))) const char* long_target_avx2(const char* at, const char* end) {
  for (; end - at >= 32; at += 32) {
    const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
    const __m256i good = _mm256_cmpgt_epi8(bytes, _mm256_set1_epi8(0x20));
    const __m256i del = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(0x7f));
    const auto mask = ~static_cast<unsigned>(_mm256_movemask_epi8(_mm256_andnot_si256(del, good)));
    if (mask != 0) return at + __builtin_ctz(mask);
  }
  return long_target_sse2(at, end);
}

}  // namespace

Kernel best_kernel() {
  static const Kernel best = __builtin_cpu_supports("avx2") != 0 ? Kernel::avx2 : Kernel::sse2;
  return best;
}

SimdScan simd_scan(Kernel kernel) {
  if (kernel == Kernel::avx2) return {long_value_avx2, long_target_avx2};
  return {long_value_sse2, long_target_sse2};
}

#else

Kernel best_kernel() { return Kernel::plain; }

#endif

}  // namespace asgi_worker::http1
