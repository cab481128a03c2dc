// Any bytes are a request: there is one answer, and what it holds is well-formed XML in UTF-8.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <pugixml.hpp>
#include <string>

#include "common/utf8.hpp"
#include "supervisord/xmlrpc/handler.hpp"
#include "tests/fakes/fake_control.hpp"
#include "tests/fakes/fake_exchange.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace supervisord;
  boost::asio::io_context io;
  control::FakeControl control{io};
  for (const char* const name : {"cat", "down"}) {
    process::Status status;
    status.group = status.name = name;
    status.state = status.name == "cat" ? process::State::running : process::State::stopped;
    control.processes.push_back(status);
  }
  control.logs["cat"] = std::string{"h\xC3\xA4llo\x1B[0m\0", 11};
  const auto client = web::FakeExchange::get("/RPC2");
  client->asked.method = "POST";
  client->asked.body = {reinterpret_cast<const char*>(data), size};
  control::Audit audit{[](common::Level, const std::string& line) {
    if (line.find('\n') != std::string::npos) std::abort();
  }};
  xmlrpc::handler(control, audit)(client);
  io.poll();
  if (!client->answered || control.interests != 0) std::abort();
  const std::string& body = client->answered->body;
  if (client->answered->status != 200) return 0;
  pugi::xml_document document;
  if (!document.load_buffer(body.data(), body.size()) || common::to_utf8(body) != body)
    std::abort();
  return 0;
}
