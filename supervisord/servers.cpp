#include "supervisord/servers.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include "supervisord/listening.hpp"
#include "supervisord/takeover.hpp"

namespace supervisord {
namespace {

bool contains(const std::vector<config::ServerSpec>& specs, const config::ServerSpec& spec) {
  return std::ranges::find(specs, spec) != specs.end();
}

void remove_file(const config::ServerSpec& spec) {
  if (!spec.unix_path.empty()) ::unlink(spec.unix_path.c_str());
}

}  // namespace

common::Result<void> Servers::open(const std::vector<config::ServerSpec>& specs,
                                   std::vector<common::Held>& records) {
  specs_ = specs;
  auto held = take_records(records, "socket:");
  for (const auto& spec : specs_) {
    const auto found = held.find(spec.section);
    const bool is_held = found != held.end() && !found->second.fds.empty();
    auto opened = open_one(spec, is_held ? std::move(found->second.fds[0]) : common::UniqueFd{});
    if (!opened) return opened.error();
  }
  return {};
}

common::Result<void> Servers::replace(const std::vector<config::ServerSpec>& specs) {
  for (const auto& old : specs_) {
    if (contains(specs, old)) continue;
    api_.remove_listener(old.section);
    holder_.drop("socket:" + old.section);
    remove_file(old);
  }
  const auto before = std::exchange(specs_, specs);
  for (const auto& spec : specs_) {
    if (contains(before, spec)) continue;
    if (auto opened = open_one(spec, {}); !opened) return opened.error();
  }
  return {};
}

common::Result<void> Servers::open_one(const config::ServerSpec& spec, common::UniqueFd held) {
  if (!held) {
    auto bound = listen_for(spec);
    if (!bound) return bound.error();
    held = *std::move(bound);
    const int number = held.get();
    holder_.put("socket:" + spec.section, "", std::span{&number, 1});
  }
  api_.add_listener(std::move(held), spec.section,
                    api::local_policy({spec.username, spec.password}));
  return {};
}

void Servers::hand_over() { api_.shutdown(std::chrono::seconds{1}); }

void Servers::shutdown() {
  api_.shutdown(std::chrono::seconds{1});
  std::ranges::for_each(specs_, remove_file);
}

std::optional<std::string> Servers::url() const {
  const auto is_unix = [](const config::ServerSpec& spec) { return !spec.unix_path.empty(); };
  const auto found = std::ranges::find_if(specs_, is_unix);
  if (found != specs_.end()) return "unix://" + found->unix_path;
  if (specs_.empty()) return std::nullopt;
  const auto& first = specs_.front();
  return fmt::format("http://{}:{}", first.host.empty() ? "localhost" : first.host, first.port);
}

}  // namespace supervisord
