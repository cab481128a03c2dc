#include "common/signals.hpp"

#include <algorithm>
#include <cctype>
#include <csignal>

namespace common {
namespace {

struct Row {
  std::string_view name;
  int number;
};

// Where two names share a number, the one to print stands first. RTMIN and RTMAX are what glibc
// leaves to programs.
constexpr Row rows[] = {
    {"SIGHUP", SIGHUP},       {"SIGINT", SIGINT},       {"SIGQUIT", SIGQUIT},
    {"SIGILL", SIGILL},       {"SIGTRAP", SIGTRAP},     {"SIGABRT", SIGABRT},
    {"SIGIOT", SIGIOT},       {"SIGBUS", SIGBUS},       {"SIGFPE", SIGFPE},
    {"SIGKILL", SIGKILL},     {"SIGUSR1", SIGUSR1},     {"SIGSEGV", SIGSEGV},
    {"SIGUSR2", SIGUSR2},     {"SIGPIPE", SIGPIPE},     {"SIGALRM", SIGALRM},
    {"SIGTERM", SIGTERM},     {"SIGSTKFLT", SIGSTKFLT}, {"SIGCHLD", SIGCHLD},
    {"SIGCLD", SIGCHLD},      {"SIGCONT", SIGCONT},     {"SIGSTOP", SIGSTOP},
    {"SIGTSTP", SIGTSTP},     {"SIGTTIN", SIGTTIN},     {"SIGTTOU", SIGTTOU},
    {"SIGURG", SIGURG},       {"SIGXCPU", SIGXCPU},     {"SIGXFSZ", SIGXFSZ},
    {"SIGVTALRM", SIGVTALRM}, {"SIGPROF", SIGPROF},     {"SIGWINCH", SIGWINCH},
    {"SIGPOLL", SIGPOLL},     {"SIGIO", SIGIO},         {"SIGPWR", SIGPWR},
    {"SIGSYS", SIGSYS},       {"SIGRTMIN", 34},         {"SIGRTMAX", 64},
};

}  // namespace

std::string signal_name(int number) {
  for (const Row& row : rows) {
    if (row.number == number) return std::string{row.name};
  }
  return "signal " + std::to_string(number);
}

std::optional<int> signal_number(std::string_view name) {
  std::string wanted{name};
  std::transform(wanted.begin(), wanted.end(), wanted.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (!wanted.starts_with("SIG")) wanted.insert(0, "SIG");
  for (const Row& row : rows) {
    if (row.name == wanted) return row.number;
  }
  return std::nullopt;
}

bool is_named_signal(int number) {
  return std::any_of(std::begin(rows), std::end(rows),
                     [&](const Row& row) { return row.number == number; });
}

}  // namespace common
