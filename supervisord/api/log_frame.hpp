// A FollowLogResponse around the bytes of a chunk that others send too: as protobuf would write it,
// without a copy of them. Pure.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include "supervisord/control/control.hpp"

namespace supervisord::api {

/// Keeps the chunk until gRPC has sent it.
grpc::ByteBuffer frame_of(const control::SharedChunk& chunk);

}  // namespace supervisord::api
