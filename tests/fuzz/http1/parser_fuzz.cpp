// Whatever the bytes and however they are split, the parser says the same, with each kernel, and
// again when it knows the fields. The first byte chooses the split, the second the limits and what
// is permitted.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "asgi-worker/http1/parser.hpp"
#include "tests/unit/http1/transcript.hpp"

using asgi_worker::http1::Kernel;
using asgi_worker::http1::transcript;

namespace {

std::vector<std::string_view> split(std::string_view input, unsigned seed) {
  std::vector<std::string_view> pieces;
  while (!input.empty()) {
    seed = seed * 1'103'515'245 + 12'345;
    const std::size_t size = 1 + (seed >> 16) % (seed % 3 == 0 ? 40 : 4);
    pieces.push_back(input.substr(0, size));
    input.remove_prefix(pieces.back().size());
  }
  return pieces;
}

void expect_same(const std::string& one, const std::string& other) {
  if (one == other) return;
  std::cerr << "one:   " << one << "\nother: " << other << "\n";
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const unsigned seed = data[0];
  asgi_worker::http::Limits limits;
  if ((data[1] & 1) != 0) limits = asgi_worker::http::gunicorn_limits();
  if ((data[1] & 2) != 0)
    limits = {.request_line = 40, .fields = 4, .field_size = 30, .field_section = 70};
  limits.permits = {.obsolete_folding = (data[1] & 4) != 0,
                    .lower_case_method = (data[1] & 16) != 0,
                    .unconventional_version = (data[1] & 64) != 0,
                    .spaces_before_colon = (data[1] & 8) != 0};
  if ((data[1] & 32) != 0) limits.underscored_names = asgi_worker::http::UnderscoredNames::drop;
  if ((data[1] & 128) != 0) limits.body = 10;
  const std::string_view input{reinterpret_cast<const char*>(data) + 2, size - 2};

  const std::string whole = transcript({input}, limits, Kernel::plain);
  for (const Kernel kernel : asgi_worker::http1::kernels())
    expect_same(transcript({input}, limits, kernel), whole);
  expect_same(transcript(split(input, seed), limits, asgi_worker::http1::best_kernel()), whole);
  expect_same(transcript(split(input, seed), limits, Kernel::plain), whole);
  asgi_worker::http1::KnownSections known;
  for (int time = 0; time < 2; ++time)
    expect_same(transcript({input}, limits, asgi_worker::http1::best_kernel(), &known), whole);
  const std::size_t half = input.size() / 2;
  expect_same(
      transcript({input.substr(0, half), input.substr(half)}, limits, Kernel::plain, &known),
      whole);
  return 0;
}
