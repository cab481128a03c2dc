#include "supervisord/log/stream_tap.hpp"

#include <algorithm>
#include <utility>

#include "supervisord/log/fields.hpp"

namespace supervisord::log {
namespace {

constexpr std::size_t longest_line = 8000;  // a longer one is several: syslog daemons cut at 8 kB

}  // namespace

StreamTap::StreamTap(Taps taps, std::string_view state) : taps_{std::move(taps)} {
  if (taps_.capture_max_bytes > 0) capture_.emplace(taps_.capture_max_bytes);
  restore(state);
}

std::string_view StreamTap::pass(std::string_view raw, const TapListeners& listeners) {
  if (taps_.is_dialogue && taps_.output && listeners.output) listeners.output(raw);
  std::string_view text = raw;
  if (taps_.strip_ansi) {
    stripped_.clear();
    ansi_.feed(raw, stripped_);
    text = stripped_;
  }
  if (capture_) {
    text_.clear();
    capture_->feed(text, capture_out(listeners));
    text = text_;
  } else {
    to_output(text, listeners);
  }
  to_syslog(text, listeners);
  return text;
}

void StreamTap::to_output(std::string_view text, const TapListeners& listeners) const {
  if (taps_.output && !taps_.is_dialogue && listeners.output && !text.empty())
    listeners.output(text);
}

Capture::Out StreamTap::capture_out(const TapListeners& listeners) {
  return {[this](std::string_view bytes) { text_.append(bytes); },
          [&listeners](std::string_view data) {
            if (listeners.captured) listeners.captured(data);
          },
          [this, &listeners](std::string_view bytes) { to_output(bytes, listeners); }};
}

std::string_view StreamTap::finish(std::size_t most, const TapListeners& listeners) {
  if (!std::exchange(is_finished_, true)) {
    text_.clear();
    stripped_.clear();
    ansi_.finish(stripped_);
    if (capture_) {
      capture_->feed(stripped_, capture_out(listeners));
      capture_->finish(capture_out(listeners));
      rest_ = text_;
    } else {
      rest_ = stripped_;
      to_output(rest_, listeners);
    }
    to_syslog(rest_, listeners);
  }
  send_lines(listeners);
  text_ = rest_.substr(0, most);
  rest_.erase(0, text_.size());
  return text_;
}

bool StreamTap::holds_back() const {
  if (!rest_.empty() || sent_ < unsent_.size()) return true;
  return !is_finished_ &&
         ((capture_ && capture_->holds_back()) || ansi_.state() == AnsiStripper::State::escape);
}

void StreamTap::to_syslog(std::string_view text, const TapListeners& listeners) {
  if (taps_.syslog_name.empty()) return;
  unsent_.append(text);
  send_lines(listeners);
}

// The end of the next line to be sent, if it is whole.
std::optional<std::size_t> StreamTap::line_end() const {
  const std::size_t newline = unsent_.find('\n', sent_);
  if (newline != std::string::npos) return std::min(newline, sent_ + longest_line);
  const std::size_t left = unsent_.size() - sent_;
  if (left > longest_line) return sent_ + longest_line;
  if (is_finished_ && left > 0) return unsent_.size();
  return std::nullopt;
}

bool StreamTap::send_lines(const TapListeners& listeners) {
  bool taken = true;
  for (auto end = line_end(); end && taken; end = line_end()) {
    const std::string_view line = std::string_view{unsent_}.substr(sent_, *end - sent_);
    taken = listeners.syslog && listeners.syslog(line);
    if (!taken) break;
    sent_ = *end;
    if (sent_ < unsent_.size() && unsent_[sent_] == '\n') ++sent_;
  }
  if (sent_ == unsent_.size() || sent_ > longest_line) {
    unsent_.erase(0, sent_);
    sent_ = 0;
  }
  return taken;
}

std::string StreamTap::state() const {
  const Capture::State capture = capture_ ? capture_->state() : Capture::State{};
  const std::string_view unsent = std::string_view{unsent_}.substr(sent_);
  const bool is_first = capture == Capture::State{} && ansi_.state() == AnsiStripper::State::text &&
                        !is_finished_ && rest_.empty() && unsent.empty();
  if (is_first) return {};
  std::string out;
  put_field(out, static_cast<std::uint64_t>(ansi_.state()));
  put_field(out, std::uint64_t{capture.is_open});
  put_field(out, capture.matched);
  put_field(out, std::string_view{capture.data});
  put_field(out, std::uint64_t{is_finished_});
  put_field(out, std::string_view{rest_});
  put_field(out, unsent);
  return out;
}

void StreamTap::restore(std::string_view state) {
  FieldReader in{state};
  const std::uint64_t ansi = in.number();
  Capture::State capture;
  capture.is_open = in.number() != 0;
  capture.matched = in.number();
  capture.data = in.text();
  const bool is_finished = in.number() != 0;
  std::string rest = in.text();
  std::string unsent = in.text();
  if (!in.good() || ansi > static_cast<std::uint64_t>(AnsiStripper::State::sequence)) return;
  ansi_.restore(static_cast<AnsiStripper::State>(ansi));
  if (capture_) capture_->restore(capture);
  is_finished_ = is_finished;
  rest_ = std::move(rest);
  unsent_ = std::move(unsent);
}

}  // namespace supervisord::log
