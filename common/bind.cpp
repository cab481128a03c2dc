#include "common/bind.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

#include "common/overloaded.hpp"

namespace common {
namespace {

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Error bad_address(std::string_view text, std::string_view why) {
  return {Errc::bad_value, "cannot listen on '" + std::string{text} + "': " + std::string{why}};
}

Result<Address> parse_tcp(std::string_view whole, std::string_view text,
                          std::uint16_t default_port) {
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return bad_address(whole, "no closing ]");
    host = text.substr(1, close - 1);
    const auto rest = text.substr(close + 1);
    if (!rest.empty() && !rest.starts_with(':')) return bad_address(whole, "a colon must follow ]");
    port = rest.empty() ? rest : rest.substr(1);
  } else if (const auto colon = text.rfind(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (host.find(':') != std::string_view::npos)
      return bad_address(whole, "write IPv6 addresses in []");
  }
  if (port.empty()) return TcpAddress{std::string{host}, default_port};
  const auto value = number<std::uint16_t>(port);
  if (!value) return bad_address(whole, "'" + std::string{port} + "' is not a port");
  return TcpAddress{std::string{host}, *value};
}

std::string text_of(const Address& address) {
  return std::visit(Overloaded{
                        [](const TcpAddress& tcp) {
                          const bool is_v6 = tcp.host.find(':') != std::string::npos;
                          return (is_v6 ? "[" + tcp.host + "]" : tcp.host) + ":" +
                                 std::to_string(tcp.port);
                        },
                        [](const UnixAddress& local) { return "unix:" + local.path; },
                        [](const FdAddress& fd) { return "fd://" + std::to_string(fd.fd); },
                    },
                    address);
}

/// "Address already in use: 127.0.0.1:8000".
Error failed(const Address& address, int error) {
  const std::error_code code{error, std::generic_category()};
  return {code, code.message() + ": " + text_of(address)};
}

void switch_on(int fd, int level, int option) {
  const int on = 1;
  ::setsockopt(fd, level, option, &on, sizeof on);  // worth having, not worth failing for
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

Result<UniqueFd> listen_at(const addrinfo& where, const Address& address,
                           const BindOptions& options) {
  UniqueFd fd{::socket(where.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd) return failed(address, errno);
  switch_on(fd.get(), SOL_SOCKET, SO_REUSEADDR);
  if (options.reuse_port) switch_on(fd.get(), SOL_SOCKET, SO_REUSEPORT);
  if (where.ai_family == AF_INET6) {
    const int v6_only = options.ipv6_only ? 1 : 0;
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only);
  }
  if (::bind(fd.get(), where.ai_addr, where.ai_addrlen) != 0) return failed(address, errno);
  if (options.listens && ::listen(fd.get(), options.backlog) != 0) return failed(address, errno);
  return fd;
}

Result<UniqueFd> bind_tcp(const TcpAddress& tcp, const BindOptions& options) {
  addrinfo hints{};
  hints.ai_family = tcp.host.empty() ? AF_INET : AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(tcp.host.empty() ? nullptr : tcp.host.c_str(),
                                  std::to_string(tcp.port).c_str(), &hints, &list);
  if (error != 0) return bad_address(text_of(tcp), ::gai_strerror(error));
  const std::unique_ptr<addrinfo, FreeAddresses> owned{list};
  return listen_at(*list, tcp, options);
}

struct UnixName {
  sockaddr_un name{};
  socklen_t size = 0;
};

Result<UnixName> name_of(const std::string& path) {
  UnixName unix_name;
  unix_name.name.sun_family = AF_UNIX;
  constexpr std::size_t most = sizeof unix_name.name.sun_path - 1;
  if (path.empty()) return bad_address("unix:", "no path");
  if (path.size() > most)
    return bad_address("unix:" + path, "the path is " + std::to_string(path.size()) +
                                           " bytes long, the system takes " + std::to_string(most));
  std::memcpy(unix_name.name.sun_path, path.data(), path.size());
  const bool is_abstract = path[0] == '@';
  if (is_abstract) unix_name.name.sun_path[0] = '\0';
  unix_name.size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (is_abstract ? 0 : 1));
  return unix_name;
}

/// Whether somebody accepts there. Blocks not: a full backlog means yes.
bool answers(const UnixName& where) {
  const UniqueFd probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  const auto* const name = reinterpret_cast<const sockaddr*>(&where.name);
  return ::connect(probe.get(), name, where.size) == 0 || errno != ECONNREFUSED;
}

/// Clears the way to `path`: a socket that nobody answers on may go, anything else stays.
Result<void> make_way(const UnixAddress& local, const UnixName& where) {
  struct stat status {};
  if (::lstat(local.path.c_str(), &status) != 0)
    return errno == ENOENT ? Result<void>{} : failed(local, errno);
  if (!S_ISSOCK(status.st_mode))
    return bad_address(text_of(local), "the file there is not a socket");
  if (answers(where)) return failed(local, EADDRINUSE);
  if (::unlink(local.path.c_str()) != 0 && errno != ENOENT) return failed(local, errno);
  return {};
}

/// Nobody sees the socket with other rights than it is to have: it is born with none (Linux takes
/// the mode of the socket's own inode, less the umask), gets owner and mode, and only then listens.
Result<UniqueFd> bind_unix(const UnixAddress& local, const BindOptions& options) {
  const auto where = name_of(local.path);
  if (!where) return where.error();
  UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd) return failed(local, errno);
  const bool has_file = local.path[0] != '@';
  if (has_file) {
    if (auto clear = make_way(local, *where); !clear) return clear.error();
    if (::fchmod(fd.get(), 0) != 0) return failed(local, errno);
  }
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&where->name), where->size) != 0)
    return failed(local, errno);
  const auto give_up = [&](int error) {
    if (has_file) ::unlink(local.path.c_str());
    return failed(local, error);
  };
  if (has_file) {
    const auto user = options.unix_user.value_or(static_cast<uid_t>(-1));
    const auto group = options.unix_group.value_or(static_cast<gid_t>(-1));
    if ((options.unix_user || options.unix_group) && ::lchown(local.path.c_str(), user, group) != 0)
      return give_up(errno);
    if (::chmod(local.path.c_str(), options.unix_mode) != 0) return give_up(errno);
  }
  if (::listen(fd.get(), options.backlog) != 0) return give_up(errno);
  return fd;
}

