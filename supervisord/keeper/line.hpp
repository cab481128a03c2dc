// The keeper's own lines, while no daemon takes them: in the main log's form; and on the terminal,
// before there is a log.
#pragma once

#include <sys/time.h>

#include <string>
#include <string_view>

#include "supervisord/keeper/messages.hpp"

namespace supervisord::keeper {

/// "2026-11-23 07:12:00,123 WARN text\n", in local time.
std::string log_line(timeval at, NoteLevel level, std::string_view text);

/// On standard error, the user's terminal, with a line's end. Not pure.
void print(const std::string& text);

}  // namespace supervisord::keeper
