// Manual pages, made while building: manual supervisord | asgi-worker, from the tables of their
// options; manual supervisord.conf FILE, from docs/configuration.md, which a test holds against the
// keys that the code knows.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "asgi-worker/options/help.hpp"
#include "asgi-worker/options/table.hpp"
#include "common/roff.hpp"
#include "supervisord/options.hpp"

namespace {

using common::roff;
using common::roff_entry;

std::string supervisord_page() {
  return ".TH SUPERVISORD 8\n"
         ".SH NAME\n"
         "supervisord \\- keep programs running, as Supervisor does\n"
         ".SH SYNOPSIS\n"
         ".B supervisord\n"
         "[\\fIoptions\\fR]\n"
         ".SH DESCRIPTION\n"
         "Reads Supervisor's configuration files, starts their programs and starts them again. "
         "It is two processes:\n"
         "the keeper, which is the parent of all programs, and the daemon, which may be replaced "
         "while they run on.\n"
         ".BR supervisorctl (1)\n"
         "asks it and tells it what to do.\n"
         ".SH OPTIONS\n" +
         common::roff_options(supervisord::option_table()) + ".SH SIGNALS\n" +
         roff_entry("TERM, INT, QUIT", "", "stop all programs, and end") +
         roff_entry("HUP", "", "stop all programs, read the configuration, start anew") +
         roff_entry("USR2", "", "open the log files again") + ".SH EXIT STATUS\n" +
         roff_entry("0", "", "it was told to end") +
         roff_entry("2", "", "a bad command line, a bad configuration, or an address in use") +
         roff_entry("other", "", "of the program that exit_on names") +
         ".SH FILES\n"
         ".TP\n.I /etc/supervisor/supervisord.conf\n"
         "the last of the places where a configuration is looked for without \\fB\\-c\\fR. "
         "Before it come\n"
         "\\&../etc/supervisord.conf and ../supervisord.conf beside the program, "
         "./supervisord.conf, ./etc/supervisord.conf and /etc/supervisord.conf.\n"
         ".SH SEE ALSO\n"
         ".BR supervisord.conf (5),\n.BR supervisorctl (1)\n";
}

std::string flags_of(const asgi_worker::options::Row& row) {
  std::string out;
  for (const char letter : row.flags)
    out += letter == ' ' ? std::string{", "} : std::string{letter};
  return out;
}

std::string asgi_worker_page() {
  using namespace asgi_worker::options;
  std::string out =
      ".TH ASGI\\-WORKER 1\n"
      ".SH NAME\n"
      "asgi\\-worker \\- serve a Python ASGI application over HTTP\n"
      ".SH SYNOPSIS\n"
      ".B asgi\\-worker\n"
      "[\\fIoptions\\fR] \\fIMODULE\\fR:\\fIATTRIBUTE\\fR\n"
      ".SH DESCRIPTION\n"
      "Takes uvicorn's and gunicorn's options, and runs in the application's own interpreter.\n"
      "Where two places say the same, the later counts: default, PORT WEB_CONCURRENCY "
      "FORWARDED_ALLOW_IPS,\n"
      "configuration files, GUNICORN_CMD_ARGS, UVICORN_* and GRANIAN_*, ASGI_WORKER_*, command "
      "line.\n"
      ".SH OPTIONS\n";
  for (const Topic topic : topics) {
    out += ".SS " + roff(title(topic)) + "\n";
    for (const Row& row : rows()) {
      if (row.topic == topic && !row.help.empty() && !row.flags.empty())
        out += roff_entry(flags_of(row), row.value, remark_in_help(row));
    }
  }
  return out + ".SH EXIT STATUS\n" + roff_entry("0", "", "stopped") +
         roff_entry("1", "", "failure") + roff_entry("2", "", "usage") +
         roff_entry("3", "", "the application cannot start") +
         ".SH SEE ALSO\n.BR supervisord (8)\n";
}

/// A line of Markdown's inline marks: `code` and **strong** in bold.
std::string inline_text(std::string_view text) {
  std::string out;
  bool is_bold = false;
  std::string plain;
  const auto turn = [&] {
    out += roff(plain) + (is_bold ? "\\fR" : "\\fB");
    plain.clear();
    is_bold = !is_bold;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '`') {
      turn();
    } else if (text.substr(at, 2) == "**") {
      turn();
      ++at;
    } else {
      plain += text[at];
    }
  }
  return out + roff(plain);
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  for (std::size_t begin = 2; begin < line.size();) {
    const std::size_t end = std::min(line.find(" |", begin), line.size());
    cells.push_back(line.substr(begin, end - begin));
    begin = end + 3;
  }
  return cells;
}

