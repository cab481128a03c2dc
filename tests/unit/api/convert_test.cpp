#include "supervisord/api/convert.hpp"

#include <gtest/gtest.h>

namespace supervisord::api {
namespace {

using control::Fault;

TEST(Convert, GivesEachFaultItsSupervisorName) {
  EXPECT_EQ(fault_name(Fault::bad_name), "BAD_NAME");
  EXPECT_EQ(fault_name(Fault::cant_reread), "CANT_REREAD");
  EXPECT_EQ(fault_name(Fault::none), "");
}

TEST(Convert, PutsTheFaultIntoTheErrorDetails) {
  const grpc::Status status = to_status({Fault::bad_name, "nope"});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "BAD_NAME: nope");
  v1::FaultDetail detail;
  ASSERT_TRUE(detail.ParseFromString(status.error_details()));
  EXPECT_EQ(detail.fault(), v1::FAULT_BAD_NAME);
  EXPECT_EQ(detail.detail(), "nope");
}

TEST(Convert, HasNoErrorForNoFault) { EXPECT_TRUE(to_status({}).ok()); }

TEST(Convert, KeepsNanosecondsPositiveBeforeTheEpoch) {
  const auto stamp = to_proto(process::WallTime{std::chrono::milliseconds{-1500}});
  EXPECT_EQ(stamp.seconds(), -2);
  EXPECT_EQ(stamp.nanos(), 500'000'000);
}

TEST(Convert, MakesAProgramsTextFitForAString) {
  process::Status status;
  status.group = status.name = "web";
  status.state = process::State::running;
  status.pid = 7;
  status.status_text = "caf\xE9";
  v1::Process out;
  to_proto(status, out);
  EXPECT_EQ(out.status_text(), "caf\xEF\xBF\xBD");
  EXPECT_EQ(out.state(), v1::STATE_RUNNING);
  EXPECT_EQ(out.description(), "pid 7, uptime 0:00:00");
  EXPECT_FALSE(out.has_exit_status());
}

TEST(EventType, BelongsToThoseAboveIt) {
  EXPECT_TRUE(is_of_type("PROCESS_STATE_RUNNING", "PROCESS_STATE"));
  EXPECT_TRUE(is_of_type("PROCESS_STATE_RUNNING", "PROCESS_STATE_RUNNING"));
  EXPECT_TRUE(is_of_type("TICK_5", "EVENT"));
  EXPECT_FALSE(is_of_type("TICK_5", "TICK_60"));
  EXPECT_FALSE(is_of_type("PROCESS_STATE_RUNNING", "PROCESS_STAT"));
  EXPECT_FALSE(is_of_type("PROCESS_STATE", "PROCESS_STATE_RUNNING"));
}

}  // namespace
}  // namespace supervisord::api
