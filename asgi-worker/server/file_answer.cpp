#include "asgi-worker/server/file_answer.hpp"

#include <utility>

namespace asgi_worker::server {

FileAnswer::FileAnswer(http::Exchange& exchange, std::vector<Part> parts, common::UniqueFd file)
    : exchange_{exchange}, parts_{std::move(parts)}, file_{std::move(file)} {}

void FileAnswer::send(http::Exchange& exchange, int status, std::span<const http::Field> fields,
                      std::vector<Part> parts, common::UniqueFd file) {
  std::unique_ptr<FileAnswer> answer{new FileAnswer{exchange, std::move(parts), std::move(file)}};
  FileAnswer& sent = *answer;
  sent.self_ = std::move(answer);
  exchange.attach(sent);
  exchange.start(status, fields);
  sent.on_writable();
}

void FileAnswer::on_writable() {
  while (next_ < parts_.size()) {
    const Part& part = parts_[next_++];
    if (!part.text.empty()) exchange_.write(part.text);
    if (part.size == 0) continue;
    return exchange_.write_file(file_.get(), part.offset, part.size);
  }
  exchange_.finish();  // which ends this
}

}  // namespace asgi_worker::server
