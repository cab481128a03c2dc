#include "supervisord/servers.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include "common/log.hpp"
#include "supervisord/listening.hpp"
#include "supervisord/takeover.hpp"
#include "supervisord/web/auth.hpp"
#include "supervisord/web/logtail.hpp"
#include "supervisord/web/router.hpp"
#include "supervisord/xmlrpc/handler.hpp"

namespace supervisord {
namespace {

bool contains(const std::vector<config::ServerSpec>& specs, const config::ServerSpec& spec) {
  return std::ranges::find(specs, spec) != specs.end();
}

/// All that is there over HTTP, in Supervisor's order.
web::Router routes(control::Control& control, control::Audit& audit, web::PageHandlers& pages) {
  web::Router router;
  router.add_prefix("/RPC2", xmlrpc::handler(control, audit))
      .add_prefix("/logtail", web::process_log_handler(control))
      .add_prefix("/mainlogtail", web::main_log_handler(control))
      .add("/ok.html", web::answer_ok);
  pages.add_to(router);
  return router;
}

/// Who it is, for the log.
std::string peer_text(const api::HttpConnection& connection) {
  if (const auto& process = connection.peer.process)
    return fmt::format("unix pid {} uid {}", process->pid, process->uid);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getpeername(connection.fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      address.sin_family != AF_INET) {
    return "";
  }
  char text[INET_ADDRSTRLEN] = "";
  ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
  return fmt::format("{}:{}", text, ntohs(address.sin_port));
}

/// The same with the user who gave the password, for the audit lines.
std::string who_text(const api::HttpConnection& connection, const std::string& peer) {
  const auto& process = connection.peer.process;
  const std::string from = process         ? api::text_of(*process)
                           : !peer.empty() ? peer
                                           : connection.peer.address;
  const std::string& user = connection.credentials.username;
  return user.empty() ? from : "user " + user + " from " + from;
}

void remove_file(const config::ServerSpec& spec) {
  if (!spec.unix_path.empty()) ::unlink(spec.unix_path.c_str());
}

}  // namespace

api::RemoteAccess remote_access(const config::ServerSpec& spec) {
  return {{spec.grpc->certfile, spec.grpc->keyfile, spec.grpc->client_ca},
          spec.grpc->tokens_file,
          spec.allow_users,
          spec.allow_groups};
}

Servers::Servers(boost::asio::io_context& io, control::Control& control, common::Holder& holder)
    : holder_{holder},
      pages_{io, control, audit_, web::random_guard_key()},
      connections_{io, routes(control, audit_, pages_)},
      api_{io, control, {.http = [this](api::HttpConnection connection) {
             take_http(std::move(connection));
           }}} {}

void Servers::take_http(api::HttpConnection connection) {
  web::Accepted accepted;
  accepted.peer = peer_text(connection);
  accepted.who = who_text(connection, accepted.peer);
  accepted.over_unix_socket = connection.peer.process.has_value();
  accepted.fd = std::move(connection.fd);
  if (!connection.credentials.username.empty()) {
    accepted.authorize = [credentials = std::move(connection.credentials)](auto field) {
      return web::check_basic(field, credentials.username, credentials.password);
    };
  }
  connections_.take(std::move(accepted));
}

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
  if (spec.grpc) {
    api_.add_remote_listener(std::move(held), spec.section, remote_access(spec));
    return {};
  }
  api_.add_listener(std::move(held), spec.section,
                    api::local_policy({spec.username, spec.password},
                                      {spec.allow_users, spec.allow_groups, ::getuid()}));
  return {};
}

void Servers::hand_over() { api_.shutdown(std::chrono::seconds{1}); }

void Servers::shutdown() {
  connections_.close();
  api_.shutdown(std::chrono::seconds{1});
  std::ranges::for_each(specs_, remove_file);
}

std::optional<std::string> Servers::url() const {
  const auto is_unix = [](const config::ServerSpec& spec) { return !spec.unix_path.empty(); };
  const auto found = std::ranges::find_if(specs_, is_unix);
  if (found != specs_.end()) return "unix://" + found->unix_path;
  if (specs_.empty() || specs_.front().grpc) return std::nullopt;  // those of gRPC come last
  const auto& first = specs_.front();
  return fmt::format("http://{}:{}", first.host.empty() ? "localhost" : first.host, first.port);
}

}  // namespace supervisord
