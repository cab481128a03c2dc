// The taps of one pipe between the pump, the daemon's handlers and the record with the Holder: the
// effects around a StreamTap. Owned by the pipe's Source, on the daemon's loop.
#pragma once

#include <cstdint>
#include <functional>

#include "supervisord/log/held_records.hpp"
#include "supervisord/log/logs.hpp"
#include "supervisord/log/piece_filter.hpp"
#include "supervisord/log/stream_tap.hpp"

namespace supervisord::log {

class Tapped : public PieceFilter {
 public:
  /// All three outlive this. `put` gives `record`, as it is then, to the Holder.
  Tapped(StreamRecord& record, const LogHandlers& handlers, std::function<void()> put);

  bool takes_now() override { return tap_.send_lines(listeners_); }
  std::string_view pass(std::string_view raw, const Mark& mark) override;
  std::string_view finish(std::size_t most) override { return tap_.finish(most, listeners_); }
  bool holds_back() const override { return tap_.holds_back(); }
  void catch_up(std::string_view raw, std::size_t size, const Mark& mark) override;
  void settle(const Mark& mark) override;

 private:
  StreamRecord& record_;
  const LogHandlers& handlers_;
  std::function<void()> put_;
  StreamTap tap_;
  TapListeners listeners_;
  std::uint64_t piece_ = 0;  // the one being told
};

}  // namespace supervisord::log
