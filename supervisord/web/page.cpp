#include "supervisord/web/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <tuple>

#include "supervisord/web/page_escape.hpp"

namespace supervisord::web {
namespace {

using process::State;
using process::Status;
using Rows = std::vector<Status>;

constexpr std::array all_states{State::running, State::starting, State::backoff, State::stopping,
                                State::stopped, State::exited,   State::fatal,   State::unknown};

std::string lower(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string_view state_class(State state) {
  switch (state) {
    case State::running: return "statusrunning";
    case State::backoff:
    case State::fatal: return "statuserror";
    case State::stopped:
    case State::starting:
    case State::stopping:
    case State::exited:
    case State::unknown: return "statusnominal";
  }
  return "statusnominal";
}

// The three that start a process's row are always there, and hidden when the state has no use for
// them: a change of state then only sets and clears `hidden`.
bool offers_start(State state) {
  return state == State::stopped || state == State::exited || state == State::fatal;
}
bool offers_stop(State state) { return state == State::running; }

struct Button {
  std::string_view verb;   // as in the URL
  std::string_view label;  // as on the button
  bool hidden = false;
};

std::string button(const std::string& process, const Button& what) {
  return fmt::format(
      R"(<button form="act" class="{0}" formaction="index.html?processname={1}&amp;action={0}" aria-label="{2} {3}"{4}>{2}</button>)",
      what.verb, url_encoded(process), what.label, html(process), what.hidden ? " hidden" : "");
}

std::string tail_link(const std::string& process, std::string_view path, std::string_view label) {
  return fmt::format(
      R"(<a class="follow" href="logtail/{}{}" target="_blank" rel="noopener" aria-label="{} of {}">{}</a>)",
      url_encoded(process), path, label, html(process), label);
}

std::string row_html(const Status& row) {
  const std::string name = row.display_name();
  std::string actions;
  actions += "<span class=\"verbs\">";
  actions += button(name, {"start", "Start", !offers_start(row.state)});
  actions += button(name, {"restart", "Restart", !offers_stop(row.state)});
  actions += button(name, {"stop", "Stop", !offers_stop(row.state)});
  actions += "</span>";
  const bool has_stdout = !row.stdout_logfile.empty();
  const bool has_stderr = !row.stderr_logfile.empty();
  if (has_stdout || has_stderr) actions += button(name, {"clearlog", "Clear Log"});
  if (has_stdout) actions += tail_link(name, "", "Tail -f Stdout");
  if (has_stderr) actions += tail_link(name, "/stderr", "Tail -f Stderr");
  return fmt::format(
      R"(<tr role="row" class="process" data-name="{0}" data-state="{1}">)"
      R"(<td role="cell" class="status"><span class="{2}">{3}</span></td>)"
      R"(<td role="cell" class="about">{4}</td>)"
      R"(<td role="cell" class="name"><a href="tail.html?processname={5}">{0}</a></td>)"
      R"(<td role="cell" class="actions">{6}</td></tr>)"
      "\n",
      html(name), state_name(row.state), state_class(row.state), lower(state_name(row.state)),
      html(about(row)), url_encoded(name), actions);
}

bool is_a_group(Rows::const_iterator first, Rows::const_iterator last) {
  return std::distance(first, last) > 1 || first->name != first->group;
}

std::string group_html(Rows::const_iterator first, Rows::const_iterator last) {
  const auto running =
      std::count_if(first, last, [](const Status& row) { return row.state == State::running; });
  const std::string all = first->group + ":*";
  return fmt::format(
      R"(<tr role="row" class="group"><th role="rowheader" scope="rowgroup">{}</th>)"
      R"(<td role="cell" class="about count">{} of {} running</td>)"
      R"(<td role="cell" class="actions"><span class="verbs">{}{}{}</span></td></tr>)"
      "\n",
      html(first->group), running, std::distance(first, last), button(all, {"start", "Start"}),
      button(all, {"restart", "Restart"}), button(all, {"stop", "Stop"}));
}

bool matches(const Status& row, const std::string& wanted) {
  return lower(row.display_name() + " " + std::string{state_name(row.state)} + " " + about(row))
             .find(wanted) != std::string::npos;
}

std::string table_html(const Rows& rows, const std::string& search) {
  Rows shown;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(shown),
               [wanted = lower(search)](const Status& row) { return matches(row, wanted); });
  if (rows.empty()) return "<p id=\"none\">No programs to manage</p>\n";
  std::string out =
      "<table id=\"processes\" role=\"table\" aria-label=\"Processes\">\n"
      "<thead role=\"rowgroup\"><tr role=\"row\"><th role=\"columnheader\" "
      "class=\"status\">State</th>"
      "<th role=\"columnheader\" class=\"about\">Description</th>"
      "<th role=\"columnheader\" class=\"name\">Name</th>"
      "<th role=\"columnheader\" class=\"actions\">Action</th></tr></thead>\n";
  for (auto first = shown.cbegin(); first != shown.cend();) {
    const auto last = std::find_if(first, shown.cend(),
                                   [&](const Status& row) { return row.group != first->group; });
    out += "<tbody role=\"rowgroup\">\n";
    if (is_a_group(first, last)) out += group_html(first, last);
    for (auto row = first; row != last; ++row) out += row_html(*row);
    out += "</tbody>\n";
    first = last;
  }
  out += "</table>\n";
  const bool has_none = shown.empty();
  out += fmt::format("<p id=\"nomatch\"{}>No process matches</p>\n", has_none ? "" : " hidden");
  return out;
}

/// "980 running", each a search for its state.
std::string counts_html(const Rows& rows) {
  std::string out = "<ul id=\"counts\" aria-label=\"Processes by state\">";
  for (const State state : all_states) {
    const auto count = std::count_if(rows.begin(), rows.end(),
                                     [&](const Status& row) { return row.state == state; });
    const std::string name = lower(state_name(state));
    out += fmt::format(
        R"(<li data-state="{}"{}><a class="{}" href="index.html?search={}"><b>{}</b> {}</a></li>)",
        state_name(state), count == 0 ? " hidden" : "", state_class(state), name, count, name);
  }
  return out + "</ul>\n";
}

std::string head_html(const std::string& title, std::string_view script) {
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{}</title>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<link rel=\"icon\" href=\"images/icon.svg\" type=\"image/svg+xml\">\n"
      "<link rel=\"stylesheet\" href=\"stylesheets/supervisor.css\">\n",
      html(title));
  if (!script.empty()) {
    out += fmt::format("<script type=\"module\" src=\"scripts/{}\"></script>\n", script);
  }
  return out + "</head>\n";
}

std::string hidden_token(const std::string& token) {
  return fmt::format(R"(<input type="hidden" name="token" value="{}">)", html(token));
}

}  // namespace

