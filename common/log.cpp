#include "common/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <mutex>

namespace common {
namespace {

constexpr std::array<std::string_view, 7> words{"CRIT", "ERRO", "WARN", "INFO",
                                                "DEBG", "TRAC", "BLAT"};

// spdlog has no level below trace, so ours travels in the place of a source line.
constexpr int blather_line = -1;

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::critical: return spdlog::level::critical;
    case Level::error: return spdlog::level::err;
    case Level::warn: return spdlog::level::warn;
    case Level::info: return spdlog::level::info;
    case Level::debug: return spdlog::level::debug;
    case Level::trace:
    case Level::blather: return spdlog::level::trace;
  }
  return spdlog::level::critical;
}

Level level_of(const spdlog::details::log_msg& message) {
  switch (message.level) {
    case spdlog::level::trace:
      return message.source.line == blather_line ? Level::blather : Level::trace;
    case spdlog::level::debug: return Level::debug;
    case spdlog::level::info: return Level::info;
    case spdlog::level::warn: return Level::warn;
    case spdlog::level::err: return Level::error;
    case spdlog::level::critical:
    case spdlog::level::off:
    case spdlog::level::n_levels: return Level::critical;
  }
  return Level::critical;
}

// Formats each line once and hands it to all outputs, under base_sink's mutex.
class OutputsSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  OutputsSink(Level threshold, std::vector<std::shared_ptr<LogOutput>> outputs)
      : threshold_{threshold}, outputs_{std::move(outputs)} {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const Level level = level_of(message);
    if (level > threshold_) return;
    const std::string line =
        log_line(message.time, level, {message.payload.data(), message.payload.size()});
    for (const auto& output : outputs_) output->write(line);
  }
  void flush_() override {}

 private:
  Level threshold_;
  std::vector<std::shared_ptr<LogOutput>> outputs_;
};

}  // namespace

std::string_view level_word(Level level) { return words[static_cast<std::size_t>(level)]; }

std::string log_line(std::chrono::system_clock::time_point at, Level level,
                     std::string_view message) {
  const auto since_epoch =
      std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
  const std::time_t seconds = static_cast<std::time_t>(since_epoch / 1000);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  char stamp[32];
  const std::size_t size = std::strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &local);
  char millis[8];
  std::snprintf(millis, sizeof millis, ",%03d ", static_cast<int>(since_epoch % 1000));
  std::string line;
  line.reserve(size + message.size() + 12);
  line.append(stamp, size).append(millis).append(level_word(level)).append(" ");
  line.append(message).push_back('\n');
  return line;
}

void FdOutput::write(std::string_view line) {
  while (!line.empty()) {
    const ssize_t count = ::write(fd_, line.data(), line.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;  // nobody to tell
    line.remove_prefix(static_cast<std::size_t>(count));
  }
}

void set_up_log(Level threshold, std::vector<std::shared_ptr<LogOutput>> outputs) {
  auto sink = std::make_shared<OutputsSink>(threshold, std::move(outputs));
  auto logger = std::make_shared<spdlog::logger>("", std::move(sink));
  logger->set_level(spdlog_level(threshold));
  spdlog::set_default_logger(std::move(logger));
}

void log(Level level, std::string_view message) {
  const int line = level == Level::blather ? blather_line : 0;
  spdlog::default_logger_raw()->log(spdlog::source_loc{"", line, ""}, spdlog_level(level),
                                    spdlog::string_view_t{message.data(), message.size()});
}

}  // namespace common
