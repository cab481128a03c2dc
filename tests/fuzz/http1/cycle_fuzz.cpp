// A connection without its socket: requests out of the input, answers as its first bytes say,
// written as the server writes them. A client that knows only RFC 9112 reads them back: as many as
// there were requests, each with the status and body that the application gave, and `connection:
// close` on the last one only. The first 32 bytes are the application's, the rest is what the
// client sent.
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "asgi-worker/http1/cycle.hpp"
#include "asgi-worker/http1/parser.hpp"
#include "asgi-worker/http1/writer.hpp"

using namespace asgi_worker;
using http1::AnswerFraming;
using http1::Parser;

namespace {

void require(bool claim, const char* what, std::string_view out) {
  if (claim) return;
  std::cerr << what << ":\n" << out << "\n";
  std::abort();
}

/// What the application does, taken from the input as long as it lasts.
class Choices {
 public:
  explicit Choices(std::string_view bytes) : bytes_{bytes} {}
  unsigned below(unsigned bound) {
    if (bytes_.empty()) return 0;
    const unsigned value = static_cast<unsigned char>(bytes_[at_++ % bytes_.size()]);
    return value % bound;
  }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

struct Sent {
  bool to_head;
  bool to_1_0;
  int status;
  std::string body;  // as the application wrote it
  bool is_short = false;
};

class Server {
 public:
  Server(std::string_view choices, std::string input)
      : choices_{choices}, input_{std::move(input)}, writer_{"asgi-worker", true, {}} {}

  void run() {
    while (!is_closed_) {
      const Parser::Step step = parser_.next(input_.data() + at_, input_.size() - at_);
      at_ += step.consumed;
      switch (step.event) {
        case Parser::Event::need_more: return;
        case Parser::Event::head: begin(); break;
        case Parser::Event::body: cycle_.note_body(); break;
        case Parser::Event::end: end(); break;
        case Parser::Event::refused: refuse(step.status); break;
      }
    }
  }

  http::Buffer out;
  std::vector<Sent> sent;
  /// Whether the last answer was to say so.
  bool says_close() const { return is_closed_ && !is_cut_; }

 private:
  void begin() {
    cycle_.begin(parser_.head());
    is_answered_ = false;
    if (choices_.below(2) == 0 && cycle_.take_continue()) {
      out.append(http1::continue_answer);
      require(!cycle_.take_continue(), "continue is said once", out.view());
    }
    if (choices_.below(3) == 0) answer();
  }
  void end() {
    cycle_.note_body_end();
    if (!is_answered_) answer();
  }
  void refuse(int status) {
    is_closed_ = true;
    is_cut_ = (is_answered_ && parser_.in_body()) || status == 0;  // one answer each
    if (is_cut_) return;
    const bool to_head = parser_.in_body() && cycle_.to_head();
    writer_.write_refusal(out, {.status = status, .to_head = to_head}, 784'111'777);
    sent.push_back({to_head, false, status, std::string{http1::refusal_text(status)}});
  }

  void answer() {
    constexpr int statuses[] = {200, 200, 201, 204, 205, 206, 302, 304, 404, 500, 599};
    is_answered_ = true;
    Sent made{cycle_.to_head(), parser_.head().version == http::Version::http_1_0,
              statuses[choices_.below(11)], ""};
    const std::string length = std::to_string(choices_.below(20));
    std::vector<http::Field> fields;
    if (choices_.below(2) == 0) fields.push_back({"content-length", length});
    if (choices_.below(8) == 0) fields.push_back({"content-length", "7"});
    if (choices_.below(4) == 0) fields.push_back({"transfer-encoding", "chunked"});
    if (choices_.below(8) == 0) fields.push_back({"connection", "close"});
    if (choices_.below(8) == 0) fields.push_back({"connection", "keep-alive, x"});
    if (choices_.below(8) == 0) fields.push_back({"date", "today"});
    http1::AnswerHead head = cycle_.answer_head(choices_.below(8) != 0);
    head.status = made.status;
    head.fields = fields;
    const AnswerFraming framing = writer_.write(out, head, 784'111'777);
    cycle_.note_start(framing);
    for (unsigned piece = choices_.below(4); piece > 0; --piece) {
      const std::string text(choices_.below(12), static_cast<char>('a' + piece));
      const auto left = cycle_.body_left();
      const std::string_view taken = std::string_view{text}.substr(
          0, static_cast<std::size_t>(cycle_.count_written(text.size())));
      require(!left || taken.size() <= *left, "no more than its length", out.view());
      made.body += taken;
      if (framing.body == AnswerFraming::Body::chunked)
        http1::append_chunk(out, taken);
      else
        out.append(taken);
    }
    if (framing.body == AnswerFraming::Body::chunked) out.append(http1::last_chunk);
    const auto next = cycle_.finish();
    made.is_short = cycle_.body_left().value_or(0) > 0;
    is_closed_ = next == http1::Cycle::Next::close;
    require(is_closed_ || !made.is_short, "kept after a short answer", out.view());
    sent.push_back(std::move(made));
  }

