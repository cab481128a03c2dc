// A web::Exchange that keeps what it was answered. Its stream takes each piece when the test says
// so.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "supervisord/web/http.hpp"

namespace supervisord::web {

class FakeExchange final : public Exchange,
                           public Stream,
                           public std::enable_shared_from_this<FakeExchange> {
 public:
  explicit FakeExchange(Request request) : asked{std::move(request)} {}
  static std::shared_ptr<FakeExchange> get(std::string path, std::string query = "") {
    return std::make_shared<FakeExchange>(
        Request{.method = "GET", .path = std::move(path), .query = std::move(query)});
  }

  const Request& request() const override { return asked; }
  void answer(Response response) override { answered = std::move(response); }
  std::shared_ptr<Stream> stream(Response head) override {
    streamed = std::move(head);
    return shared_from_this();
  }
  void on_gone(std::function<void()> gone) override { gone_ = std::move(gone); }

  void write(std::string piece, std::function<void()> taken) override {
    body += piece;
    taken_ = std::move(taken);
  }
  void end() override { ended = true; }

  /// The client has taken the piece.
  void take() {
    if (const auto taken = std::exchange(taken_, nullptr)) taken();
  }
  /// The client leaves.
  void leave() {
    taken_ = nullptr;
    if (const auto gone = std::exchange(gone_, nullptr)) gone();
  }

  Request asked;
  std::optional<Response> answered;
  std::optional<Response> streamed;  // the head
  std::string body;                  // of the stream
  bool ended = false;

 private:
  std::function<void()> taken_;
  std::function<void()> gone_;
};

}  // namespace supervisord::web
