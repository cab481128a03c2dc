// The audit lines: one in the daemon's log for each change that somebody asks for, by gRPC,
// XML-RPC or the web page, and for each that is refused: who, as what, what, outcome. Written here
// and nowhere else. On the loop; whoever answers one of the three owns one.
//
//   api: StopProcesses web g:* by uid 1000 (alice), pid 4711 as operate: done, 3 well
//   xmlrpc: supervisor.stopProcess web by user me from 127.0.0.1:4711 as admin: failed,
//   NOT_RUNNING: web page: Restart web by uid 0, pid 12 as admin: done
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "common/log.hpp"

namespace supervisord::control {

/// "api", "xmlrpc", "page".
struct Asked {
  std::string_view way;
  std::string what;  // the method and its target
  std::string who;   // with the role, once that is known
};

/// What became of the processes of one change.
struct Tally {
  int well = 0;
  int badly = 0;
  std::string first_bad;  // "NOT_RUNNING g:x"

  void count_bad(std::string text) {
    if (badly++ == 0) first_bad = std::move(text);
  }
};

class Audit {
 public:
  using Report = std::function<void(common::Level, const std::string&)>;

  explicit Audit(Report report = [](common::Level level,
                                    const std::string& text) { common::log(level, text); })
      : report_{std::move(report)} {}

  /// `failure`: why; "" when it went well.
  void ended(const Asked& asked, std::string_view failure, const Tally& tally = {});
  /// At most so many lines a second; those that are left out are counted and told.
  void refused(const Asked& asked, std::string_view reason);

 private:
  static constexpr int most_a_second = 10;

  Report report_;
  std::chrono::steady_clock::time_point second_;
  int in_second_ = 0;
  int left_out_ = 0;
};

/// A change under way, which is told once: when it ends, or when this goes before that, since its
/// client has left.
class AuditedChange {
 public:
  /// `audit` outlives it.
  AuditedChange(Audit& audit, Asked asked) : audit_{&audit}, asked_{std::move(asked)} {}
  ~AuditedChange() { end(left); }
  AuditedChange(const AuditedChange&) = delete;
  AuditedChange& operator=(const AuditedChange&) = delete;

  Tally tally;
  void end(std::string_view failure);

  static constexpr std::string_view left =
      "CANCELLED (the client has left; what it asked for goes on)";

 private:
  Audit* audit_;  // null: it was told
  Asked asked_;
};

/// A client's text as one word of a line: made harmless, and cut.
std::string audit_word(std::string_view text);
/// The first line of a reason, cut.
std::string audit_reason(std::string_view text);
/// From here on nothing more of what was asked is told.
constexpr std::size_t longest_audit_text = 200;

}  // namespace supervisord::control