std::vector<Status> sorted_rows(std::vector<Status> rows) {
  std::sort(rows.begin(), rows.end(), [](const Status& a, const Status& b) {
    return std::tie(a.group, a.name) < std::tie(b.group, b.name);
  });
  return rows;
}

std::string about(const Status& row) {
  std::string text = row.description();
  if (row.state == State::running && !row.status_text.empty()) text += ", " + row.status_text;
  return text;
}

std::string status_page(const StatusPage& page) {
  std::string out = head_html(page.daemon.identifier, "page.js");
  out += fmt::format(
      "<body>\n<header>\n<h1>{}</h1>\n"
      "<p id=\"live\" hidden>live</p>\n"
      "<form id=\"act\" method=\"post\" action=\"index.html\">{}"
      "<a class=\"button\" id=\"refresh\" href=\"index.html?action=refresh\">Refresh</a>"
      "<button formaction=\"index.html?action=restartall\">Restart All</button>"
      "<button formaction=\"index.html?action=stopall\">Stop All</button></form>\n"
      "</header>\n<main>\n",
      html(page.daemon.identifier), hidden_token(page.token));
  out += fmt::format("<p id=\"message\" role=\"status\">{}</p>\n", html(page.message));
  out += counts_html(page.rows);
  out += fmt::format(
      "<form id=\"search\" role=\"search\" action=\"index.html\"><label "
      "for=\"wanted\">Search</label>"
      "<input id=\"wanted\" type=\"search\" name=\"search\" value=\"{}\" autocomplete=\"off\" "
      "placeholder=\"name, state or description\"><button>Search</button></form>\n",
      html(page.search));
  out += table_html(page.rows, page.search);
  out += fmt::format(
      "</main>\n<footer><a class=\"follow\" href=\"mainlogtail\" target=\"_blank\" "
      "rel=\"noopener\">"
      "Main log</a> <span id=\"version\">supervisor-suite {}</span></footer>\n</body>\n</html>\n",
      html(page.daemon.version));
  return out;
}

