#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "supervisorctl/command.hpp"
#include "supervisorctl/output/exit_code.hpp"
#include "supervisorctl/output/outcome.hpp"
#include "supervisorctl/unreachable.hpp"

namespace supervisorctl {

using Kind = Failure::Kind;

Screen Screen::of_stdout() {
  const char* const kind = std::getenv("TERM");
  const char* const no_colour = std::getenv("NO_COLOR");
  Screen out;
  out.is_terminal =
      ::isatty(STDOUT_FILENO) == 1 && kind != nullptr && std::string_view{kind} != "dumb";
  out.colour = out.is_terminal && (no_colour == nullptr || *no_colour == '\0');
  return out;
}

std::pair<std::size_t, std::size_t> Screen::size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {80, 24};
  return {size.ws_col, size.ws_row};
}

void Session::switch_to(std::unique_ptr<Client> client, AddressOrigin origin) {
  clients_.push_back(std::move(client));
  client_ = clients_.back().get();
  origin_ = std::move(origin);
}

void Session::write(std::string_view text) const {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);  // progress is seen as it happens, through a pipe too
}

void Session::print(std::string_view line) const { write(std::string{line} + "\n"); }

void Session::hint(std::string_view line) const {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

bool Session::is_up() {
  const auto connected = client().connect();
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
  const ServerAddress& address = client().address();
  if (failure.kind == Kind::no_socket) {
    print(address.url + " no such file");
  } else if (failure.kind == Kind::refused) {
    print(address.url + " refused connection");
  } else {
    print("error: " + address.url + ": " + failure.text);
  }
  std::string text;
  for (const std::string& line : why_unreachable(look_around(address, failure, origin_)))
    text += line + "\n";
  std::fputs(text.c_str(), stderr);
}

void Session::fail(const Failure& failure) {
  fail(exit_code::generic);
  const std::string& url = client().address().url;
  switch (failure.kind) {
    case Kind::no_socket:
    case Kind::refused:
    case Kind::cannot_connect: return tell_unreachable(failure);
    case Kind::lost: return print("error: " + url + ": the connection was lost: " + failure.text);
    case Kind::supervisor:
      fail(exit_code::other_server);
      return print("error: " + url + " is served by " +
                   (failure.text.starts_with("Medusa")
                        ? "Supervisor's own supervisord, which speaks no gRPC: ask it with its own "
                          "supervisorctl"
                        : "an HTTP server that is no supervisord (" + failure.text + ")"));
    case Kind::timed_out: return print("error: " + url + ": no answer within the time limit");
    case Kind::cancelled: return;  // whoever pressed Ctrl-C knows
    case Kind::unauthenticated:
      print("Server requires authentication");
      credentials_wanted_ = true;
      if (!interactive_) print("error: " + url + ": " + failure.text);
      return;
    case Kind::fault: {
      std::string line = "ERROR: " + std::string{fault_name(failure.fault)};
      if (!failure.text.empty()) line += ": " + failure.text;
      return print(line);
    }
    case Kind::other: return print("error: " + url + ": " + failure.text);
  }
}

bool Session::has_new_credentials() {
  if (!std::exchange(credentials_wanted_, false) || !interactive_) return false;
  std::string username;
  std::string password;
  write("Username:");
  if (input_.read(username) != LineInput::Got::line) return false;
  if (input_.read_hidden(password, [this] { write("Password:"); }) != LineInput::Got::line)
    return false;
  write("\n\n");  // the end of the line that was typed, and Supervisor's empty one
  client().set_credentials(username, password);
  return true;
}

}  // namespace supervisorctl
