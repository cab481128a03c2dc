// Messages as bytes, for methods whose answers may be long: gRPC keeps an answer until its client
// has read it, and a message takes twenty times as much as its bytes. Pure.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <cassert>
#include <memory>

namespace supervisord::api {

/// A request that came as bytes. `status` says whether it is one.
template <class Request>
struct Parsed {
  Request request;
  grpc::Status status;
};

template <class Request>
std::shared_ptr<const Parsed<Request>> parse(grpc::ByteBuffer bytes) {
  auto parsed = std::make_shared<Parsed<Request>>();
  parsed->status = grpc::SerializationTraits<Request>::Deserialize(&bytes, &parsed->request);
  return parsed;
}

inline grpc::ByteBuffer bytes_of(const google::protobuf::Message& message) {
  grpc::ByteBuffer out;
  bool is_own = false;
  [[maybe_unused]] const auto status =
      grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::Message>(message, &out,
                                                                                 &is_own);
  assert(status.ok());
  return out;
}

inline std::size_t size_of(const google::protobuf::Message& message) {
  return message.ByteSizeLong();
}
inline std::size_t size_of(const grpc::ByteBuffer& bytes) { return bytes.Length(); }

}  // namespace supervisord::api
