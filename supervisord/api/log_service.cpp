#include "supervisord/api/log_service.hpp"

#include <algorithm>

#include "supervisord/api/convert.hpp"
#include "supervisord/api/log_frame.hpp"

namespace supervisord::api {
namespace {

using control::Fault;

constexpr std::uint64_t piece_bytes =
    256 * 1024;  // well under the 4 MiB that a client takes in one message

/// One ReadLog: the next piece is read when the one before it is written.
class Reading final : public control::Interest {
 public:
  Reading(const control::Control& control, Stream<v1::ReadLogResponse>& stream,
          const v1::ReadLogRequest& request)
      : control_{control},
        stream_{stream},
        log_{from_proto(request.log())},
        offset_{request.offset()},
        length_{request.length()} {
    stream_.on_ready([this] { read(); });
    if (offset_ < 0) count_from_end();
    read();
  }

 private:
  /// The last bytes as they are now: what is written meanwhile is not waited for. A bad name or a
  /// missing file is left to the read that follows.
  void count_from_end() {
    const auto end = control_.tail_log(log_, 0, 0);
    const auto size = end ? static_cast<std::int64_t>((*end).offset) : 0;
    offset_ = std::max<std::int64_t>(size + offset_, 0);
    length_ = static_cast<std::uint64_t>(size - offset_);
  }

  void read() {
    const std::uint64_t size = length_ == 0 ? piece_bytes : std::min(length_, piece_bytes);
    auto chunk = control_.read_log(log_, offset_, size);
    if (!chunk) return stream_.finish(to_status(ending_of(chunk.error())));
    const std::uint64_t got = (*chunk).bytes.size();
    const bool other_file = file_id_ != 0 && (*chunk).position.file_id != file_id_;
    if (got == 0 || other_file)
      return stream_.finish(grpc::Status::OK);  // rotated meanwhile: the rest is not this file's
    file_id_ = (*chunk).position.file_id;
    offset_ = static_cast<std::int64_t>((*chunk).position.offset + got);
    const bool last = got < size || length_ == got;
    if (length_ != 0) length_ -= got;
    v1::ReadLogResponse response;
    to_proto(std::move(*chunk), *response.mutable_chunk());
    stream_.send(std::move(response));
    if (last) stream_.finish(grpc::Status::OK);
  }

  const control::Control& control_;
  Stream<v1::ReadLogResponse>& stream_;
  control::LogName log_;
  std::int64_t offset_;   // as asked first, then in the file
  std::uint64_t length_;  // what is left; 0: to the end
  std::uint64_t file_id_ = 0;
};

/// Empties both logs of one process; one that it does not have is no fault.
control::Ending clear_both(control::Control& control, const std::string& process) {
  for (const auto channel : {control::Channel::stdout_log, control::Channel::stderr_log}) {
    auto ending = control.clear_log({process, channel});
    if (ending.fault != Fault::none && ending.fault != Fault::no_file) return ending;
  }
  return {};
}

}  // namespace

grpc::ServerWriteReactor<v1::ReadLogResponse>* LogService::ReadLog(
    grpc::CallbackServerContext* context, const v1::ReadLogRequest* request) {
  using Response = v1::ReadLogResponse;
  return stream<Response>(
      caller_, Method::read_log, context, request, [this, request](Stream<Response>& stream) {
        if (request->offset() < 0 && request->length() != 0) {
          return stream.finish(to_status(
              {Fault::bad_arguments, "a length goes with an offset from the beginning only"}));
        }
        stream.keep(std::make_unique<Reading>(caller_.control, stream, *request));
      });
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* LogService::FollowLog(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  const auto parsed = parse<v1::FollowLogRequest>(*request);
  return stream<grpc::ByteBuffer>(
      caller_, Method::follow_log, context, &parsed->request,
      [this, parsed](Stream<grpc::ByteBuffer>& stream) {
        if (!parsed->status.ok()) return stream.finish(parsed->status);
        const v1::FollowLogRequest& asked = parsed->request;
        std::optional<control::LogPosition> from;
        if (asked.has_resume_from())
          from = {asked.resume_from().file_id(), asked.resume_from().offset()};
        stream.is_bounded_elsewhere();  // by what is read for all followers
        auto flow = caller_.control.follow_log(
            from_proto(asked.log()), from, asked.last_bytes(),
            [&stream](const control::SharedChunk& chunk) { stream.send(frame_of(chunk)); });
        if (!flow) return stream.finish(to_status(ending_of(flow.error())));
        auto* const source = (*flow).get();
        stream.keep(std::move(*flow));
        stream.on_ready([source] { source->next(); });
        source->next();
      });
}

grpc::ServerUnaryReactor* LogService::ClearProcessLogs(grpc::CallbackServerContext* context,
                                                       const v1::ClearProcessLogsRequest* request,
                                                       v1::ClearProcessLogsResponse* response) {
  return answer(
      caller_, Method::clear_process_logs, context, request, response, [this, request, response] {
        const auto statuses =
            caller_.control.status({request->selectors().begin(), request->selectors().end()});
        if (!statuses) return to_status(ending_of(statuses.error()));
        for (const process::Status& status : *statuses) {
          const auto ending = clear_both(caller_.control, status.group + ":" + status.name);
          to_proto(control::Outcome{status.group, status.name, ending.fault, ending.detail},
                   *response->add_outcomes());
        }
        return grpc::Status::OK;
      });
}

grpc::ServerUnaryReactor* LogService::ClearMainLog(grpc::CallbackServerContext* context,
                                                   const v1::ClearMainLogRequest* request,
                                                   v1::ClearMainLogResponse* response) {
  return answer(caller_, Method::clear_main_log, context, request, response, [this] {
    return to_status(caller_.control.clear_log({"", control::Channel::main_log}));
  });
}

}  // namespace supervisord::api
