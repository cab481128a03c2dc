// pidproxy PIDFILE CMD [ARG...]: Supervisor's go-between for a program that puts itself into the
// background. Runs CMD and hands the signals that it is sent to the process whose number stands in
// PIDFILE at that moment; ends when CMD has ended or after TERM, INT and QUIT. Source: Supervisor
// manual, "pidproxy Program"; ours: CMD's end is noticed at once.
#include <signal.h>
#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/process/v2/environment.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/system/error_code.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <string>
#include <vector>

#include "common/error.hpp"

namespace {

namespace asio = boost::asio;
namespace process = boost::process::v2;

constexpr int usage_status = 1;
constexpr int not_found_status = 127;

/// 0 when there is none to be read.
pid_t read_pid(const std::string& path) {
  std::ifstream file{path};
  pid_t pid = 0;
  return file >> pid && pid > 0 ? pid : 0;
}

class Proxy {
 public:
  Proxy(asio::io_context& io, std::string pidfile) : signals_{io}, pidfile_{std::move(pidfile)} {
    for (const int number : {SIGTERM, SIGHUP, SIGINT, SIGUSR1, SIGUSR2, SIGQUIT})
      signals_.add(number);
    wait();
  }

  void stop() { signals_.cancel(); }

 private:
  void wait() {
    signals_.async_wait([this](const boost::system::error_code& error, int number) {
      if (error) return;
      hand_on(number);
      const bool ends = number == SIGTERM || number == SIGINT || number == SIGQUIT;
      if (ends) std::_Exit(EXIT_SUCCESS);  // CMD lives on, or ends by what it was sent
      wait();
    });
  }

  void hand_on(int number) {
    const pid_t pid = read_pid(pidfile_);
    if (pid == 0) {
      std::printf("Can't read child pidfile %s!\n", pidfile_.c_str());
      std::fflush(stdout);
    } else if (::kill(pid, number) != 0) {
      std::printf("Can't signal %d: %s\n", static_cast<int>(pid),
                  common::errno_name(errno).c_str());
      std::fflush(stdout);
    }
  }

  asio::signal_set signals_;
  std::string pidfile_;
};

int run(const std::string& pidfile, const std::string& command,
        const std::vector<std::string>& arguments) {
  const bool is_path = command.find('/') != std::string::npos;
  const auto executable =
      is_path ? process::filesystem::path{command} : process::environment::find_executable(command);
  if (executable.empty()) {
    std::fprintf(stderr, "pidproxy: can't find command '%s'\n", command.c_str());
    return not_found_status;
  }
  asio::io_context io{1};
  Proxy proxy{io, pidfile};
  process::process child{io, executable, arguments};
  child.async_wait([&](const boost::system::error_code&, int) { proxy.stop(); });
  io.run();
  child.detach();  // its destructor would kill and wait
  return EXIT_SUCCESS;
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) {
    std::printf("Usage: %s <pidfile name> <command> [<cmdarg1> ...]\n",
                count > 0 ? words[0] : "pidproxy");
    return usage_status;
  }
  try {
    return run(words[1], words[2], {words + 3, words + count});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pidproxy: %s\n", error.what());
    return not_found_status;
  }
}