std::string tail_page(const TailPage& page) {
  const std::string name = url_encoded(page.process);
  const auto link = [&](bool is_stderr) {
    return fmt::format("tail.html?processname={}&amp;limit={}{}", name, page.limit,
                       is_stderr ? "&amp;channel=stderr" : "");
  };
  std::string out = head_html(page.identifier + " tail of process " + page.process, "tail.js");
  out += fmt::format("<body class=\"tail\">\n<header>\n<h1>{}</h1>\n<nav>",
                     html(page.process.empty() ? std::string{"Log"} : page.process));
  if (!page.process.empty()) {
    out += fmt::format(
        "<a class=\"button\" id=\"refresh\" href=\"{}\">Refresh</a>"
        "<a href=\"{}\"{}>stdout</a><a href=\"{}\"{}>stderr</a>"
        "<a class=\"follow\" href=\"logtail/{}{}\">Tail -f {}</a>",
        link(page.is_stderr), link(false), page.is_stderr ? "" : " aria-current=\"page\"",
        link(true), page.is_stderr ? " aria-current=\"page\"" : "", name,
        page.is_stderr ? "/stderr" : "", page.is_stderr ? "Stderr" : "Stdout");
  }
  out += fmt::format(
      "<a href=\"index.html\">All processes</a></nav>\n</header>\n"
      "<main><p id=\"message\" role=\"status\"></p><pre id=\"log\" tabindex=\"0\">{}</pre></main>\n"
      "</body>\n</html>\n",
      html(page.text));
  return out;
}

std::string confirm_page(const ConfirmPage& page) {
  return head_html(page.question, "") +
         fmt::format(
             "<body class=\"confirm\">\n<main>\n<h1>{}</h1>\n<p id=\"message\">{}</p>\n"
             "<form method=\"post\" action=\"{}\">{}<button>{}</button> "
             "<a class=\"button\" "
             "href=\"index.html\">Cancel</a></form>\n</main>\n</body>\n</html>\n",
             html(page.question), html(page.remark), html(page.target), hidden_token(page.token),
             html(page.verb));
}

std::string error_page(unsigned status, std::string_view message) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Error "
      "response</title>"
      "</head>\n<body>\n<h1>Error response</h1>\n<p>Error code {}.</p>\n<p>Message: {}.</p>\n"
      "</body></html>\n",
      status, html(message));
}

Response html_response(unsigned status, std::string body) {
  Response response;
  response.status = status;
  response.fields = {
      {"Content-Security-Policy",
       "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"},
      {"X-Frame-Options", "DENY"},
      {"X-Content-Type-Options", "nosniff"},
      // With no-referrer a browser sends `Origin: null` with our own forms.
      {"Referrer-Policy", "same-origin"},
      {"Cache-Control", "no-store"},
  };
  response.body = std::move(body);
  return response;
}

}  // namespace supervisord::web
