#include "asgi-worker/http/date.hpp"

#include <cstring>

namespace asgi_worker::http {
namespace {

constexpr const char* days = "SunMonTueWedThuFriSat";
constexpr const char* months = "JanFebMarAprMayJunJulAugSepOctNovDec";

void two_digits(char* at, int value) {
  at[0] = static_cast<char>('0' + value / 10 % 10);
  at[1] = static_cast<char>('0' + value % 10);
}

}  // namespace

DateText imf_fixdate(std::time_t unix_time) {
  std::tm parts{};
  ::gmtime_r(&unix_time, &parts);
  DateText text;
  std::memcpy(text.data(), "Sun, 00 Jan 0000 00:00:00 GMT", text.size());
  std::memcpy(text.data(), days + 3 * parts.tm_wday, 3);
  two_digits(&text[5], parts.tm_mday);
  std::memcpy(&text[8], months + 3 * parts.tm_mon, 3);
  const int year = parts.tm_year + 1900;
  two_digits(&text[12], year / 100);
  two_digits(&text[14], year % 100);
  two_digits(&text[17], parts.tm_hour);
  two_digits(&text[20], parts.tm_min);
  two_digits(&text[23], parts.tm_sec);
  return text;
}

}  // namespace asgi_worker::http
