#include "supervisorctl/client.hpp"

#include <fcntl.h>
#include <grpcpp/create_channel_posix.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "common/unique_fd.hpp"
#include "supervisorctl/tls.hpp"

namespace supervisorctl {
namespace {

using Kind = Failure::Kind;

Failure connect_failure(int error) {
  if (error == ENOENT) return {.kind = Kind::no_socket, .text = std::strerror(error)};
  if (error == ECONNREFUSED) return {.kind = Kind::refused, .text = std::strerror(error)};
  return {.kind = Kind::cannot_connect, .text = std::strerror(error)};
}

Answer<common::UniqueFd> connect_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return connect_failure(ENAMETOOLONG);
  path.copy(address.sun_path, path.size());
  common::UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!fd) return connect_failure(errno);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return connect_failure(errno);
  }
  return fd;
}

Answer<common::UniqueFd> connect_tcp(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
    return Failure{.kind = Kind::cannot_connect, .text = host + ": " + ::gai_strerror(error)};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{found, &::freeaddrinfo};
  int last_error = ECONNREFUSED;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    common::UniqueFd fd{::socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC, each->ai_protocol)};
    if (fd && ::connect(fd.get(), each->ai_addr, each->ai_addrlen) == 0) {
      const int on = 1;
      ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // slower without, no more
      return fd;
    }
    last_error = errno;
  }
  return connect_failure(last_error);
}

Answer<common::UniqueFd> connect_to(const ServerAddress& address) {
  return address.unix_path.empty() ? connect_tcp(address.host, address.port)
                                   : connect_unix(address.unix_path);
}

