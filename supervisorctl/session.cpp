#include <unistd.h>

#include <cstdio>

#include "supervisorctl/command.hpp"
#include "supervisorctl/output/exit_code.hpp"
#include "supervisorctl/output/outcome.hpp"

namespace supervisorctl {

using Kind = Failure::Kind;

void Session::write(std::string_view text) const {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);  // progress is seen as it happens, through a pipe too
}

void Session::print(std::string_view line) const { write(std::string{line} + "\n"); }

void Session::hint(std::string_view line) const {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

bool Session::is_up() {
  const auto connected = client_->connect();
  if (connected) return true;
  tell_unreachable(connected.error());
  switch (connected.error().kind) {
    case Kind::no_socket: fail(exit_code::not_running); break;
    case Kind::refused: fail(exit_code::refused); break;
    default: fail(exit_code::generic);
  }
  return false;
}

void Session::tell_unreachable(const Failure& failure) {
  const ServerAddress& address = client_->address();
  if (failure.kind == Kind::no_socket) {
    print(address.url + " no such file");
  } else if (failure.kind == Kind::refused) {
    print(address.url + " refused connection");
  } else {
    print("error: " + address.url + ": " + failure.text);
  }
  const std::string tried = address.unix_path.empty()
                                ? "TCP " + address.host + " port " + address.port
                                : "the Unix socket " + address.unix_path;
  hint("supervisorctl: tried " + tried + " (" + failure.text +
       "); start supervisord, or name its address with -s or its configuration file with -c");
}

void Session::fail(const Failure& failure) {
  fail(exit_code::generic);
  const std::string& url = client_->address().url;
  switch (failure.kind) {
    case Kind::no_socket:
    case Kind::refused:
    case Kind::cannot_connect: return tell_unreachable(failure);
    case Kind::lost: return print("error: " + url + ": the connection was lost: " + failure.text);
    case Kind::unauthenticated:
      print("Server requires authentication");
      return print("error: " + url + ": " + failure.text);
    case Kind::fault: {
      std::string line = "ERROR: " + std::string{fault_name(failure.fault)};
      if (!failure.text.empty()) line += ": " + failure.text;
      return print(line);
    }
    case Kind::other: return print("error: " + url + ": " + failure.text);
  }
}

}  // namespace supervisorctl
