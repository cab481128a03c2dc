#include "supervisorctl/shell/editor.hpp"

#include <fcntl.h>
#include <histedit.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cwchar>
#include <fstream>
#include <utility>

#include "supervisorctl/command.hpp"
#include "supervisorctl/output/table.hpp"
#include "supervisorctl/shell/complete.hpp"

namespace supervisorctl {
namespace {

constexpr int most_remembered = 1000;

std::atomic<bool> interrupted = false;

/// While a line is read Ctrl-C only ends the wait for the next key; the editor looks at what was
/// typed then. SIGINT is let in while it waits and never else, so none is missed.
class InterruptsRead {
 public:
  InterruptsRead() {
    interrupted = false;
    sigset_t interrupt;
    ::sigemptyset(&interrupt);
    ::sigaddset(&interrupt, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &interrupt, &mask_before_);
    struct sigaction action {};
    action.sa_handler = [](int) { interrupted = true; };
    ::sigaction(SIGINT, &action, &before_);
  }
  ~InterruptsRead() {
    ::sigaction(SIGINT, &before_, nullptr);
    ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
  }
  InterruptsRead(const InterruptsRead&) = delete;
  InterruptsRead& operator=(const InterruptsRead&) = delete;

  /// The next byte of standard input: 1, 0 at its end, -1 with errno, EINTR for Ctrl-C.
  static ssize_t read_byte(char& byte) {
    sigset_t open;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &open);
    ::sigdelset(&open, SIGINT);
    for (;;) {
      pollfd ready{STDIN_FILENO, POLLIN, 0};
      if (::ppoll(&ready, 1, nullptr, &open) > 0) return ::read(STDIN_FILENO, &byte, 1);
      if (errno != EINTR || interrupted) return -1;
    }
  }

 private:
  sigset_t mask_before_{};
  struct sigaction before_ {};
};

/// A character for libedit: UTF-8 put together from bytes.
int read_character(EditLine*, wchar_t* out) {
  std::mbstate_t state{};
  for (;;) {
    char byte = 0;
    const ssize_t got = InterruptsRead::read_byte(byte);
    if (got <= 0) return static_cast<int>(got);
    switch (std::mbrtowc(out, &byte, 1, &state)) {
      case static_cast<std::size_t>(-1): state = {}; continue;  // no character: passed over
      case static_cast<std::size_t>(-2): continue;              // there is more of it
      default: return 1;
    }
  }
}

}  // namespace

class Editor::Parts {
 public:
  Parts(std::string prompt, std::string history_file, Complete complete)
      : prompt_{std::move(prompt)},
        history_file_{std::move(history_file)},
        complete_{std::move(complete)} {
    if (std::setlocale(LC_CTYPE, "") == nullptr || MB_CUR_MAX == 1)
      std::setlocale(LC_CTYPE, "C.UTF-8");  // names are UTF-8 whatever the surroundings say
    history_ = ::history_init();
    HistEvent event;
    ::history(history_, &event, H_SETSIZE, most_remembered);
    ::history(history_, &event, H_SETUNIQUE, 1);
    editor_ = ::el_init("supervisorctl", stdin, stdout, stderr);
    ::el_set(editor_, EL_CLIENTDATA, this);
    ::el_set(editor_, EL_PROMPT, &Parts::prompt_of);
    ::el_set(editor_, EL_GETCFN, &read_character);
    ::el_set(editor_, EL_EDITOR, "emacs");
    ::el_set(editor_, EL_HIST, ::history, history_);
    ::el_set(editor_, EL_ADDFN, "complete-name", "Completes commands and names", &Parts::on_tab);
    ::el_set(editor_, EL_BIND, "^I", "complete-name", nullptr);
    ::el_set(editor_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    ::el_source(editor_, nullptr);
    read_history();
  }
  ~Parts() {
    write_history();
    ::el_end(editor_);
    ::history_end(history_);
  }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  Got read(std::string& line) {
    int size = 0;
    const char* text = nullptr;
    {
      const InterruptsRead interrupts;
      text = ::el_gets(editor_, &size);
    }
    if (text == nullptr) {
      if (!interrupted) return Got::end;
      const bool had_text = typed() != 0;
      std::fputs(had_text ? "^C\n" : "", stdout);
      ::el_reset(editor_);
      return had_text ? Got::nothing : Got::end;
    }
    line.assign(text, static_cast<std::size_t>(size));
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
    line.resize(line.find_last_not_of(" \t") + 1);  // a completed name has a blank behind it
    if (!line.empty()) {
      HistEvent event;
      ::history(history_, &event, H_ENTER, line.c_str());
    }
    return Got::line;
  }

 private:
  static Parts& of(EditLine* editor) {
    void* data = nullptr;
    ::el_get(editor, EL_CLIENTDATA, &data);
    return *static_cast<Parts*>(data);
  }
  static char* prompt_of(EditLine* editor) { return of(editor).prompt_.data(); }
  static unsigned char on_tab(EditLine* editor, int) { return of(editor).complete(); }

  std::ptrdiff_t typed() const {
    const LineInfo* const info = ::el_line(editor_);
    return info->lastchar - info->buffer;
  }

  /// Adds what is certain; when nothing is, shows what there is to choose from.
  unsigned char complete() {
    const LineInfo* const info = ::el_line(editor_);
    const std::string line{info->buffer, info->cursor};
    const auto words = complete_(line);
    if (words.empty()) return CC_REFRESH_BEEP;
    const std::string typed_word = line.substr(last_word(line));
    std::string more = common_beginning(words).substr(typed_word.size());
    if (words.size() == 1) more += ' ';
    if (!more.empty()) return ::el_insertstr(editor_, more.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
    const std::vector<std::string_view> views{words.begin(), words.end()};
    std::fputs(("\n" + columns(views, Screen::size().first - 1)).c_str(), stdout);
    std::fflush(stdout);
    return CC_REDISPLAY;
  }

  void read_history() {
    if (history_file_.empty()) return;
    std::ifstream in{history_file_};
    HistEvent event;
    for (std::string line; std::getline(in, line);) {
      if (!line.empty()) ::history(history_, &event, H_ENTER, line.c_str());
    }
  }

  void write_history() const {
    if (history_file_.empty()) return;
    std::string text;
    HistEvent event;
    for (int found = ::history(history_, &event, H_LAST); found == 0;
         found = ::history(history_, &event, H_PREV)) {
      std::string line{event.str};
      while (!line.empty() && line.back() == '\n') line.pop_back();
      text += line + "\n";
    }
    const int fd = ::open(history_file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return;
    [[maybe_unused]] const ssize_t size = ::write(fd, text.data(), text.size());
    ::close(fd);
  }

  std::string prompt_;
  std::string history_file_;
  Complete complete_;
  History* history_ = nullptr;
  EditLine* editor_ = nullptr;
};

Editor::Editor(std::string prompt, std::string history_file, Complete complete)
    : parts_{std::make_unique<Parts>(std::move(prompt), std::move(history_file),
                                     std::move(complete))} {}

Editor::~Editor() = default;

Editor::Got Editor::read(std::string& line) { return parts_->read(line); }

}  // namespace supervisorctl
