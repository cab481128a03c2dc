#include "supervisorctl/commands/watch.hpp"

#include <algorithm>
#include <utility>

#include "supervisor/v1/process.grpc.pb.h"
#include "supervisorctl/output/json.hpp"
#include "supervisorctl/output/table.hpp"

namespace supervisorctl {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto replaced_within = 15s;  // a keeper tries again after 5 s at most
constexpr auto until_first_row = 10s;  // of a daemon that answers

bool is_chosen(const std::vector<std::string>& names, const v1::Process& process) {
  return names.empty() || std::ranges::any_of(names, [&](const std::string& name) {
           return name == "all" || is_meant_by(name, process);
         });
}

std::vector<SeenProcess> chosen_of(std::vector<SeenProcess> seen,
                                   const std::vector<std::string>& names) {
  std::erase_if(seen, [&](const SeenProcess& each) { return !is_chosen(names, each.process); });
  return seen;
}

/// "1001 processes: 1000 RUNNING, 1 FATAL"
std::string counts_text(const std::vector<SeenProcess>& seen) {
  std::map<v1::State, std::size_t> counts;
  for (const SeenProcess& each : seen) ++counts[each.process.state()];
  std::string out = std::to_string(seen.size()) + (seen.size() == 1 ? " process" : " processes");
  const char* before = ": ";
  for (const auto& [state, count] : counts) {
    out += std::exchange(before, ", ") + std::to_string(count) + " ";
    out += state_name(state);
  }
  return out;
}

/// The rows as they are now: uptimes have gone on since they came.
std::string table_now(const std::vector<SeenProcess>& seen, Paint paint) {
  std::vector<v1::Process> rows;
  for (const auto& [process, at] : seen) {
    rows.push_back(process);
    const auto since = std::chrono::duration_cast<std::chrono::seconds>(steady_clock::now() - at);
    rows.back().set_description(description_after(process, since.count()));
  }
  std::vector<const v1::Process*> pointers;
  for (const v1::Process& row : rows) pointers.push_back(&row);
  return status_table(pointers, paint);
}

}  // namespace

Watch::Watch(Session& session, Wanted wanted)
    : session_{session},
      wanted_{wanted},
      on_interrupt_{[&session] { session.client().cancel(); }},
      thread_{[this] { follow(); }} {}

Watch::~Watch() {
  session_.client().cancel();
  thread_.join();
  session_.client().resume();
}

void Watch::follow() {
  auto give_up_at = steady_clock::now() + until_first_row;
  for (;;) {
    const auto ended = session_.client().stream(
        &v1::ProcessService::Stub::WatchProcesses, v1::WatchProcessesRequest{},
        [&](const v1::WatchProcessesResponse& response) {
          take(response);
          give_up_at = steady_clock::now() + replaced_within;
        });
    const auto kind = ended ? Failure::Kind::cancelled : ended.error().kind;
    const bool may_come_back = kind == Failure::Kind::lost || kind == Failure::Kind::refused ||
                               kind == Failure::Kind::no_socket;
    if (may_come_back && steady_clock::now() < give_up_at) {
      std::this_thread::sleep_for(50ms);
      continue;
    }
    const std::lock_guard lock{mutex_};
    ended_ = true;
    if (kind != Failure::Kind::cancelled) failure_ = ended.error();
    news_.notify_all();
    return;
  }
}

void Watch::take(const v1::WatchProcessesResponse& response) {
  const auto now = steady_clock::now();
  const std::lock_guard lock{mutex_};
  // Of a whole list only what is other than before is news: a daemon may have been replaced.
  std::map<Key, SeenProcess> before;
  if (response.complete()) before = std::exchange(processes_, {});
  for (const v1::Process& process : response.processes()) {
    Key key{process.group(), process.name()};
    const auto known = before.find(key);
    const bool is_news = known == before.end() ||
                         known->second.process.state() != process.state() ||
                         known->second.process.pid() != process.pid();
    if (is_news && wanted_ == Wanted::changes) changed_.push_back({process, now});
    processes_.insert_or_assign(std::move(key), SeenProcess{process, now});
  }
  has_news_ = true;
  news_.notify_all();
}

Watch::News Watch::wait(std::chrono::milliseconds limit) {
  std::unique_lock lock{mutex_};
  news_.wait_for(lock, limit, [this] { return has_news_ || ended_; });
  if (std::exchange(has_news_, false)) return News::change;
  return ended_ ? News::ended : News::none;
}

std::vector<SeenProcess> Watch::all() const {
  const std::lock_guard lock{mutex_};
  std::vector<SeenProcess> out;
  out.reserve(processes_.size());
  for (const auto& [key, seen] : processes_) out.push_back(seen);
  return out;
}

std::vector<SeenProcess> Watch::changed() {
  const std::lock_guard lock{mutex_};
  return std::exchange(changed_, {});
}

std::optional<Failure> Watch::failure() const {
  const std::lock_guard lock{mutex_};
  return failure_;
}

FullScreen::FullScreen(Session& session) : session_{session} {
  session_.write("\x1b[?1049h\x1b[?25l\x1b[?7l");
}

FullScreen::~FullScreen() { session_.write("\x1b[?7h\x1b[?25h\x1b[?1049l"); }

void FullScreen::draw(const std::string& text, const std::string& footer) const {
  const std::size_t rows = Screen::size().second;
  const std::size_t room = std::max<std::size_t>(rows, 3) - 2;  // an empty line, and the footer
  std::string out = "\x1b[H";
  std::size_t lines = 0;
  for (std::size_t at = 0; at < text.size(); ++lines) {
    const auto end = std::min(text.find('\n', at), text.size());
    if (lines < room) out += text.substr(at, end - at) + "\x1b[K\r\n";
    at = end + 1;
  }
  out += "\x1b[K\r\n" + footer;
  if (lines > room) out += "; " + std::to_string(lines - room) + " more do not fit";
  session_.write(out + "; Ctrl-C ends it\x1b[K\x1b[J");
}

void watch_status(Session& session, const Given& given) {
  const bool as_json = given.has("--json");
  const bool on_screen = session.screen().is_terminal && !as_json;
  const Paint paint = session.screen().colour ? Paint::yes : Paint::no;
  std::optional<Failure> failure;
  {
    Watch watch{session, on_screen ? Watch::Wanted::rows : Watch::Wanted::changes};
    std::optional<FullScreen> screen;
    if (on_screen) screen.emplace(session);
    for (;;) {
      const auto news = watch.wait(on_screen ? 1s : 1h);  // on a screen uptimes go on
      if (news == Watch::News::ended) break;
      if (on_screen) {
        const auto seen = chosen_of(watch.all(), given.names);
        screen->draw(table_now(seen, paint), counts_text(seen));
        std::this_thread::sleep_for(FullScreen::between_draws);
        continue;
      }
      std::string lines;
      for (const auto& seen : watch.changed()) {
        if (!is_chosen(given.names, seen.process)) continue;
        lines += as_json ? json_of(seen.process) + "\n" : table_now({seen}, Paint::no);
      }
      session.write(lines);
    }
    failure = watch.failure();
  }
  if (failure) session.fail(*failure);
}

}  // namespace supervisorctl