  Choices choices_;
  std::string input_;
  std::size_t at_ = 0;
  const http::Limits limits_ = {.request_line = 200, .fields = 20, .field_size = 200, .body = 100};
  Parser parser_{limits_};
  http1::Cycle cycle_;
  http1::HeadWriter writer_;
  bool is_answered_ = false;
  bool is_closed_ = false;
  bool is_cut_ = false;
};

/// Takes answers off the front of what was sent.
class Reader {
 public:
  explicit Reader(std::string_view out) : all_{out}, left_{out} {}
  bool is_at_end() const { return left_.empty(); }

  void take(const Sent& wanted, bool is_last, bool is_closed) {
    int status = take_head();
    while (status == 100) status = take_head();
    check(status == wanted.status, "the status is the application's");
    check(!(has_length_ && is_chunked_), "one framing");
    check(!wanted.to_1_0 || !is_chunked_, "never chunked to 1.0");
    check(is_close_ == (is_last && is_closed) || wanted.is_short, "close is said when it is so");
    const bool has_none = wanted.to_head || status == 204 || status == 304;
    check(status != 204 || !has_length_, "204 has no length");
    std::string body;
    if (has_none) {
    } else if (is_chunked_) {
      body = take_chunks();
    } else if (has_length_) {
      check(left_.size() >= length_ || (is_last && wanted.is_short), "the body is whole");
      body = take_bytes(length_);
    } else {
      check(is_last && is_closed, "only the end ends it");
      body = take_bytes(left_.size());
    }
    check(has_none || status == 205 || body == wanted.body, "the body is the application's");
    check(status != 205 || body.empty(), "205 has no content");
  }

 private:
  void check(bool claim, const char* what) const { require(claim, what, all_); }
  std::string_view line() {
    const std::size_t end = left_.find("\r\n");
    check(end != std::string_view::npos, "a line ends");
    const std::string_view text = left_.substr(0, end);
    left_.remove_prefix(end + 2);
    return text;
  }
  std::string take_bytes(std::size_t size) {
    const std::string bytes{left_.substr(0, size)};
    left_.remove_prefix(bytes.size());
    return bytes;
  }
  int take_head() {
    is_chunked_ = has_length_ = is_close_ = false;
    const std::string_view first = line();
    check(first.starts_with("HTTP/1.1 ") && first.size() >= 13 && first[12] == ' ', "status line");
    for (std::string_view field = line(); !field.empty(); field = line()) {
      if (field.starts_with("content-length: ")) {
        check(!has_length_, "one length");
        has_length_ = true;
        field.remove_prefix(16);
        std::from_chars(field.data(), field.data() + field.size(), length_);
      } else if (field.starts_with("transfer-encoding:")) {
        check(field == "transfer-encoding: chunked" && !is_chunked_, "one coding");
        is_chunked_ = true;
      } else if (field == "connection: close") {
        is_close_ = true;
      }
    }
    return std::stoi(std::string{first.substr(9, 3)});
  }
  std::string take_chunks() {
    std::string body;
    for (;;) {
      const std::size_t size = std::stoul(std::string{line()}, nullptr, 16);
      if (size == 0) break;
      body += take_bytes(size);
      check(line().empty(), "a chunk ends");
    }
    check(line().empty(), "the body ends");
    return body;
  }

  std::string_view all_;
  std::string_view left_;
  bool is_chunked_ = false;
  bool has_length_ = false;
  bool is_close_ = false;
  std::size_t length_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t choices = 32;
  if (size < choices) return 0;
  const std::string_view all{reinterpret_cast<const char*>(data), size};
  Server server{all.substr(0, choices), std::string{all.substr(choices)}};
  server.run();
  Reader reader{server.out.view()};
  for (std::size_t index = 0; index < server.sent.size(); ++index)
    reader.take(server.sent[index], index + 1 == server.sent.size(), server.says_close());
  // "100 Continue" may have been the last word, to who then sent nothing whole.
  const std::string_view out = server.out.view();
  require(reader.is_at_end() || out.ends_with(http1::continue_answer), "nothing behind", out);
  return 0;
}