/// Markdown as docs/configuration.md uses it: headings, paragraphs, lists, tables, code.
class Page {
 public:
  void add(const std::string& line) {
    if (line.starts_with("```")) {
      is_code_ = !is_code_;
      out_ += is_code_ ? ".PP\n.nf\n" : ".fi\n";
    } else if (is_code_) {
      out_ += roff(line) + "\n";
    } else if (line.starts_with("# ")) {
      out_ += ".SH DESCRIPTION\n";
      after_gap_ = false;
    } else if (line.starts_with("## ")) {
      out_ += ".SH " + inline_text(line.substr(3)) + "\n";
      after_gap_ = false;
    } else if (line.starts_with("|")) {
      add_row(line);
    } else if (line.empty()) {
      columns_.clear();
      after_gap_ = true;
    } else {
      add_text(line);
    }
  }
  const std::string& text() const { return out_; }

 private:
  void add_row(const std::string& line) {
    after_gap_ = true;
    const auto cells = cells_of(line);
    if (columns_.empty()) {
      columns_ = cells;
      return;
    }
    if (line.starts_with("|--")) return;
    out_ += ".TP 8\n\\fB" + inline_text(stripped(cells.front())) + "\\fR\n";
    std::string text;
    for (std::size_t at = 1; at < cells.size(); ++at) {
      if (cells[at].empty()) continue;
      const bool is_default = at < columns_.size() && columns_[at] == "default";
      text += (text.empty() ? "" : "; ") + std::string{is_default ? "default " : ""} + cells[at];
    }
    out_ += inline_text(text) + "\n";
  }
  void add_text(const std::string& line) {
    if (line.starts_with("- ")) {
      out_ += ".IP \\(bu 2\n" + inline_text(line.substr(2)) + "\n";
    } else {
      if (after_gap_) out_ += ".PP\n";
      out_ += inline_text(line.substr(std::min(line.find_first_not_of(' '), line.size()))) + "\n";
    }
    after_gap_ = false;
  }
  static std::string stripped(std::string text) {
    std::erase(text, '`');
    return text;
  }

  std::string out_ =
      ".TH SUPERVISORD.CONF 5\n"
      ".SH NAME\n"
      "supervisord.conf \\- what supervisord runs, and how\n";
  std::vector<std::string> columns_;  // of the table that a row belongs to
  bool is_code_ = false;
  bool after_gap_ = false;  // an empty line, or a table
};

std::string configuration_page(std::istream& document) {
  Page page;
  for (std::string line; std::getline(document, line);) page.add(line);
  return page.text() + ".SH SEE ALSO\n.BR supervisord (8),\n.BR supervisorctl (1)\n";
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words{argv + 1, argv + argc};
  std::string page;
  if (words == std::vector<std::string>{"supervisord"}) page = supervisord_page();
  if (words == std::vector<std::string>{"asgi-worker"}) page = asgi_worker_page();
  if (words.size() == 2 && words[0] == "supervisord.conf") {
    std::ifstream document{words[1]};
    if (document) page = configuration_page(document);
  }
  if (page.empty()) {
    std::fputs("usage: manual supervisord | asgi-worker | supervisord.conf FILE\n", stderr);
    return 2;
  }
  std::fputs(page.c_str(), stdout);
  return 0;
}
