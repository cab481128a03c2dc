// What supervisord's command line says about [supervisord]: texts by option name, as they were
// given. They beat the file, after every reload too, and are not expanded.
#pragma once

#include <optional>
#include <set>
#include <string>

namespace supervisord::config {

struct Overrides {
  std::optional<std::string> nodaemon;  // flags: "true"
  std::optional<std::string> silent;
  std::optional<std::string> user;
  std::optional<std::string> umask;
  std::optional<std::string> directory;
  std::optional<std::string> logfile;
  std::optional<std::string> logfile_maxbytes;
  std::optional<std::string> logfile_backups;
  std::optional<std::string> loglevel;
  std::optional<std::string> pidfile;
  std::optional<std::string> identifier;
  std::optional<std::string> childlogdir;
  std::optional<std::string> nocleanup;
  std::optional<std::string> minfds;
  std::optional<std::string> minprocs;
  std::optional<std::string> strip_ansi;
  std::set<std::string>
      long_flags;  // those that were given as "--loglevel", not "-e": for messages
};

}  // namespace supervisord::config
