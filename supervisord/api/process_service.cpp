#include "supervisord/api/process_service.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "supervisord/api/convert.hpp"
#include "supervisord/api/usage.hpp"
#include "supervisord/api/watch.hpp"

namespace supervisord::api {
namespace {

using control::Ending;
using control::Outcome;

template <class Request>
std::vector<std::string> selectors_of(const Request& request) {
  return {request.selectors().begin(), request.selectors().end()};
}

template <class Request>
control::Wait wait_of(const Request& request) {
  return request.no_wait() ? control::Wait::no : control::Wait::until_settled;
}

template <class Response>
control::Progress send_outcomes(Stream<Response>& stream) {
  return [&stream](const Outcome& outcome) {
    Response response;
    to_proto(outcome, *response.mutable_outcome());
    stream.send(std::move(response));
  };
}

template <class Response>
control::Done finish(Stream<Response>& stream) {
  return [&stream](const Ending& ending) { stream.finish(to_status(ending)); };
}

std::function<void(const Outcome&)> send_step(Stream<v1::RestartProcessesResponse>& stream,
                                              v1::RestartProcessesResponse::Step step) {
  return [&stream, step](const Outcome& outcome) {
    v1::RestartProcessesResponse response;
    response.set_step(step);
    to_proto(outcome, *response.mutable_outcome());
    stream.send(std::move(response));
  };
}

/// A row for each that runs now and was there when `rows` were read.
void add_usages(const std::vector<process::Status>& statuses, const std::vector<ProcRow>& rows,
                v1::ListUsageResponse& response) {
  std::vector<pid_t> roots;
  for (const process::Status& status : statuses) {
    if (status.pid != 0) roots.push_back(status.pid);
  }
  const auto usages = usage_of(rows, roots);
  for (const process::Status& status : statuses) {
    const auto usage = usages.find(status.pid);
    if (usage == usages.end()) continue;
    v1::Usage& row = *response.add_usages();
    row.set_group(status.group);
    row.set_name(status.name);
    row.set_pid(status.pid);
    *row.mutable_cpu() = to_proto(std::chrono::nanoseconds{usage->second.cpu});
    row.set_memory_bytes(usage->second.memory_bytes);
    row.set_processes(usage->second.processes);
  }
}

}  // namespace

grpc::ServerUnaryReactor* ProcessService::ListProcesses(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request,
                                                        grpc::ByteBuffer* response) {
  const auto parsed = parse<v1::ListProcessesRequest>(*request);
  return answer(caller_, Method::list_processes, context, &parsed->request, response,
                [this, parsed, response] {
                  if (!parsed->status.ok()) return parsed->status;
                  const auto statuses = caller_.control.status(selectors_of(parsed->request));
                  if (!statuses) return to_status(ending_of(statuses.error()));
                  v1::ListProcessesResponse list;
                  for (const process::Status& status : *statuses)
                    to_proto(status, *list.add_processes());
                  *response = bytes_of(list);
                  return grpc::Status::OK;
                });
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* ProcessService::WatchProcesses(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  const auto parsed = parse<v1::WatchProcessesRequest>(*request);
  return stream<grpc::ByteBuffer>(caller_, Method::watch_processes, context, &parsed->request,
                                  [this, parsed](Stream<grpc::ByteBuffer>& stream) {
                                    if (!parsed->status.ok()) return stream.finish(parsed->status);
                                    stream.keep(std::make_unique<ProcessWatch>(
                                        caller_.control, stream, selectors_of(parsed->request)));
                                  });
}

grpc::ServerWriteReactor<v1::StartProcessesResponse>* ProcessService::StartProcesses(
    grpc::CallbackServerContext* context, const v1::StartProcessesRequest* request) {
  using Response = v1::StartProcessesResponse;
  return stream<Response>(
      caller_, Method::start_processes, context, request,
      [this, request](Stream<Response>& stream) {
        stream.keep(caller_.control.start(selectors_of(*request), wait_of(*request),
                                          send_outcomes(stream), finish(stream)));
      });
}

grpc::ServerWriteReactor<v1::StopProcessesResponse>* ProcessService::StopProcesses(
    grpc::CallbackServerContext* context, const v1::StopProcessesRequest* request) {
  using Response = v1::StopProcessesResponse;
  return stream<Response>(
      caller_, Method::stop_processes, context, request, [this, request](Stream<Response>& stream) {
        stream.keep(caller_.control.stop(selectors_of(*request), wait_of(*request),
                                         send_outcomes(stream), finish(stream)));
      });
}

grpc::ServerWriteReactor<v1::RestartProcessesResponse>* ProcessService::RestartProcesses(
    grpc::CallbackServerContext* context, const v1::RestartProcessesRequest* request) {
  using Response = v1::RestartProcessesResponse;
  return stream<Response>(
      caller_, Method::restart_processes, context, request,
      [this, request](Stream<Response>& stream) {
        stream.keep(caller_.control.restart(
            selectors_of(*request), wait_of(*request),
            {send_step(stream, Response::STEP_STOPPED), send_step(stream, Response::STEP_STARTED)},
            finish(stream)));
      });
}

grpc::ServerUnaryReactor* ProcessService::SignalProcesses(grpc::CallbackServerContext* context,
                                                          const v1::SignalProcessesRequest* request,
                                                          v1::SignalProcessesResponse* response) {
  return answer(caller_, Method::signal_processes, context, request, response,
                [this, request, response] {
                  Ending ending;
                  const auto selectors = selectors_of(*request);
                  const control::Progress progress = [response](const Outcome& outcome) {
                    to_proto(outcome, *response->add_outcomes());
                  };
                  const control::Done done = [&ending](const Ending& what) { ending = what; };
                  if (request->reload()) {
                    caller_.control.send_reload_signal(selectors, progress, done);
                  } else {
                    caller_.control.signal(selectors, request->signal(), progress, done);
                  }
                  return to_status(ending);
                });
}

grpc::ServerUnaryReactor* ProcessService::ListUsage(grpc::CallbackServerContext* context,
                                                    const v1::ListUsageRequest* request,
                                                    v1::ListUsageResponse* response) {
  std::vector<ProcRow> rows;  // read on gRPC's thread, so that the loop does not wait for it
  if (caller_.admit(Method::list_usage, *context).status.ok()) rows = read_proc();
  const auto at = std::chrono::steady_clock::now().time_since_epoch();
  return answer(caller_, Method::list_usage, context, request, response,
                [this, request, response, at, rows = std::move(rows)] {
                  const auto statuses = caller_.control.status(selectors_of(*request));
                  if (!statuses) return to_status(ending_of(statuses.error()));
                  *response->mutable_at() = to_proto(at);
                  add_usages(*statuses, rows, *response);
                  return grpc::Status::OK;
                });
}

grpc::ServerUnaryReactor* ProcessService::SendProcessStdin(
    grpc::CallbackServerContext* context, const v1::SendProcessStdinRequest* request,
    v1::SendProcessStdinResponse* response) {
  return answer(caller_, Method::send_process_stdin, context, request, response, [this, request] {
    return to_status(caller_.control.send_stdin(request->process(), request->data()));
  });
}

}  // namespace supervisord::api
