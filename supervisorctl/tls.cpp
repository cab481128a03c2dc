#include "supervisorctl/tls.hpp"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

namespace supervisorctl {
namespace {

Failure unreadable(const std::string& file) {
  return {.kind = Failure::Kind::cannot_connect, .text = file + ": " + std::strerror(errno)};
}

Answer<std::string> read_file(const std::string& file) {
  if (file.empty()) return std::string{};
  errno = 0;
  std::ifstream stream{file, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{stream}, {}};
  if (!stream.is_open() || text.empty()) {
    if (errno == 0) errno = ENODATA;
    return unreadable(file);
  }
  return text;
}

}  // namespace

Answer<std::shared_ptr<grpc::Channel>> tls_channel(const ServerAddress& address,
                                                   const Security& security,
                                                   const grpc::ChannelArguments& arguments) {
  ::setenv("GRPC_VERBOSITY", "NONE", 0);  // what fails is told once, by us
  const auto ca = read_file(security.ca);
  if (!ca) return ca.error();
  const auto certificate = read_file(security.certificate);
  if (!certificate) return certificate.error();
  const auto key = read_file(security.key.empty() ? security.certificate : security.key);
  if (!key) return key.error();
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  const std::string host = is_ipv6 ? "[" + address.host + "]" : address.host;
  return grpc::CreateCustomChannel("dns:///" + host + ":" + address.port,
                                   grpc::SslCredentials({*ca, *key, *certificate}), arguments);
}

Answer<std::string> read_token(const std::string& file) {
  errno = 0;
  std::ifstream stream{file};
  std::string token;
  if (stream >> token) return token;
  if (errno == 0) errno = ENODATA;
  return unreadable(file);
}

}  // namespace supervisorctl
