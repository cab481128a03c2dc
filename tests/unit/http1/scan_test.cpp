// The vector kernels against their plain twin.
#include "asgi-worker/http1/scan.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace asgi_worker::http1 {
namespace {

#if ASGI_WORKER_VECTORS

/// Every scan of `text` from each place, by `kernel` and by the twin. The memory is as large as the
/// text, so that a read beyond it is found out.
void compare(const std::string& text, Kernel kernel) {
  const VectorScan vectors = vector_scan(kernel);
  const PlainScan plain;
  const std::vector<char> bytes{text.begin(), text.end()};
  const char* const begin = bytes.data();
  const char* const end = begin + bytes.size();
  for (const char* at = begin; at != end; ++at) {
    ASSERT_EQ(vectors.value_end(begin, at, end), plain.value_end(begin, at, end));
    ASSERT_EQ(vectors.value_end(at, at, end), plain.value_end(at, at, end));
    const TargetEnd a = vectors.target_end(at, end);
    const TargetEnd b = plain.target_end(at, end);
    ASSERT_EQ(a.stop, b.stop);
    ASSERT_EQ(a.mark, b.mark);
  }
  for (const std::size_t from :
       {std::size_t{0}, bytes.size() / 2, bytes.size() - bytes.size() / 8}) {
    std::vector<char> by_vectors = bytes;
    std::vector<char> by_plain = bytes;
    const auto line = [from](const auto& scan, std::vector<char>& of) {
      return scan.field_line(of.data(), of.data() + from, of.data() + of.size());
    };
    const FieldLine a = line(vectors, by_vectors);
    const FieldLine b = line(plain, by_plain);
    ASSERT_EQ(a.name_end - by_vectors.data(), b.name_end - by_plain.data()) << text;
    ASSERT_EQ(a.value_stop - by_vectors.data(), b.value_stop - by_plain.data()) << text;
    ASSERT_EQ(by_vectors, by_plain);
  }
}

class Kernels : public testing::TestWithParam<Kernel> {};

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
  constexpr std::string_view bytes = "aZ09-_.::?# \t\r\n\x7f\x80\xff~!AbCdEfGhIjK";
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random() % 80, ' ');
    for (char& byte : text) byte = bytes[random() % (random() % 4 == 0 ? bytes.size() : 6)];
    compare(text, GetParam());
  }
}

INSTANTIATE_TEST_SUITE_P(Scan, Kernels, testing::ValuesIn(kernels().subspan(1)),
                         [](const auto& row) { return std::string{name_of(row.param)}; });

#endif

}  // namespace
}  // namespace asgi_worker::http1
