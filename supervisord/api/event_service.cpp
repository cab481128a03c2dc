#include "supervisord/api/event_service.hpp"

#include "supervisord/api/watch.hpp"

namespace supervisord::api {

grpc::ServerWriteReactor<v1::WatchEventsResponse>* EventService::WatchEvents(
    grpc::CallbackServerContext* context, const v1::WatchEventsRequest* request) {
  using Response = v1::WatchEventsResponse;
  return stream<Response>(
      caller_, Method::watch_events, context, request, [this, request](Stream<Response>& stream) {
        stream.keep(std::make_unique<EventWatch>(caller_.control, stream, *request));
      });
}

}  // namespace supervisord::api
