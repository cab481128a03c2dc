#include "supervisord/log/held_records.hpp"

#include <gtest/gtest.h>

namespace supervisord::log {
namespace {

const StreamRecord a_stream{"web:web_0/stdout",
                            7,
                            {Target::Kind::file, "/var/log/web.log", 1000, 3, true},
                            {true, "web_0", true, 4096},
                            "carried on",
                            {1, 2, 3}};

TEST(StreamRecord, ComesBackAsItWas) { EXPECT_EQ(*decode_stream(encode(a_stream)), a_stream); }

TEST(StreamRecord, IsReadWithFieldsOfALaterVersionBehindIt) {
  EXPECT_EQ(*decode_stream(encode(a_stream) + "more"), a_stream);
}

TEST(StreamRecord, IsRefusedAtEveryShorterLength) {
  const std::string bytes = encode(a_stream);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_stream(bytes.substr(0, size))) << size;
  }
}

TEST(LogRecord, ComesBackAsItWas) {
  const LogRecord record{"/var/log/web.log", {4, 5}};
  EXPECT_EQ(*decode_log(encode(record)), record);
}

TEST(LogRecord, IsRefusedAtEveryShorterLength) {
  const std::string bytes = encode(LogRecord{"/var/log/web.log", {4, 5}});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_log(bytes.substr(0, size))) << size;
  }
}

TEST(StreamKey, TellsThePipesOfAStreamApart) {
  EXPECT_EQ(stream_key("web:web_0/stdout", 7), "stream:web:web_0/stdout#7");
}

}  // namespace
}  // namespace supervisord::log
