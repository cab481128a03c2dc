// The web page: status rows in, HTML out. Works without JavaScript; the scripts in assets/ only
// change what stands here. Pure. Paths, texts and the order of columns are Supervisor's (manual,
// "Web Server"), so that bookmarks and what reads the page go on working. All links are relative:
// the page may stand below a prefix of a reverse proxy.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "supervisord/control/control.hpp"
#include "supervisord/process/status.hpp"
#include "supervisord/web/http.hpp"

namespace supervisord::web {

struct StatusPage {
  control::DaemonInfo daemon;
  std::vector<process::Status> rows;  // as sorted_rows() has them
  std::string message;                // what the last action came to; "" for none
  std::string search;                 // only rows that contain it; "" for all
  std::string token;                  // for the forms
};
std::string status_page(const StatusPage& page);

struct TailPage {
  std::string identifier;
  std::string process;  // "" when none was named
  bool is_stderr = false;
  std::int64_t limit = 1024;
  std::string text;  // the log's end, or why there is none
};
std::string tail_page(const TailPage& page);

/// Asks before an action that came by GET, or with a token that is not good any more.
struct ConfirmPage {
  std::string question;  // "Stop web?"
  std::string verb;      // what stands on the button
  std::string target;    // where the button posts to: "index.html?action=stopall"
  std::string token;
  std::string remark;  // "" for none
};
std::string confirm_page(const ConfirmPage& page);

/// Supervisor's "Error response".
std::string error_page(unsigned status, std::string_view message);

/// By group, then name: the order of the page and of its live updates.
std::vector<process::Status> sorted_rows(std::vector<process::Status> rows);

/// What stands in the description column: as `status` prints it.
std::string about(const process::Status& row);

/// An answer with what protects the page: no framing, no outside resource, no type guessing.
Response html_response(unsigned status, std::string body);

}  // namespace supervisord::web
