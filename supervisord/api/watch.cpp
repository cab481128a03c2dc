#include "supervisord/api/watch.hpp"

#include <algorithm>

#include "supervisord/api/convert.hpp"

namespace supervisord::api {

ProcessWatch::ProcessWatch(control::Control& control, Stream<grpc::ByteBuffer>& stream,
                           std::vector<std::string> selectors)
    : control_{control}, stream_{stream}, selectors_{std::move(selectors)} {
  stream_.on_ready([this] { write(); });
  // Lost events may have been anybody's, so all is told again.
  events_ = control_.watch(
      std::nullopt, [this](const control::Event& event) { note(event); },
      [this](std::uint64_t) {
        all_changed_ = true;
        write();
      });
  write();
}

void ProcessWatch::note(const control::Event& event) {
  if (is_of_type(event.type, "PROCESS_GROUP")) {
    all_changed_ = true;
  } else if (is_of_type(event.type, "PROCESS_STATE")) {
    changed_.emplace(event.group, event.process);
  } else {
    return;
  }
  write();
}

void ProcessWatch::write() {
  if (stream_.waiting() != 0 || (!all_changed_ && changed_.empty())) return;
  const auto statuses =
      control_.status({});  // not by selector: one that names nothing yet may do so later
  if (!statuses) return stream_.finish(to_status(ending_of(statuses.error())));
  v1::WatchProcessesResponse response;
  response.set_complete(all_changed_);
  for (const process::Status& status : *statuses) {
    const bool news = all_changed_ || changed_.contains({status.group, status.name});
    if (news && is_wanted(status)) to_proto(status, *response.add_processes());
  }
  const bool worth_telling = all_changed_ || response.processes_size() != 0;
  all_changed_ = false;
  changed_.clear();
  if (worth_telling) stream_.send(bytes_of(response));
}

bool ProcessWatch::is_wanted(const process::Status& status) const {
  const auto names = [&status](std::string_view selector) {
    if (selector == "all") return true;
    const auto colon = selector.find(':');
    if (colon == std::string_view::npos) return selector == status.group && selector == status.name;
    const std::string_view name = selector.substr(colon + 1);
    return selector.substr(0, colon) == status.group &&
           (name.empty() || name == "*" || name == status.name);
  };
  return selectors_.empty() || std::any_of(selectors_.begin(), selectors_.end(), names);
}

EventWatch::EventWatch(control::Control& control, Stream<v1::WatchEventsResponse>& stream,
                       const v1::WatchEventsRequest& request)
    : stream_{stream}, types_{request.types().begin(), request.types().end()} {
  std::optional<control::EventPosition> from;
  if (request.has_resume_from())
    from = {request.resume_from().epoch(), request.resume_from().serial()};
  v1::WatchEventsResponse started;
  started.mutable_started();
  stream_.send(std::move(started));
  stream_.on_ready([this] { tell_lost(); });
  events_ = control.watch(
      from, [this](const control::Event& event) { take(event); },
      [this](std::uint64_t count) {
        lost_ += count;
        if (stream_.waiting() < most_waiting) tell_lost();
      });
}

void EventWatch::take(const control::Event& event) {
  const auto covers = [&event](const std::string& type) { return is_of_type(event.type, type); };
  if (!types_.empty() && std::none_of(types_.begin(), types_.end(), covers)) return;
  if (stream_.waiting() >= most_waiting || stream_.waiting_bytes() >= most_bytes_waiting) {
    ++lost_;
    return;
  }
  tell_lost();
  v1::WatchEventsResponse response;
  to_proto(event, *response.mutable_event());
  stream_.send(std::move(response));
}

void EventWatch::tell_lost() {
  if (lost_ == 0) return;
  v1::WatchEventsResponse response;
  response.set_lost(std::exchange(lost_, 0));
  stream_.send(std::move(response));
}

}  // namespace supervisord::api
