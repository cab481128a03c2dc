#include "supervisord/web/connections.hpp"

#include <utility>

namespace supervisord::web {

void Connections::take(Accepted accepted) {
  const auto connection = std::make_shared<Connection>(loop_, std::move(accepted), settings_);
  open_.insert(connection);
  connection->start([this](Connection& over) { open_.erase(over.shared_from_this()); });
}

void Connections::close() {
  for (const auto& connection : std::exchange(open_, {})) connection->close();
}

}  // namespace supervisord::web
