#include "asgi-worker/http1/scan.hpp"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace asgi_worker::http1 {

#if ASGI_WORKER_VECTORS
namespace {

const char* long_value_16(const char* at, const char* end) {
  for (; end - at >= 16; at += 16) {
    const unsigned mask = bad_value_bytes(Vector::load(at)).mask();
    if (mask != 0) return first_of(mask, at);
  }
  const unsigned mask = bad_value_bytes(Vector::load(end - 16)).mask() >> (16 - (end - at));
  return mask != 0 ? first_of(mask, at) : end;
}

#if defined(__SSE2__)
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
  return long_value_16(at, end);
}
#endif

}  // namespace

VectorScan vector_scan([[maybe_unused]] Kernel kernel) {
#if defined(__SSE2__)
  if (kernel == Kernel::avx2) return {long_value_avx2};
#endif
  return {long_value_16};
}
#endif

std::span<const Kernel> kernels() {
#if defined(__SSE2__)
  static constexpr Kernel known[] = {Kernel::plain, Kernel::sse2, Kernel::avx2};
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  return std::span{known}.first(has_avx2 ? 3 : 2);
#elif ASGI_WORKER_VECTORS
  static constexpr Kernel known[] = {Kernel::plain, Kernel::neon};
  return known;
#else
  static constexpr Kernel known[] = {Kernel::plain};
  return known;
#endif
}

Kernel best_kernel() { return kernels().back(); }

std::string_view name_of(Kernel kernel) {
  switch (kernel) {
    case Kernel::plain: return "plain";
    case Kernel::sse2: return "sse2";
    case Kernel::avx2: return "avx2";
    case Kernel::neon: return "neon";
  }
  return "";
}

}  // namespace asgi_worker::http1
