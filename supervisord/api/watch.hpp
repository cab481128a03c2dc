// What the two endless streams of changes keep while a client watches: both bounded however slowly
// it reads. Made and destroyed on the loop, kept by the stream they write to.
#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "supervisor/v1/event.pb.h"
#include "supervisor/v1/process.pb.h"
#include "supervisord/api/call.hpp"

namespace supervisord::api {

namespace v1 = ::supervisor::v1;

/// All processes, then those that changed: names are collected while the client reads, and each row
/// is made when it can be written.
class ProcessWatch final : public control::Interest {
 public:
  ProcessWatch(control::Control& control, Stream<grpc::ByteBuffer>& stream,
               std::vector<std::string> selectors);

 private:
  void note(const control::Event& event);
  void write();
  bool is_wanted(const process::Status& status) const;

  control::Control& control_;
  Stream<grpc::ByteBuffer>& stream_;
  std::vector<std::string> selectors_;
  bool all_changed_ = true;
  std::set<std::pair<std::string, std::string>> changed_;  // group and name
  control::InterestPtr events_;
};

/// Events, of which at most `most_waiting` wait for the client, and about `most_bytes_waiting`;
/// what does not fit is counted and told.
class EventWatch final : public control::Interest {
 public:
  static constexpr std::size_t most_waiting = 1024;
  static constexpr std::size_t most_bytes_waiting = 1024 * 1024;

  EventWatch(control::Control& control, Stream<v1::WatchEventsResponse>& stream,
             const v1::WatchEventsRequest& request);

 private:
  void take(const control::Event& event);
  void tell_lost();

  Stream<v1::WatchEventsResponse>& stream_;
  std::vector<std::string> types_;
  std::uint64_t lost_ = 0;
  control::InterestPtr events_;
};

}  // namespace supervisord::api
