#include "supervisord/web/request_reader.hpp"

#include <algorithm>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <utility>

namespace supervisord::web {
namespace {

namespace http = boost::beast::http;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

unsigned status_of(const boost::system::error_code& error) {
  if (error == http::error::body_limit) return 413;
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  return 400;
}

/// "http://host/path?query#fragment", as a proxy sends it, or "/path?query".
void split_target(std::string_view target, Request& request) {
  if (boost::algorithm::istarts_with(target, "http://")) {
    target.remove_prefix(std::min(target.find('/', 7), target.size()));
    if (target.empty()) target = "/";
  }
  target = target.substr(0, target.find('#'));
  const auto mark = std::min(target.find('?'), target.size());
  request.path = target.substr(0, mark);
  request.query = target.substr(std::min(mark + 1, target.size()));
}

}  // namespace

struct RequestReader::Parser : http::request_parser<http::string_body> {};

RequestReader::RequestReader(const SizeLimits& limits) : parser_{std::make_unique<Parser>()} {
  parser_->header_limit(limits.head_bytes);
  parser_->body_limit(limits.body_bytes);
}

RequestReader::~RequestReader() = default;

RequestReader::Step RequestReader::refuse(unsigned status) {
  refusal_ = status;
  return Step::refused;
}

RequestReader::Step RequestReader::feed(std::string& bytes) {
  if (!has_begun_) {
    bytes.erase(0, std::min(bytes.find_first_not_of("\r\n"), bytes.size()));
    has_begun_ = !bytes.empty();
  }
  if (lacks_length_) return refuse(411);
  while (!bytes.empty() && !parser_->is_done()) {
    // Beast asserts as much of a last chunk that it sees again; no whole one has less.
    if (parser_->is_header_done() && parser_->chunked() && bytes.size() < 5 && bytes[0] == '0')
      return Step::more;
    boost::system::error_code error;
    const std::size_t used = parser_->put(boost::asio::buffer(bytes), error);
    bytes.erase(0, used);
    if (error && error != http::error::need_more) return refuse(status_of(error));
    if (parser_->is_header_done() && !told_head_) {
      told_head_ = true;
      const auto method = parser_->get().method();
      const bool has_body = method == http::verb::post || method == http::verb::put;
      lacks_length_ = has_body && !parser_->chunked() && !parser_->content_length();
      return Step::head;
    }
    if (error == http::error::need_more || used == 0) return Step::more;
  }
  return parser_->is_done() ? Step::whole : Step::more;
}

std::string_view RequestReader::field(std::string_view name) const {
  return view(parser_->get()[boost::beast::string_view{name.data(), name.size()}]);
}

bool RequestReader::expects_continue() const {
  return minor_version() == 1 && boost::algorithm::iequals(field("expect"), "100-continue");
}

bool RequestReader::keep_alive() const { return parser_->keep_alive(); }

unsigned RequestReader::minor_version() const { return parser_->get().version() % 10; }

Request RequestReader::take() {
  auto message = parser_->release();
  Request request;
  request.method = view(message.method_string());
  split_target(view(message.target()), request);
  for (const auto& field : message) {
    request.fields.emplace_back(view(field.name_string()), view(field.value()));
  }
  request.body = std::move(message.body());
  return request;
}

}  // namespace supervisord::web
