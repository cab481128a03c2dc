// The daemon. The keeper starts it (supervisord/keeper/main.cpp is what a user starts) with the
// user's own arguments and the link as descriptor 3; twice at first: to look at the configuration,
// then to work.

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "common/config_search.hpp"
#include "common/log.hpp"
#include "supervisord/daemon.hpp"
#include "supervisord/options.hpp"
#include "supervisord/preflight.hpp"
#include "supervisord/spawner/keeper_launcher.hpp"

namespace {

constexpr int link_fd = 3;
constexpr int usage_status = 2;

int refuse(const std::string& program, const std::string& errors) {
  std::string text;
  std::size_t begin = 0;
  while (begin <= errors.size()) {
    const auto end = std::min(errors.find('\n', begin), errors.size());
    text += "Error: " + errors.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  std::fprintf(stderr, "%sFor help, use %s -h\n", text.c_str(), program.c_str());
  return usage_status;
}

/// The file to read: as named, or found.
common::Result<std::string> config_file(const supervisord::Options& options,
                                        const std::string& program) {
  if (options.configuration) return *options.configuration;
  const auto search = common::find_config_file(
      program, [](const std::string& path) { return ::access(path.c_str(), F_OK) == 0; });
  if (!search.file) return common::Error{common::Errc::not_found, search.not_found_text()};
  if (::getuid() == 0) {
    std::fprintf(stderr,
                 "Warning: Supervisord is running as root and it is searching for its "
                 "configuration file in default "
                 "locations (including its current working directory); you probably want to "
                 "specify a \"-c\" argument "
                 "specifying an absolute path to a configuration file for improved security.\n");
  }
  return *search.file;
}

int preflight(const supervisord::Options& options, const std::string& program,
              supervisord::spawner::KeeperLauncher& keeper) {
  if (options.help) {
    std::fputs(supervisord::help_text(program).c_str(), stdout);
    return 0;
  }
  if (options.version) {
    std::puts(SUPERVISOR_VERSION);
    return 0;
  }
  const auto file = config_file(options, program);
  if (!file) return refuse(program, file.error().context);
  if (options.check) {
    const auto report = supervisord::check_configuration({*file, options.overrides});
    std::fputs(report.text.c_str(), report.good ? stdout : stderr);
    return report.good ? 0 : usage_status;
  }
  const auto passed = supervisord::run_preflight({*file, options.overrides}, keeper);
  return passed ? 0 : refuse(program, passed.error().context);
}

int run(const std::vector<std::string>& words, const std::string& program) {
  boost::asio::io_context io{1};
  auto keeper = supervisord::spawner::KeeperLauncher::connect(io, common::UniqueFd{link_fd});
  if (!keeper) {
    std::fprintf(stderr,
                 "%s: this is supervisord's daemon, which supervisord starts by itself (%s)\n",
                 program.c_str(), keeper.error().context.c_str());
    return usage_status;
  }
  auto snapshot = (*keeper)->hello();
  if (!snapshot) {
    std::fprintf(stderr, "%s: the keeper does not answer: %s\n", program.c_str(),
                 snapshot.error().context.c_str());
    return 1;
  }
  const auto options = supervisord::parse_command_line(words);
  if (!options) return refuse(program, options.error().context);
  if (snapshot->welcome.phase == supervisord::keeper::Phase::preflight)
    return preflight(*options, program, **keeper);

  supervisord::Daemon daemon{io, **keeper, {"", options->overrides}};
  const auto status = daemon.run(*std::move(snapshot));
  if (!status) {
    common::log(common::Level::critical, status.error().context);
    std::fprintf(stderr, "Error: %s\n", status.error().context.c_str());
    return 1;
  }
  return *status;
}

}  // namespace

int main(int count, char** arguments) {
  ::mallopt(M_ARENA_MAX, 2);  // one loop allocates; gRPC's ten threads hardly do
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  const std::string program = count > 0 ? arguments[0] : "supervisord";
  try {
    return run({arguments + std::min(count, 1), arguments + count}, program);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", program.c_str(), error.what());
    return 1;
  }
}
