// The channel of grpcs://. gRPC connects by itself here: it takes descriptors for plain text only.
// Nothing of TLS is made before a command asks for it.
#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "supervisorctl/client.hpp"

namespace supervisorctl {

/// Errors: a file that cannot be read.
Answer<std::shared_ptr<grpc::Channel>> tls_channel(const ServerAddress& address,
                                                   const Security& security,
                                                   const grpc::ChannelArguments& arguments);

/// The first word of the file. Errors: it cannot be read, or is empty.
Answer<std::string> read_token(const std::string& file);

}  // namespace supervisorctl