/// A descriptor that came from the parent: must be a stream socket; listens from now on.
Result<UniqueFd> adopt(const FdAddress& given, const BindOptions& options) {
  int type = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(given.fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) return failed(given, errno);
  if (type != SOCK_STREAM) return bad_address(text_of(given), "not a stream socket");
  int is_listening = 0;
  size = sizeof is_listening;
  ::getsockopt(given.fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &size);
  if (is_listening == 0 && options.listens && ::listen(given.fd, options.backlog) != 0)
    return failed(given, errno);
  if (auto set = set_blocking(given.fd, Blocking::no); !set) return set.error();
  ::fcntl(given.fd, F_SETFD, FD_CLOEXEC);
  return UniqueFd{given.fd};
}

}  // namespace

Result<Address> parse_address(std::string_view text, std::uint16_t default_port) {
  if (text.starts_with("unix:")) {
    auto path = text.substr(5);
    if (path.starts_with("//")) path = path.substr(2);
    if (path.empty()) return bad_address(text, "no path");
    return UnixAddress{std::string{path}};
  }
  if (text.starts_with("fd://")) {
    const auto fd = number<int>(text.substr(5));
    if (!fd || *fd < 0) return bad_address(text, "not a descriptor's number");
    return FdAddress{*fd};
  }
  std::string_view rest = text;
  if (rest.starts_with("tcp://")) rest = rest.substr(6);
  if (rest.starts_with("http://")) rest = rest.substr(7);
  if (rest.empty()) return bad_address(text, "empty");
  return parse_tcp(text, rest, default_port);
}

Result<UniqueFd> bind_address(const Address& address, const BindOptions& options) {
  return std::visit(Overloaded{
                        [&](const TcpAddress& tcp) { return bind_tcp(tcp, options); },
                        [&](const UnixAddress& local) { return bind_unix(local, options); },
                        [&](const FdAddress& fd) { return adopt(fd, options); },
                    },
                    address);
}

std::string bound_address(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0)
    return "fd://" + std::to_string(fd);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return std::string{text.data()} + ":" + std::to_string(ntohs(v4.sin_port));
  }
  if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    return "[" + std::string{text.data()} + "]:" + std::to_string(ntohs(v6.sin6_port));
  }
  const auto& local = reinterpret_cast<const sockaddr_un&>(storage);
  const auto length =
      size > offsetof(sockaddr_un, sun_path) ? size - offsetof(sockaddr_un, sun_path) : 0;
  if (length > 0 && local.sun_path[0] == '\0')
    return "unix:@" + std::string{local.sun_path + 1, length - 1};
  return "unix:" + std::string{local.sun_path, ::strnlen(local.sun_path, length)};
}

void unlink_bound(int fd) {
  const auto address = bound_address(fd);
  if (address.starts_with("unix:") && !address.starts_with("unix:@")) ::unlink(address.c_str() + 5);
}

}  // namespace common
