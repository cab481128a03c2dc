// The page, its live updates, /metrics and the probes as HTTP handlers: the thin edge between an
// Exchange and the pure parts. Owned by the daemon beside its connections; on its loop. `io`,
// `control` and `audit` outlive it, and it outlives the exchanges that it has been handed.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <string>

#include "supervisord/control/audit.hpp"
#include "supervisord/control/control.hpp"
#include "supervisord/web/actions.hpp"
#include "supervisord/web/actions_guard.hpp"
#include "supervisord/web/http.hpp"
#include "supervisord/web/live.hpp"
#include "supervisord/web/router.hpp"

namespace supervisord::web {

class PageHandlers {
 public:
  PageHandlers(boost::asio::io_context& io, control::Control& control, control::Audit& audit,
               const GuardKey& key, LiveTimes times = {});

  /// The handlers are good as long as this lives.
  void add_to(Router& router);
  std::size_t live_clients() const { return live_.clients(); }

 private:
  using ExchangePtr = std::shared_ptr<Exchange>;
  using Fields = std::map<std::string, std::string>;
  struct Going;

  void status(const ExchangePtr& exchange);
  void show(Exchange& exchange, const Fields& fields);
  void act(const ExchangePtr& exchange, Fields fields);
  void go(const ExchangePtr& exchange, const Action& action);
  void tail(Exchange& exchange) const;
  void metrics(Exchange& exchange) const;
  void readyz(Exchange& exchange) const;
  Response confirmation(const Request& request, const Action& action, unsigned status,
                        std::string remark) const;

  boost::asio::io_context& io_;
  control::Control& control_;
  control::Audit& audit_;
  Guard guard_;
  Live live_;
};

}  // namespace supervisord::web
