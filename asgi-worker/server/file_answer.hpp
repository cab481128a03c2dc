// An answer of the server's own while it is sent: bytes, slices of a file, or both in turn. Ends
// with its exchange, which is its only user.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "asgi-worker/http/exchange.hpp"
#include "common/unique_fd.hpp"

namespace asgi_worker::server {

class FileAnswer final : public http::Cycle {
 public:
  struct Part {
    std::string text = {};  // comes first
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };

  /// Begins the answer; it deletes itself at the end.
  static void send(http::Exchange& exchange, int status, std::span<const http::Field> fields,
                   std::vector<Part> parts, common::UniqueFd file = {});

  void on_body(std::string_view) override {}
  void on_body_end() override {}
  void on_writable() override;
  void on_complete() override { self_.reset(); }
  void on_disconnect() override { self_.reset(); }

 private:
  FileAnswer(http::Exchange& exchange, std::vector<Part> parts, common::UniqueFd file);

  http::Exchange& exchange_;
  std::vector<Part> parts_;
  common::UniqueFd file_;
  std::size_t next_ = 0;
  std::unique_ptr<FileAnswer> self_;
};

}  // namespace asgi_worker::server
