// All HTTP connections of the daemon: takes them as they were accepted, ends them with itself.
// Owned by the daemon's Servers; on its loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <unordered_set>

#include "supervisord/web/connection.hpp"

namespace supervisord::web {

class Connections {
 public:
  Connections(boost::asio::io_context& loop, Handler handler, Limits limits = {})
      : loop_{loop},
        settings_{std::make_shared<const ConnectionSettings>(
            ConnectionSettings{std::move(handler), limits})} {}
  ~Connections() { close(); }
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  /// Over Limits::connections: answered 503 and closed at once; a WARN line for the first one.
  void take(Accepted accepted);
  /// Ends all; the handler is not called any more.
  void close();
  std::size_t count() const { return open_.size(); }

 private:
  void refuse(const Accepted& accepted);

  boost::asio::io_context& loop_;
  std::shared_ptr<const ConnectionSettings> settings_;
  std::unordered_set<std::shared_ptr<Connection>> open_;
  bool is_full_ = false;  // and it was said
};

}  // namespace supervisord::web
