#include "supervisord/xmlrpc/write.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/core/detail/base64.hpp>
#include <cstdint>
#include <limits>

#include "common/overloaded.hpp"
#include "common/utf8.hpp"

namespace supervisord::xmlrpc {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

/// One character at the beginning of `text`, and whether XML 1.0 has it (2.2).
struct Character {
  std::size_t size = 1;
  bool is_allowed = false;
};
Character first_character(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text[0]);
  if (byte < 0x80) return {1, byte >= 0x20 || byte == '\t' || byte == '\n' || byte == '\r'};
  const std::size_t size = common::utf8_sequence_size(text);
  if (size == 0) return {};
  const std::string_view sequence = text.substr(0, size);
  return {size, sequence != "\xEF\xBF\xBE" && sequence != "\xEF\xBF\xBF"};
}

class Writer {
 public:
  void add(std::string_view text) { out_ += text; }
  void add_text(std::string_view text) {
    while (!text.empty()) {
      const auto character = first_character(text);
      if (!character.is_allowed) {
        out_ += replacement;
      } else if (text[0] == '&') {
        out_ += "&amp;";
      } else if (text[0] == '<') {
        out_ += "&lt;";
      } else if (text[0] == '>') {
        out_ += "&gt;";
      } else {
        out_ += text.substr(0, character.size);
      }
      text.remove_prefix(character.size);
    }
  }
  void add_value(const Value& value) {
    add("<value>");
    std::visit(common::Overloaded{
                   [&](const std::string& text) { add_scalar("string", text); },
                   [&](std::int64_t number) {
                     using Limits = std::numeric_limits<std::int32_t>;
                     add_scalar("int", std::to_string(std::clamp<std::int64_t>(
                                           number, Limits::min(), Limits::max())));
                   },
                   [&](bool truth) { add_scalar("boolean", truth ? "1" : "0"); },
                   [&](double number) { add_scalar("double", fmt::format("{}", number)); },
                   [&](const DateTime& at) { add_scalar("dateTime.iso8601", at.text); },
                   [&](const Bytes& bytes) { add_bytes(bytes.bytes); },
                   [&](const Array& array) { add_array(array); },
                   [&](const Struct& members) { add_struct(members); },
               },
               value.is);
    add("</value>\n");
  }
  std::string take() { return std::move(out_); }

 private:
  void add_scalar(std::string_view type, std::string_view text) {
    out_ += '<';
    add(type);
    out_ += '>';
    add_text(text);
    add("</");
    add(type);
    out_ += '>';
  }
  void add_bytes(std::string_view bytes) {
    namespace base64 = boost::beast::detail::base64;
    std::string text(base64::encoded_size(bytes.size()), '\0');
    text.resize(base64::encode(text.data(), bytes.data(), bytes.size()));
    add("<base64>\n");
    add(text);
    add("\n</base64>");
  }
  void add_array(const Array& array) {
    add("<array><data>\n");
    for (const Value& each : array) add_value(each);
    add("</data></array>");
  }
  void add_struct(const Struct& members) {
    add("<struct>\n");
    for (const auto& [name, value] : members) {
      add("<member>\n<name>");
      add_text(name);
      add("</name>\n");
      add_value(value);
      add("</member>\n");
    }
    add("</struct>");
  }

  std::string out_;
};

}  // namespace

std::string write_response(const Value& value) {
  Writer writer;
  writer.add("<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n");
  writer.add_value(value);
  writer.add("</param>\n</params>\n</methodResponse>\n");
  return writer.take();
}

std::string write_fault(int code, std::string_view text) {
  Writer writer;
  writer.add("<?xml version='1.0'?>\n<methodResponse>\n<fault>\n");
  writer.add_value(Struct{{"faultCode", code}, {"faultString", text}});
  writer.add("</fault>\n</methodResponse>\n");
  return writer.take();
}

std::string clean_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto character = first_character(text);
    out += character.is_allowed ? text.substr(0, character.size) : replacement;
    text.remove_prefix(character.size);
  }
  return out;
}

std::string_view whole_characters(std::string_view text) {
  constexpr std::size_t longest = 4;
  const auto is_continuation = [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
  };
  for (std::size_t cut = 1; cut < longest && !text.empty() && is_continuation(text.front()); ++cut)
    text.remove_prefix(1);
  for (std::size_t size = 1; size < longest && size <= text.size(); ++size) {
    const std::string_view end = text.substr(text.size() - size);
    if (is_continuation(end.front())) continue;
    const auto lead = static_cast<unsigned char>(end.front());
    const std::size_t wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (size < wanted) text.remove_suffix(size);
    break;
  }
  return text;
}

}  // namespace supervisord::xmlrpc
