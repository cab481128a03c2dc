#include "supervisord/xmlrpc/parse.hpp"

#include <gtest/gtest.h>

#include "supervisord/xmlrpc/arguments.hpp"
#include "supervisord/xmlrpc/write.hpp"

namespace supervisord::xmlrpc {
namespace {

std::string call_with(const std::string& value) {
  return "<?xml version='1.0'?><methodCall><methodName>m</methodName><params><param>" + value +
         "</param></params></methodCall>";
}

struct ValueRow {
  const char* name;
  const char* xml;
  Value value;
};
class ParsedValue : public testing::TestWithParam<ValueRow> {};
TEST_P(ParsedValue, IsAsTheTableSays) {
  const auto call = parse_call(call_with(GetParam().xml));
  ASSERT_TRUE(call);
  ASSERT_EQ(call->params.size(), 1u);
  EXPECT_EQ(write_response(call->params[0]), write_response(GetParam().value));
}
INSTANTIATE_TEST_SUITE_P(
    Parse, ParsedValue,
    testing::Values(
        ValueRow{"Text", "<value><string>a &lt;&amp;&gt; b</string></value>", "a <&> b"},
        ValueRow{"Untyped", "<value>web</value>", "web"}, ValueRow{"UntypedEmpty", "<value/>", ""},
        ValueRow{"Blanks", "<value><string>  </string></value>", "  "},
        ValueRow{"BlanksAroundTheType", "<value>\n <string>x</string>\n</value>", "x"},
        ValueRow{"Cdata", "<value><string>a<![CDATA[<b>]]>c</string></value>", "a<b>c"},
        ValueRow{"Reference", "<value><string>&#228;&#x1F600;</string></value>",
                 "\xC3\xA4\xF0\x9F\x98\x80"},
        ValueRow{"Int", "<value><int> -5 </int></value>", -5},
        ValueRow{"I4", "<value><i4>5</i4></value>", 5},
        ValueRow{"True", "<value><boolean>1</boolean></value>", true},
        ValueRow{"Double", "<value><double>2.5</double></value>", 2.5},
        ValueRow{"Base64", "<value><base64>\nYW\nJj\n</base64></value>", Bytes{"abc"}},
        ValueRow{"DateTime",
                 "<value><dateTime.iso8601>20261125T03:00:00</dateTime.iso8601></value>",
                 DateTime{"20261125T03:00:00"}},
        ValueRow{"AnArray",
                 "<value><array><data><value>a</value><value><int>1</int></value></data></array></"
                 "value>",
                 Array{"a", 1}},
        ValueRow{"AStruct",
                 "<value><struct><member><name>n</name><value>v</value></member></struct></value>",
                 Struct{{"n", "v"}}}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(ParseCall, NeedsNoParams) {
  const auto call = parse_call("<methodCall><methodName>a.b</methodName></methodCall>");
  ASSERT_TRUE(call);
  EXPECT_EQ(call->method, "a.b");
  EXPECT_TRUE(call->params.empty());
}

std::string nested(int depth) {
  std::string xml;
  for (int level = 0; level < depth; ++level) xml += "<value><array><data>";
  for (int level = 0; level < depth; ++level) xml += "</data></array></value>";
  return call_with(xml);
}

struct BadRow {
  const char* name;
  std::string xml;
};
class Refused : public testing::TestWithParam<BadRow> {};
TEST_P(Refused, IsNoCall) { EXPECT_FALSE(parse_call(GetParam().xml)); }
INSTANTIATE_TEST_SUITE_P(
    Parse, Refused,
    testing::Values(
        BadRow{"Nothing", ""}, BadRow{"NoXml", "hello"}, BadRow{"Cut", "<methodCall><methodName>x"},
        BadRow{"NoMethod", "<methodCall><params/></methodCall>"},
        BadRow{"EmptyMethod", "<methodCall><methodName></methodName></methodCall>"},
        BadRow{"Response", "<methodResponse><methodName>x</methodName></methodResponse>"},
        BadRow{"DocumentType",
               "<!DOCTYPE methodCall [<!ENTITY a "
               "'b'>]><methodCall><methodName>x</methodName></methodCall>"},
        BadRow{"NoValue", call_with("")}, BadRow{"Nil", call_with("<value><nil/></value>")},
        BadRow{"BadInt", call_with("<value><int>x</int></value>")},
        BadRow{"BadBoolean", call_with("<value><boolean>2</boolean></value>")},
        BadRow{"BadDouble", call_with("<value><double>1.5x</double></value>")},
        BadRow{"BadBase64", call_with("<value><base64>*</base64></value>")},
        BadRow{"BadInside",
               call_with("<value><array><data><value><int/></value></data></array></value>")},
        BadRow{"TooDeep", nested(max_depth + 2)},
        BadRow{"TooManyTags", call_with("<value>" + std::string(max_tags, '<') + "</value>")}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(ParseCall, TakesWhatIsDeepEnough) { EXPECT_TRUE(parse_call(nested(max_depth))); }

TEST(Arguments, AreTakenLeniently) {
  EXPECT_EQ(as_text(Value{5}), "5");
  EXPECT_EQ(as_text(Value{Array{}}), std::nullopt);
  EXPECT_EQ(as_integer(Value{"12"}), 12);
  EXPECT_EQ(as_integer(Value{true}), 1);
  EXPECT_EQ(as_integer(Value{2.9}), 2);
  EXPECT_EQ(as_integer(Value{1e300}), std::nullopt);
  EXPECT_EQ(as_integer(Value{"x"}), std::nullopt);
  EXPECT_TRUE(as_truth(Value{"x"}));
  EXPECT_FALSE(as_truth(Value{""}));
  EXPECT_FALSE(as_truth(Value{0}));
  EXPECT_FALSE(as_truth(Value{Array{}}));
}

}  // namespace
}  // namespace supervisord::xmlrpc
