// Every case of tests/data/http1 through the parser: by each kernel, and cut at every place.
#include "tests/unit/http1/corpus.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "asgi-worker/http1/parser.hpp"

namespace asgi_worker::http1 {
namespace {

/// Requests as the corpus writes them, a line each, then what it was refused with.
class Reader {
 public:
  Reader(const http::Limits& limits, Kernel kernel, KnownSections* known)
      : parser_{limits, kernel, known} {}

  void feed(std::string_view piece) {
    left_ += piece;
    const std::unique_ptr<char[]> bytes{new char[left_.size()]};  // as large as its content
    left_.copy(bytes.get(), left_.size());
    std::size_t at = 0;
    while (!is_over_) {
      const Parser::Step step = parser_.next(bytes.get() + at, left_.size() - at);
      at += step.consumed;
      if (step.event == Parser::Event::need_more) break;
      take(step);
    }
    left_.assign(bytes.get() + at, left_.size() - at);
  }

  /// When nothing more comes.
  std::string said() {
    if (parser_.in_body()) said_ += head_ + " cut\n";
    return said_;
  }
  int status() const { return status_; }
  bool is_open() const { return !is_over_ && left_.empty() && !parser_.in_body(); }

 private:
  void take(const Parser::Step& step) {
    switch (step.event) {
      case Parser::Event::head: take_head(); break;
      case Parser::Event::body: body_ += step.body; break;
      case Parser::Event::end:
        said_ += head_ + (body_.empty() ? "" : " [" + body_ + "]") + "\n";
        body_.clear();
        is_over_ = !parser_.head().keep_alive;
        break;
      case Parser::Event::refused:
        is_over_ = true;
        status_ = step.status;
        break;
      case Parser::Event::need_more: break;
    }
  }
  void take_head() {
    const Head& head = parser_.head();
    head_ = std::string{head.method} + " " + std::string{head.raw_path};
    if (!head.query.empty()) head_.append("?").append(head.query);
    head_ += head.version == http::Version::http_1_0 ? " 1.0 {" : " 1.1 {";
    std::string_view comma;
    for (const http::Field& field : head.fields) {
      head_.append(comma).append(field.name).append(": ").append(field.value);
      comma = ", ";
    }
    head_ += "}";
  }

  Parser parser_;
  std::string left_;
  std::string head_;
  std::string body_;
  std::string said_;
  int status_ = 0;
  bool is_over_ = false;
};

void expect_case(const CorpusCase& wanted, const std::vector<std::string_view>& pieces,
                 Kernel kernel, const std::string& how, KnownSections* known = nullptr) {
  Reader reader{wanted.limits, kernel, known};
  for (const std::string_view piece : pieces) reader.feed(piece);
  const bool is_open = reader.is_open();
  EXPECT_EQ(reader.said(), wanted.said) << wanted.name << ", " << name_of(kernel) << ", " << how;
  EXPECT_EQ(reader.status(), wanted.status) << wanted.name << ", " << how;
  EXPECT_TRUE(is_open || !wanted.is_open) << wanted.name << ", " << how;
}

const std::vector<CorpusCase>& corpus() {
  static const std::vector<CorpusCase> all = read_corpus(HTTP1_CORPUS);
  return all;
}

TEST(Corpus, IsReadTheSameByEachKernel) {
  for (const CorpusCase& one : corpus())
    for (const Kernel kernel : kernels()) expect_case(one, {one.input}, kernel, "whole");
}

TEST(Corpus, IsReadTheSameAgainWhenItsFieldsAreKnown) {
  for (const CorpusCase& one : corpus()) {
    KnownSections known;
    for (int time = 0; time < 2; ++time)
      expect_case(one, {one.input}, best_kernel(), "time " + std::to_string(time), &known);
  }
}

TEST(Corpus, IsReadTheSameInEverySplitInTwo) {
  for (const CorpusCase& one : corpus()) {
    const std::string_view input = one.input;
    if (input.size() > 1'000) continue;  // a few of those are cut in the test that follows
    for (std::size_t at = 1; at < input.size(); ++at) {
      expect_case(one, {input.substr(0, at), input.substr(at)}, best_kernel(),
                  "cut at " + std::to_string(at));
      if (HasFailure()) return;
    }
  }
}

TEST(Corpus, IsReadTheSameByteByByte) {
  for (const CorpusCase& one : corpus()) {
    const std::string_view input = one.input;
    const std::size_t size = input.size() > 10'000 ? 4'001 : input.size() > 1'000 ? 61 : 1;
    std::vector<std::string_view> pieces;
    for (std::size_t at = 0; at < input.size(); at += size)
      pieces.push_back(input.substr(at, size));
    expect_case(one, pieces, best_kernel(), "byte by byte");
  }
}

}  // namespace
}  // namespace asgi_worker::http1
