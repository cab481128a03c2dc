// What a parser says of some bytes, as text that tests compare: requests as "GET /x?y 1.1 {a: b}",
// bodies as "[...]" joined over their pieces, then "." for an end, "!400" for a refusal. Each piece
// is copied to a place of its own size first, so that a view into the wrong place is found out.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "asgi-worker/http1/parser.hpp"

namespace asgi_worker::http1 {

inline std::string text_of(const Head& head) {
  std::string text{head.method};
  text.append(" ").append(head.raw_path);
  if (!head.query.empty()) text.append("?").append(head.query);
  text += head.version == http::Version::http_1_0 ? " 1.0 {" : " 1.1 {";
  for (const http::Field& field : head.fields) {
    if (text.back() != '{') text += ", ";
    text.append(field.name).append(": ").append(field.value);
  }
  text += '}';
  if (!head.keep_alive) text += " close";
  if (head.expects_continue) text += " expect";
  if (head.takes_trailers) text += " trailers";
  if (!head.upgrade.empty()) text.append(" upgrade=").append(head.upgrade);
  return text;
}

/// Feeds `pieces` one after the other, as a connection does. `known`: as another one of the same
/// server, if there was one.
inline std::string transcript(const std::vector<std::string_view>& pieces,
                              const http::Limits& limits, Kernel kernel,
                              KnownSections* known = nullptr) {
  Parser parser{limits, kernel, known};
  std::string said;
  std::string body;
  std::string left;
  const auto close_body = [&] {
    if (!body.empty()) said += "[" + body + "]";
    body.clear();
  };
  for (const std::string_view piece : pieces) {
    left += piece;
    const std::unique_ptr<char[]> bytes{new char[left.size()]};
    left.copy(bytes.get(), left.size());
    std::size_t at = 0;
    for (;;) {
      const Parser::Step step = parser.next(bytes.get() + at, left.size() - at);
      at += step.consumed;
      if (step.event == Parser::Event::need_more) break;
      if (step.event == Parser::Event::head) said += text_of(parser.head());
      if (step.event == Parser::Event::body) body += step.body;
      if (step.event == Parser::Event::end) {
        close_body();
        said += ".";
      }
      if (step.event == Parser::Event::refused) {
        close_body();
        return said + "!" + std::to_string(step.status);
      }
    }
    left.assign(bytes.get() + at, left.size() - at);
  }
  close_body();
  return said;
}

}  // namespace asgi_worker::http1
