#include "supervisord/xmlrpc/parse.hpp"

#include <algorithm>
#include <charconv>
#include <pugixml.hpp>

#include "common/values.hpp"
#include "supervisord/web/base64.hpp"

namespace supervisord::xmlrpc {
namespace {

using common::trimmed;

constexpr unsigned options =
    pugi::parse_default | pugi::parse_ws_pcdata_single | pugi::parse_doctype;

std::string text_of(const pugi::xml_node& node) {
  std::string text;
  for (const auto& child : node.children()) {
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata)
      text += child.value();
  }
  return text;
}

pugi::xml_node first_element(const pugi::xml_node& node) {
  return node.find_child([](const auto& child) { return child.type() == pugi::node_element; });
}

std::optional<Value> parse_double(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return Value{number};
}

std::optional<Value> parse_base64(std::string text) {
  std::erase_if(text, [](char byte) {
    return std::string_view{" \t\r\n"}.find(byte) != std::string_view::npos;
  });
  auto bytes = web::decode_base64(text);
  if (!bytes) return std::nullopt;
  return Value{Bytes{*std::move(bytes)}};
}

std::optional<Value> parse_scalar(std::string_view type, std::string text) {
  if (type == "string") return Value{std::move(text)};
  if (type == "int" || type == "i4" || type == "i8" || type == "i2" || type == "i1") {
    const auto number = common::parse_integer(text);
    return number ? std::optional{Value{*number}} : std::nullopt;
  }
  if (type == "boolean") {
    const auto word = trimmed(text);
    if (word != "0" && word != "1") return std::nullopt;
    return Value{word == "1"};
  }
  if (type == "double") return parse_double(trimmed(text));
  if (type == "base64") return parse_base64(std::move(text));
  if (type == "dateTime.iso8601") return Value{DateTime{std::string{trimmed(text)}}};
  return std::nullopt;
}

std::optional<Value> parse_value(const pugi::xml_node& node, int depth);

std::optional<Value> parse_array(const pugi::xml_node& node, int depth) {
  Array array;
  for (const auto& each : node.child("data").children("value")) {
    auto value = parse_value(each, depth);
    if (!value) return std::nullopt;
    array.push_back(*std::move(value));
  }
  return Value{std::move(array)};
}

std::optional<Value> parse_struct(const pugi::xml_node& node, int depth) {
  Struct members;
  for (const auto& each : node.children("member")) {
    auto value = parse_value(each.child("value"), depth);
    if (!value) return std::nullopt;
    members.push_back({text_of(each.child("name")), *std::move(value)});
  }
  return Value{std::move(members)};
}

std::optional<Value> parse_value(const pugi::xml_node& node, int depth) {
  if (!node || depth > max_depth) return std::nullopt;
  const auto typed = first_element(node);
  if (!typed) return Value{text_of(node)};  // a value without a type is a string
  const std::string_view type = typed.name();
  if (type == "array") return parse_array(typed, depth + 1);
  if (type == "struct") return parse_struct(typed, depth + 1);
  return parse_scalar(type, text_of(typed));
}

}  // namespace

std::optional<MethodCall> parse_call(std::string_view xml) {
  if (static_cast<std::size_t>(std::ranges::count(xml, '<')) > max_tags) return std::nullopt;
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size(), options)) return std::nullopt;
  for (const auto& node : document.children()) {
    if (node.type() == pugi::node_doctype) return std::nullopt;
  }
  const auto root = document.child("methodCall");
  MethodCall call{text_of(root.child("methodName")), {}};
  if (call.method.empty()) return std::nullopt;
  for (const auto& param : root.child("params").children("param")) {
    auto value = parse_value(param.child("value"), 0);
    if (!value) return std::nullopt;
    call.params.push_back(*std::move(value));
  }
  return call;
}

}  // namespace supervisord::xmlrpc
