#include "supervisord/api/log_frame.hpp"

#include <google/protobuf/io/coded_stream.h>

#include <array>
#include <string>

#include "supervisor/v1/log.pb.h"

namespace supervisord::api {
namespace {

namespace v1 = ::supervisor::v1;

/// Protobuf's encoding, "Message Structure": a field of type LEN.
void put_length(std::string& out, int field, std::size_t size) {
  using google::protobuf::io::CodedOutputStream;
  constexpr int type_len = 2;
  std::array<std::uint8_t, 16> text;
  auto* end = CodedOutputStream::WriteVarint32ToArray(
      static_cast<std::uint32_t>(field) << 3 | type_len, text.data());
  end = CodedOutputStream::WriteVarint64ToArray(size, end);
  out.append(text.data(), end);
}

/// All but the data's bytes; they come last.
std::string head_of(const control::LogChunk& chunk) {
  v1::LogChunk facts;
  facts.mutable_position()->set_file_id(chunk.position.file_id);
  facts.mutable_position()->set_offset(chunk.position.offset);
  facts.set_truncated(chunk.truncated);
  std::string inner = facts.SerializeAsString();
  put_length(inner, v1::LogChunk::kDataFieldNumber, chunk.bytes.size());
  std::string head;
  put_length(head, v1::FollowLogResponse::kChunkFieldNumber, inner.size() + chunk.bytes.size());
  return head + inner;
}

}  // namespace

grpc::ByteBuffer frame_of(const control::SharedChunk& chunk) {
  const auto let_go = [](void* kept) { delete static_cast<control::SharedChunk*>(kept); };
  auto* const kept = new control::SharedChunk{chunk};
  // gRPC only reads it.
  auto* const bytes = const_cast<char*>(chunk->bytes.data());
  const std::array slices{grpc::Slice{head_of(*chunk)},
                          grpc::Slice{bytes, chunk->bytes.size(), let_go, kept}};
  return {slices.data(), slices.size()};
}

}  // namespace supervisord::api
