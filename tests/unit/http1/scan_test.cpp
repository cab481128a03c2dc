// The vector kernels against their plain twin.
#include "asgi-worker/http1/scan.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace asgi_worker::http1 {
namespace {

#if defined(__SSE2__)

/// Every scan of `text` from each place, by `kernel` and by the twin.
void compare(const std::string& text, Kernel kernel) {
  const SimdScan simd = simd_scan(kernel);
  const PlainScan plain;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end; ++at) {
    ASSERT_EQ(simd.value_end(at, end), plain.value_end(at, end));
    ASSERT_EQ(simd.target_end(at, end), plain.target_end(at, end));
  }
  std::string by_simd = text;
  std::string by_plain = text;
  const FieldLine a = simd.field_line(by_simd.data(), by_simd.data() + by_simd.size());
  const FieldLine b = plain.field_line(by_plain.data(), by_plain.data() + by_plain.size());
  ASSERT_EQ(a.name_end - by_simd.data(), b.name_end - by_plain.data()) << text;
  ASSERT_EQ(a.value_stop - by_simd.data(), b.value_stop - by_plain.data()) << text;
  ASSERT_EQ(by_simd, by_plain);
}

class Kernels : public testing::TestWithParam<Kernel> {
 protected:
  void SetUp() override {
    if (static_cast<int>(GetParam()) > static_cast<int>(best_kernel())) GTEST_SKIP();
  }
};

TEST_P(Kernels, EqualTheTwinForEachByteAtEachPlace) {
  for (int byte = 0; byte < 256; ++byte)
    for (std::size_t place = 0; place < 70; ++place) {
      std::string text(70, 'A');
      text[place] = static_cast<char>(byte);
      compare(text, GetParam());
      text[place / 2] = ':';
      compare(text, GetParam());
    }
}

TEST_P(Kernels, EqualTheTwinForRandomLines) {
  std::mt19937 random{4711};
  constexpr std::string_view bytes = "aZ09-_.:: \t\r\n\x7f\x80\xff~!AbCdEfGhIjK";
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random() % 80, ' ');
    for (char& byte : text) byte = bytes[random() % (random() % 4 == 0 ? bytes.size() : 6)];
    compare(text, GetParam());
  }
}

INSTANTIATE_TEST_SUITE_P(Scan, Kernels, testing::Values(Kernel::sse2, Kernel::avx2),
                         [](const auto& row) {
                           return std::string{row.param == Kernel::sse2 ? "Sse2" : "Avx2"};
                         });

#endif

}  // namespace
}  // namespace asgi_worker::http1
