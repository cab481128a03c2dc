#include "supervisord/api/log_frame.hpp"

#include <grpcpp/impl/codegen/proto_utils.h>
#include <gtest/gtest.h>

#include <memory>

#include "supervisor/v1/log.pb.h"

namespace supervisord::api {
namespace {

namespace v1 = ::supervisor::v1;

v1::FollowLogResponse parsed(grpc::ByteBuffer bytes) {
  v1::FollowLogResponse out;
  EXPECT_TRUE(grpc::SerializationTraits<v1::FollowLogResponse>::Deserialize(&bytes, &out).ok());
  return out;
}

TEST(LogFrame, IsWhatProtobufWrites) {
  for (const std::size_t size : {0, 1, 127, 128, 300'000}) {
    const control::SharedChunk chunk = std::make_shared<const control::LogChunk>(
        control::LogChunk{{~std::uint64_t{0}, 1u << 31}, std::string(size, 'x'), size == 1});
    const auto response = parsed(frame_of(chunk));
    EXPECT_EQ(response.chunk().position().file_id(), ~std::uint64_t{0});
    EXPECT_EQ(response.chunk().position().offset(), 1u << 31);
    EXPECT_EQ(response.chunk().data(), chunk->bytes) << size;
    EXPECT_EQ(response.chunk().truncated(), size == 1);
  }
}

TEST(LogFrame, SharesTheBytesAndKeepsThem) {
  control::SharedChunk chunk =
      std::make_shared<const control::LogChunk>(control::LogChunk{{1, 2}, std::string(9000, 'x')});
  const std::weak_ptr<const control::LogChunk> watched = chunk;
  const void* const bytes = chunk->bytes.data();
  {
    const grpc::ByteBuffer frame = frame_of(chunk);
    chunk.reset();
    EXPECT_FALSE(watched.expired());
    std::vector<grpc::Slice> slices;
    ASSERT_TRUE(frame.Dump(&slices).ok());
    EXPECT_EQ(slices.back().begin(), bytes);
  }
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace supervisord::api