/// What an HTTP server without gRPC calls itself ("Medusa/1.12" is Supervisor's); "" when none
/// answers. Ours says "supervisord".
std::string http_server_at(const ServerAddress& address) {
  const auto fd = connect_to(address);
  if (!fd) return "";
  const timeval limit{.tv_sec = 0, .tv_usec = 300'000};  // one that is being replaced says nothing
  ::setsockopt((*fd).get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  constexpr std::string_view request = "HEAD / HTTP/1.0\r\n\r\n";
  if (::send((*fd).get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return "";
  char buffer[4096];
  const ssize_t size = ::recv((*fd).get(), buffer, sizeof buffer, 0);
  if (size <= 0) return "";
  const std::string_view answer{buffer, static_cast<std::size_t>(size)};
  constexpr std::string_view field = "Server: ";
  const auto at = answer.find(field);
  if (!answer.starts_with("HTTP/1.") || at == std::string_view::npos) return "";
  const std::string_view rest = answer.substr(at + field.size());
  return std::string{rest.substr(0, rest.find('\r'))};
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t size = std::min<std::size_t>(3, bytes.size() - at);
    unsigned word = 0;
    for (std::size_t i = 0; i < 3; ++i)
      word = word << 8 | (i < size ? static_cast<unsigned char>(bytes[at + i]) : 0u);
    for (std::size_t i = 0; i < 4; ++i) out += i <= size ? digits[word >> (18 - 6 * i) & 63] : '=';
  }
  return out;
}

/// How gRPC calls a connection that ended, when it is not UNAVAILABLE: in the middle, sometimes;
/// or with a server that answers in HTTP/1.
bool is_lost(const grpc::Status& status) {
  const std::string& text = status.error_message();
  return status.error_code() == grpc::StatusCode::UNAVAILABLE || text == "Stream removed" ||
         text.find("http1.x server") != std::string::npos;
}

}  // namespace

Answer<ServerAddress> parse_server_url(const std::string& url) {
  const Failure not_a_url{.text = "value '" + url + "' is not a URL"};
  const auto mark = url.find("://");
  if (mark == std::string::npos || mark == 0) return not_a_url;
  const std::string scheme = url.substr(0, mark);
  std::string rest = url.substr(mark + 3);
  if (rest.empty()) return not_a_url;
  if (scheme == "unix") return ServerAddress{.url = url, .unix_path = rest, .host = "", .port = ""};
  if (scheme != "http" && scheme != "grpc" && scheme != "grpcs") {
    return Failure{.text =
                       "value '" + url + "' has a scheme that is not unix, http, grpc or grpcs"};
  }
  rest = rest.substr(0, rest.find('/'));
  const auto colon = rest.rfind(':');
  const bool has_port = colon != std::string::npos && rest.find(']', colon) == std::string::npos;
  std::string host = has_port ? rest.substr(0, colon) : rest;
  if (host.size() > 1 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  const std::string port = has_port ? rest.substr(colon + 1) : scheme == "http" ? "80" : "9001";
  if (host.empty() || port.empty()) return not_a_url;
  return ServerAddress{
      .url = url, .unix_path = "", .host = host, .port = port, .tls = scheme == "grpcs"};
}

Client::Client(ServerAddress address, const std::string& username, const std::string& password)
    : address_{std::move(address)} {
  set_credentials(username, password);
}

void Client::set_credentials(const std::string& username, const std::string& password) {
  authorization_.clear();
  if (!username.empty() && !password.empty())
    authorization_ = "Basic " + base64(username + ":" + password);
}

Answer<void> Client::connect() {
  if (auto channel = connected(); !channel) return channel.error();
  return {};
}

Answer<Client::Channel> Client::connected() {
  const std::lock_guard lock{mutex_};
  if (channel_) return channel_;
  auto fd = connect_to(address_);
  if (!fd) return fd.error();
  if (!security_.token_file.empty()) {
    const auto token = read_token(security_.token_file);
    if (!token) return token.error();
    authorization_ = "Bearer " + *token;
  }
  if (address_.tls) {  // the connection of above has shown that somebody listens
    auto channel = tls_channel(address_, security_, {});
    if (!channel) return channel.error();
    channel_ = *std::move(channel);
    return channel_;
  }
  if (const auto set = common::set_blocking((*fd).get(), common::Blocking::no); !set) {
    return Failure{.kind = Kind::cannot_connect, .text = set.error().context};
  }
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_MINIMAL_STACK, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  channel_ = grpc::CreateCustomInsecureChannelFromFd("supervisord", (*fd).release(), arguments);
  return channel_;
}

void Client::forget(const Channel& channel) {
  const std::lock_guard lock{mutex_};
  if (channel_ == channel) channel_.reset();
}

Client::Call::Call(Client& of, grpc::ClientContext& made) : client{of}, context{made} {
  if (!client.authorization_.empty()) context.AddMetadata("authorization", client.authorization_);
  if (client.deadline_) context.set_deadline(*client.deadline_);
  const std::lock_guard lock{client.mutex_};
  client.calls_.insert(&context);
  if (client.cancelled_) context.TryCancel();
}

Client::Call::~Call() {
  const std::lock_guard lock{client.mutex_};
  client.calls_.erase(&context);
}

void Client::cancel() {
  const std::lock_guard lock{mutex_};
  cancelled_ = true;
  for (grpc::ClientContext* const call : calls_) call->TryCancel();
}

bool Client::is_cancelled() const {
  const std::lock_guard lock{mutex_};
  return cancelled_;
}

void Client::resume() {
  const std::lock_guard lock{mutex_};
  cancelled_ = false;
}

Failure Client::failure_of(const grpc::Status& status) const {
  if (is_cancelled()) return {.kind = Kind::cancelled, .text = "interrupted"};
  if (status.error_code() == grpc::StatusCode::UNAUTHENTICATED) {
    return {.kind = Kind::unauthenticated, .text = status.error_message()};
  }
  v1::FaultDetail detail;
  if (!status.error_details().empty() && detail.ParseFromString(status.error_details())) {
    return {.kind = Kind::fault, .fault = detail.fault(), .text = detail.detail()};
  }
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED)
    return {.kind = Kind::timed_out, .text = "the time limit has passed"};
  if (is_lost(status)) return {.kind = Kind::lost, .text = status.error_message()};
  return {.kind = Kind::other, .text = status.error_message()};
}

Failure Client::explained(Failure lost) const {
  const std::string server = http_server_at(address_);
  if (server.empty() || server.starts_with("supervisord")) return lost;  // ours, back again
  return {.kind = Kind::supervisor, .text = server};
}

void Client::pause() { std::this_thread::sleep_for(std::chrono::milliseconds{50}); }

}  // namespace supervisorctl
