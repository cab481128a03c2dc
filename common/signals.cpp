#include "common/signals.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <csignal>
#include <cstring>

namespace common {

std::string signal_name(int number) {
  if (number == SIGRTMIN) return "SIGRTMIN";
  if (number == SIGRTMAX) return "SIGRTMAX";
  if (const char* const abbreviation = ::sigabbrev_np(number))
    return std::string{"SIG"} + abbreviation;
  return "signal " + std::to_string(number);
}

Result<int> parse_signal(std::string_view text) {
  int number = 0;
  const char* const last = text.data() + text.size();
  if (const auto [end, ec] = std::from_chars(text.data(), last, number);
      ec == std::errc{} && end == last) {
    if (number == 0 || !signal_name(number).starts_with("signal ")) return number;
    return Error{Errc::bad_value, "value '" + std::string{text} + "' is not a valid signal number"};
  }
  std::string wanted{text};
  std::ranges::transform(wanted, wanted.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (!wanted.starts_with("SIG")) wanted = "SIG" + wanted;
  for (number = 1; number <= SIGRTMAX; ++number) {
    if (signal_name(number) == wanted) return number;
  }
  return Error{Errc::bad_value, "value '" + std::string{text} + "' is not a valid signal name"};
}

}  // namespace common
