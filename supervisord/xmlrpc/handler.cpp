#include "supervisord/xmlrpc/handler.hpp"

#include <memory>
#include <utility>

#include "supervisord/xmlrpc/methods.hpp"
#include "supervisord/xmlrpc/parse.hpp"
#include "supervisord/xmlrpc/write.hpp"

namespace supervisord::xmlrpc {
namespace {

std::string written(const Answer& answer) {
  if (const auto* const value = std::get_if<Value>(&answer)) return write_response(*value);
  const auto& fault = std::get<Fault>(answer);
  return write_fault(static_cast<int>(fault.code), fault.text);
}

}  // namespace

web::Handler handler(control::Control& control, control::Audit& audit) {
  return [&control, &audit](const std::shared_ptr<web::Exchange>& exchange) {
    if (exchange->request().method != "POST") return exchange->answer(web::error_response(400));
    const auto request = parse_call(exchange->request().body);
    if (!request) return exchange->answer(web::error_response(400));
    const auto session = std::make_shared<Session>(
        Session{control, audit, exchange->request().who + " as admin", nullptr});
    exchange->on_gone([session] { session->waiting.reset(); });
    call(session, request->method, request->params, [exchange](const Answer& answer) {
      exchange->answer({.content_type = "text/xml", .body = written(answer)});
    });
  };
}

}  // namespace supervisord::xmlrpc
