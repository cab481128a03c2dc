#include "supervisord/control/audit.hpp"

#include <algorithm>
#include <utility>

#include "common/repr.hpp"

namespace supervisord::control {

void Audit::ended(const Asked& asked, std::string_view failure, const Tally& tally) {
  std::string outcome = failure.empty() ? "done" : "failed, " + audit_reason(failure);
  if (tally.well + tally.badly > 0) outcome += ", " + std::to_string(tally.well) + " well";
  if (tally.badly > 0)
    outcome += ", " + std::to_string(tally.badly) + " not (" + tally.first_bad + ")";
  report_(common::Level::info,
          std::string{asked.way} + ": " + asked.what + " by " + asked.who + ": " + outcome);
}

void Audit::refused(const Asked& asked, std::string_view reason) {
  const auto now = std::chrono::steady_clock::now();
  const std::string way{asked.way};
  if (now - second_ >= std::chrono::seconds{1}) {
    if (left_out_ > 0) {
      report_(common::Level::warn,
              way + ": " + std::to_string(left_out_) + " more calls were refused, not told singly");
    }
    second_ = now;
    in_second_ = left_out_ = 0;
  }
  if (++in_second_ > most_a_second) {
    ++left_out_;
    return;
  }
  report_(common::Level::warn,
          way + ": " + asked.what + " by " + asked.who + ": refused, " + audit_reason(reason));
}

void AuditedChange::end(std::string_view failure) {
  if (Audit* const audit = std::exchange(audit_, nullptr)) audit->ended(asked_, failure, tally);
}

std::string audit_word(std::string_view text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:*@/";
  const bool is_plain = !text.empty() && text.size() <= longest_audit_text &&
                        text.find_first_not_of(plain) == std::string_view::npos;
  const std::string part{text.substr(0, longest_audit_text)};
  return is_plain ? part : common::repr(part);
}

std::string audit_reason(std::string_view text) {
  return std::string{text.substr(0, std::min(text.find('\n'), 2 * longest_audit_text))};
}

}  // namespace supervisord::control
