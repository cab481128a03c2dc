#include "supervisord/config/group_spec.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "common/repr.hpp"
#include "common/values.hpp"
#include "supervisord/config/fcgi_spec.hpp"
#include "supervisord/config/listener_spec.hpp"
#include "supervisord/config/section.hpp"

namespace supervisord::config {
namespace {

constexpr std::array<std::string_view, 2> options{"programs", "priority"};

/// Where a group comes from, for the messages.
struct Made {
  GroupSpec group;
  const RawSection* section;
};

std::string place(const RawSection& section) {
  return section.file + ":" + std::to_string(section.line) + ": [" + section.name + "]";
}

/// As Supervisor's table of processes has it: one name, one process, and the last one is it.
std::vector<ProcessSpec> without_doubles(std::vector<ProcessSpec> processes,
                                         const RawSection& section, Report& report) {
  std::vector<ProcessSpec> kept;
  std::map<std::string, std::size_t> places;
  for (ProcessSpec& process : processes) {
    const auto [there, is_new] = places.emplace(process.name, kept.size());
    if (is_new) {
      kept.push_back(std::move(process));
      continue;
    }
    report.warn(place(section) + ": two processes are named " + common::repr(process.name) +
                " in group " + common::repr(process.group) + ", the last one is taken");
    kept[there->second] = std::move(process);
  }
  return kept;
}

class GroupsReader {
 public:
  GroupsReader(const RawFiles& files, const ProgramContext& context)
      : files_{files}, context_{context} {}

  std::vector<GroupSpec> groups() {
    for (const RawSection& section : files_.sections) {
      if (section.name.starts_with("group:")) read_group(section);
    }
    // Supervisor's order of kinds, which decides between two groups of one priority and name.
    for (const std::string_view kind : {"program:", "eventlistener:", "fcgi-program:"}) {
      for (const RawSection& section : files_.sections) {
        if (!section.name.starts_with(kind)) continue;
        if (!grouped_.contains(section.name)) {
          read_lone_program(section);
        } else if (kind == "fcgi-program:") {
          context_.report.warn(place(section) + ": in a group it runs without its socket");
        }
      }
    }
    return sorted();
  }

 private:
  /// The name behind the colon; reported and none when it is not good.
  std::optional<std::string> name_of(Section& section) {
    const auto name =
        common::parse_name(std::string_view{section.name()}.substr(section.name().find(':') + 1));
    if (name) return *name;
    section.fail("", name.error().context, "a name without blanks, : and /");
    return std::nullopt;
  }

  void read_group(const RawSection& raw) {
    Section section{raw, context_.names, context_.report};
    section.warn_unknown(options);
    const auto name = name_of(section);
    Made made{{.name = name.value_or(""), .processes = {}}, &raw};
    section.read("priority", made.group.priority, common::parse_int, "a whole number");
    const auto programs = section.text("programs");
    for (const std::string& program : common::split_list(programs.value_or(""))) {
      const RawSection* const member = member_section(section, program);
      if (member == nullptr) continue;
      grouped_.insert(member->name);
      if (!name) continue;
      auto processes = read_program(*member, *name, context_);
      std::move(processes.begin(), processes.end(), std::back_inserter(made.group.processes));
    }
    if (name) add(std::move(made));
  }

  const RawSection* member_section(Section& section, const std::string& program) {
    const RawSection* const plain = files_.find("program:" + program);
    const RawSection* const fcgi = files_.find("fcgi-program:" + program);
    const std::string start = "[" + section.name() + "] ";
    if (plain == nullptr && fcgi == nullptr) {
      section.fail("programs", start + "names unknown program or fcgi-program " + program,
                   "names of [program:] sections, separated by commas");
      return nullptr;
    }
    if (plain != nullptr && fcgi != nullptr) {
      section.fail("programs", start + "name " + program +
                                   " is ambiguous (exists as program and fcgi-program)");
      return nullptr;
    }
    return plain != nullptr ? plain : fcgi;
  }

  void read_lone_program(const RawSection& raw) {
    common::Names names{&context_.names};
    Section section{raw, names, context_.report, Section::Suffix::none};
    const auto name = name_of(section);
    if (!name) return;
    names.set("program_name", *name);
    names.set("group_name", *name);
    Made made{{.name = *name, .processes = read_program(raw, *name, context_)}, &raw};
    if (raw.name.starts_with("eventlistener:")) {
      made.group.priority = listener_priority;
      made.group.listener = read_listener(section);
      quiet_stdout(section, made.group.processes);
    }
    if (raw.name.starts_with("fcgi-program:")) {
      made.group.fcgi = read_fcgi_socket(section, context_.surroundings);
      check_address(section, *made.group.fcgi);
    }
    // A bad one is the program's to report.
    const auto priority = common::parse_int(section.quiet_text("priority").value_or(""));
    if (priority) made.group.priority = *priority;
    add(std::move(made));
  }

  void check_address(Section& section, const ListenSpec& fcgi) const {
    for (const SocketSpec& socket : context_.sockets) {
      if (socket.place.url == fcgi.url)
        section.fail("socket", fcgi.url + " is the address of [socket:" + socket.name + "] too",
                     "an address of its own");
    }
  }

  void add(Made made) {
    made.group.processes =
        without_doubles(std::move(made.group.processes), *made.section, context_.report);
    made_.push_back(std::move(made));
  }

  std::vector<GroupSpec> sorted() {
    std::stable_sort(made_.begin(), made_.end(), [](const Made& a, const Made& b) {
      return std::tie(a.group.priority, a.group.name) < std::tie(b.group.priority, b.group.name);
    });
    std::vector<GroupSpec> groups;
    std::set<std::string> names;
    for (Made& made : made_) {
      if (names.insert(made.group.name).second) {
        groups.push_back(std::move(made.group));
        continue;
      }
      context_.report.warn(place(*made.section) + ": another group is named " +
                           common::repr(made.group.name) + " too, this one is dropped");
    }
    return groups;
  }

  const RawFiles& files_;
  const ProgramContext& context_;
  std::set<std::string> grouped_;  // sections that do not form a group of their own
  std::vector<Made> made_;
};

}  // namespace

std::span<const std::string_view> group_options() { return options; }

std::vector<GroupSpec> read_groups(const RawFiles& files, const ProgramContext& context) {
  return GroupsReader{files, context}.groups();
}

}  // namespace supervisord::config
