// supervisor.v1.EventService on the daemon's Control. One for each grpc::Server.
#pragma once

#include "supervisor/v1/event.grpc.pb.h"
#include "supervisord/api/call.hpp"

namespace supervisord::api {

namespace v1 = ::supervisor::v1;

class EventService final : public v1::EventService::CallbackService {
 public:
  explicit EventService(Caller& caller) : caller_{caller} {}

  grpc::ServerWriteReactor<v1::WatchEventsResponse>* WatchEvents(
      grpc::CallbackServerContext* context, const v1::WatchEventsRequest* request) override;

 private:
  Caller& caller_;
};

}  // namespace supervisord::api
