// The date field's value, made anew once a second. Owned by whoever writes heads, one thread.
#pragma once

#include <array>
#include <ctime>
#include <string_view>

namespace asgi_worker::http {

/// RFC 9110 5.6.7, IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT".
using DateText = std::array<char, 29>;
DateText imf_fixdate(std::time_t unix_time);

class Date {
 public:
  /// The text for `unix_time`; the view holds until the next call.
  std::string_view at(std::time_t unix_time) {
    if (unix_time != second_) {
      text_ = imf_fixdate(unix_time);
      second_ = unix_time;
    }
    return {text_.data(), text_.size()};
  }

 private:
  std::time_t second_ = -1;
  DateText text_{};
};

}  // namespace asgi_worker::http
