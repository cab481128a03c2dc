// A line in the daemon's log for each change that is asked for over the API, and for each call that
// is refused: who, what, outcome. On the loop; the Server owns it.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "common/log.hpp"
#include "supervisor/v1/process.pb.h"

namespace supervisord::api {

using Report = std::function<void(common::Level, const std::string&)>;

/// What became of the processes of one call.
struct Tally {
  int well = 0;
  int badly = 0;
  std::string first_bad;  // "NOT_RUNNING g:x"

  void count(const ::supervisor::v1::Outcome& outcome);
};

class Audit {
 public:
  explicit Audit(Report report) : report_{std::move(report)} {}

  void ended(const std::string& what, const std::string& who, const grpc::Status& status,
             const Tally& tally);
  /// At most so many lines a second; those that are left out are counted and told.
  void refused(const std::string& what, const std::string& who, const grpc::Status& status);

 private:
  static constexpr int most_a_second = 10;

  Report report_;
  std::chrono::steady_clock::time_point second_;
  int in_second_ = 0;
  int left_out_ = 0;
};

/// The method and the names in its request: "StopProcesses web g:*". Texts are made harmless and
/// cut; bytes are told by their number.
std::string what_of(std::string_view method, const google::protobuf::Message& request);

}  // namespace supervisord::api
