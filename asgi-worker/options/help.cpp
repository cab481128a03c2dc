#include "asgi-worker/options/help.hpp"

#include <algorithm>
#include <sstream>

#include "asgi-worker/options/table.hpp"
#include "asgi-worker/options/values.hpp"

namespace asgi_worker::options {
namespace {

constexpr std::size_t indent = 2;

/// Words into lines of at most `width`; a longer word stands alone.
std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines;
  std::istringstream words{text};
  for (std::string word; words >> word;) {
    if (!lines.empty() && lines.back().size() + 1 + word.size() <= width)
      lines.back().append(" ").append(word);
    else
      lines.push_back(std::move(word));
  }
  return lines;
}

std::string flags_in_help(const Row& row) {
  std::string flags;
  each_word(row.flags,
            [&](std::string_view flag) { flags.append(flags.empty() ? "" : ", ").append(flag); });
  if (!row.value.empty()) flags.append(" ").append(row.value);
  return flags;
}

/// Flags at the left, what they do at the right; flags that do not fit have lines of their own.
void put_row(std::string& out, const Row& row, std::size_t left, std::size_t width) {
  const auto flags = wrapped(flags_in_help(row), width - indent);
  const auto remark = wrapped(remark_in_help(row), width - left);
  const bool fits = flags.size() == 1 && flags[0].size() + indent + 1 < left;
  std::size_t next = 0;
  for (const auto& line : flags) {
    out.append(indent, ' ').append(line);
    if (fits && !remark.empty())
      out.append(left - indent - line.size(), ' ').append(remark[next++]);
    out += '\n';
  }
  for (; next < remark.size(); ++next) out.append(left, ' ').append(remark[next]).append("\n");
}

}  // namespace

std::string remark_in_help(const Row& row) {
  std::string remark{row.help};
  if (!row.choices.empty()) {
    remark += ":";
    each_word(row.choices, [&](std::string_view choice) { remark.append(" ").append(choice); });
  }
  if (row.kind == Kind::toggle || row.get == nullptr || remark.find("default") != std::string::npos)
    return remark;
  const auto value = row.get(Options{});
  return value.empty() ? remark : remark + " [" + value + "]";
}

std::string_view title(Topic topic) {
  switch (topic) {
    case Topic::application: return "Application";
    case Topic::sockets: return "Listening";
    case Topic::processes: return "Processes";
    case Topic::timeouts: return "Timeouts, in seconds (or 500ms, 2m, 1h)";
    case Topic::limits: return "Limits";
    case Topic::proxies: return "Proxies in front";
    case Topic::answers: return "Answers";
    case Topic::log: return "Log";
    case Topic::other: return "Other";
  }
  return "";
}

std::string help_text(std::size_t width) {
  width = std::clamp<std::size_t>(width, 60, 140);
  const std::size_t left = width >= 110 ? 44 : 30;
  std::string out =
      "Usage: asgi-worker [options] MODULE:ATTRIBUTE\n\n"
      "Serves a Python ASGI application over HTTP. Takes uvicorn's and gunicorn's\noptions.\n";
  for (const auto topic : topics) {
    out.append("\n").append(title(topic)).append(":\n");
    for (const Row& row : rows())
      if (row.topic == topic && !row.help.empty() && !row.flags.empty())
        put_row(out, row, left, width);
  }
  out += '\n';
  for (const char* const paragraph :
       {"Where two places say the same, the later counts: default, PORT WEB_CONCURRENCY "
        "FORWARDED_ALLOW_IPS, configuration files, GUNICORN_CMD_ARGS, UVICORN_* and GRANIAN_*, "
        "ASGI_WORKER_*, command line.",
        "Exit status: 0 stopped, 1 failure, 2 usage, 3 the application cannot start."})
    for (const auto& line : wrapped(paragraph, width)) out.append(line).append("\n");
  return out;
}

std::string print_text(const Options& options) {
  std::string out;
  for (const Row& row : rows()) {
    if (row.get == nullptr || row.topic == Topic::other) continue;
    std::istringstream lines{row.get(options)};
    std::string key{row.key};
    std::string line;
    std::getline(lines, line);
    key.resize(std::max<std::size_t>(key.size(), 26), ' ');
    out.append(key).append(" = ").append(line).append("\n");
    while (std::getline(lines, line)) out.append(std::string(29, ' ')).append(line).append("\n");
  }
  return out;
}

}  // namespace asgi_worker::options
