#include "supervisorctl/output/table.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <map>

#include "supervisorctl/output/colour.hpp"
#include "supervisorctl/output/name.hpp"

namespace supervisorctl {
namespace {

constexpr std::size_t least_name_width = 30;
constexpr std::size_t name_gap = 3;
constexpr std::size_t state_width = 10;

/// Code points: what padding counts.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
  }));
}

}  // namespace

std::string padded(std::string_view text, std::size_t width) {
  std::string out{text};
  const std::size_t has = width_of(text);
  if (has < width) out.append(width - has, ' ');
  return out;
}

std::string_view state_name(v1::State state) {
  constexpr std::string_view prefix = "STATE_";
  const std::string& name = v1::State_Name(state);
  return name.empty() ? "UNKNOWN"
                      : std::string_view{name}.substr(prefix.size());  // a later version's state
}

bool is_down(v1::State state) {
  return state == v1::STATE_STOPPED || state == v1::STATE_EXITED || state == v1::STATE_FATAL ||
         state == v1::STATE_UNKNOWN;
}

std::string uptime_text(std::int64_t seconds) {
  constexpr std::int64_t day = 24 * 60 * 60;
  const std::int64_t days = seconds / day;
  char clock[16];
  std::snprintf(clock, sizeof clock, "%d:%02d:%02d", static_cast<int>(seconds % day / 3600),
                static_cast<int>(seconds % 3600 / 60), static_cast<int>(seconds % 60));
  if (days == 0) return clock;
  return std::to_string(days) + (days == 1 ? " day, " : " days, ") + clock;
}

std::string local_text(const google::protobuf::Timestamp& time) {
  const std::time_t seconds = time.seconds();
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  char rest[8];
  std::snprintf(rest, sizeof rest, ",%03d", time.nanos() / 1'000'000 % 1000);
  return std::string(text, size) + rest;
}

std::string run_end_text(const v1::RunEnd& end) {
  if (!end.has_ran()) return "not started: " + end.reason();
  std::string out = end.reason();
  out += end.stopped() ? " (stopped)" : end.expected() ? " (expected)" : " (not expected)";
  constexpr std::int64_t short_run = 60;  // seconds; then tenths of one are told
  if (end.ran().seconds() < short_run) {
    char text[32];
    std::snprintf(text, sizeof text, " after %d.%d s", static_cast<int>(end.ran().seconds()),
                  end.ran().nanos() / 100'000'000 % 10);
    out += text;
  } else {
    out += " after " + uptime_text(end.ran().seconds());
  }
  return out + ", pid " + std::to_string(end.pid());
}

std::string description_after(const v1::Process& process, std::int64_t seconds) {
  if (process.state() != v1::STATE_RUNNING || !process.has_uptime()) return process.description();
  return "pid " + std::to_string(process.pid()) + ", uptime " +
         uptime_text(process.uptime().seconds() + seconds);
}

std::string status_table(const std::vector<const v1::Process*>& processes, Paint paint) {
  std::size_t widest = least_name_width;
  for (const v1::Process* const process : processes) {
    widest = std::max(widest, width_of(display_name(process->group(), process->name())));
  }
  std::string out;
  for (const v1::Process* const process : processes) {
    out += padded(display_name(process->group(), process->name()), widest + name_gap);
    const std::string state = padded(state_name(process->state()), state_width);
    out += paint == Paint::yes ? coloured(state, colour_of(process->state())) : state;
    out += process->description();
    if (process->state() == v1::STATE_RUNNING && !process->status_text().empty())
      out += ", " + process->status_text();
    out += '\n';
  }
  return out;
}

std::string available_line(const v1::AvailableProcess& process) {
  return padded(display_name(process.group(), process.name()), 32) + ' ' +
         padded(process.in_use() ? "in use" : "avail", 9) + ' ' +
         padded(process.autostart() ? "auto" : "manual", 9) + ' ' +
         std::to_string(process.group_priority()) + ':' +
         std::to_string(process.process_priority());
}

std::vector<std::string> reread_lines(const v1::RereadResponse& changes) {
  std::map<std::string, std::string_view> words;
  for (const auto& group : changes.added()) words[group] = "available";
  for (const auto& group : changes.changed()) words[group] = "changed";
  for (const auto& group : changes.removed()) words[group] = "disappeared";
  if (words.empty()) return {"No config updates to processes"};
  std::vector<std::string> lines;
  for (const auto& [group, word] : words) lines.push_back(group + ": " + std::string{word});
  return lines;
}

std::string columns(const std::vector<std::string_view>& names, std::size_t width) {
  constexpr std::size_t gap = 2;
  for (std::size_t rows = 1; rows <= names.size(); ++rows) {
    const std::size_t count = (names.size() + rows - 1) / rows;
    std::vector<std::size_t> widths(count);
    for (std::size_t i = 0; i < names.size(); ++i)
      widths[i / rows] = std::max(widths[i / rows], names[i].size());
    std::size_t total = gap * (count - 1);
    for (const std::size_t column : widths) total += column;
    if (total > width && rows < names.size()) continue;
    std::string out;
    for (std::size_t row = 0; row < rows; ++row) {
      std::string line;
      for (std::size_t column = 0; column * rows + row < names.size(); ++column) {
        line += padded(names[column * rows + row], widths[column] + gap);
      }
      out += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
    }
    return out;
  }
  return "";
}

}  // namespace supervisorctl
