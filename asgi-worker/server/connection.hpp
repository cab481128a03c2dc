// One accepted socket that speaks HTTP/1: reads, parses, hands requests to the application one at a
// time, and sends their answers. It is the http::Exchange of the request that runs. Owned by the
// turn; it closes itself. One thread.
//
// Input is read into the turn's space and parsed there; only what is left over (half a head, a body
// that the application does not take yet, requests behind the one that runs) is copied to `in_`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "asgi-worker/http/buffer.hpp"
#include "asgi-worker/http/exchange.hpp"
#include "asgi-worker/http1/cycle.hpp"
#include "asgi-worker/http1/parser.hpp"
#include "asgi-worker/server/access_log.hpp"
#include "asgi-worker/server/proxy_site.hpp"
#include "asgi-worker/server/timeouts.hpp"
#include "asgi-worker/server/turn.hpp"
#include "common/unique_fd.hpp"

namespace asgi_worker::server {

class Connection final : public EventSink, public http::Exchange {
 public:
  static constexpr std::size_t high_water = 64 * 1024;
  static constexpr std::size_t joined_most = 128 * 1024;  // that waits for a turn's end
  static constexpr std::size_t low_water = 16 * 1024;
  static constexpr std::size_t most_unread = 64 * 1024;   // then the socket is not read
  static constexpr std::size_t most_skipped = 64 * 1024;  // of a body that nobody read

  Connection(Turn& turn, common::UniqueFd fd, http::Endpoint peer, http::Endpoint server);

  /// Joins the epoll instance, and waits for a head. False: it cannot.
  bool watch();

  // Called by the core.
  void on_events(std::uint32_t events) override;
  void on_timeout(Wait wait);
  void go_on();     // with what lies in the in buffer
  void send();      // what the out buffer holds, once
  void drain();     // closes if idle, after what has come already and a first request on its way
  bool give_way();  // closes if it has no request; whether it did
  void end();       // now, the application is told
  bool is_closed() const { return state_ == State::closed; }

  // http::Exchange
  void attach(http::Cycle& cycle) override { application_ = &cycle; }
  void start(int status, std::span<const http::Field> fields) override;
  http::Accepted write(std::string_view bytes) override;
  void finish() override { finish({}); }
  void finish(std::span<const http::Field> trailers) override;
  void inform(int status, std::span<const http::Field> fields) override;
  void write_file(int file, std::uint64_t offset, std::uint64_t size) override;
  void refuse(int status, std::string_view text) override;
  void abort() override;
  void want_body() override;
  void pause_body() override;
  std::optional<std::uint64_t> body_left() const override { return cycle_.body_left(); }

  /// A request that has waited for a place in the application has it now.
  void admit();

  // The turn's notes.
  Concurrency::Place place;
  std::size_t index = 0;
  bool is_dirty = false;
  bool is_ready = false;

 private:
  enum class State {
    head,       // between requests, or in a head
    queued,     // a head has been taken, and waits for a place in the application
    exchange,   // the application has a request
    skip_body,  // it has answered, and the rest of the body comes
    closing,    // what is in the out buffer, then the end
    lingering,  // shut down for writing: the client reads our answer before it meets a reset
    closed,
  };

  // Input.
  void receive(bool peer_is_gone);
  std::size_t parse(char* data, std::size_t size);
  bool take_preface(std::string_view bytes, std::size_t& taken);
  void take_head(std::size_t size);
  void begin_request(const http::Request& request, http::Application& answering);
  http::Request request_of_head();
  void take_origin(http::Request& request);
  void start_application();
  void take_body(std::string_view bytes);
  bool read_body();
  void end_body();
  void refuse_input(int status);
  void wait_for_input(bool has_bytes);
  void take_end_of_input(bool peer_is_gone);
  bool takes_input() const;
  bool is_ending() const;

  // Output.
  bool push(std::string_view more = {});
  bool push_with_file();
  bool break_off();
  void drop_held_head();
  void after_send();

  // The end of a request, of the connection.
  void complete(http1::Cycle::Next next);
  void next_request();
  http::Cycle* release_application();
  enum class Told { disconnect, time_out };
  void fail(int status, Told told = Told::disconnect);
  void wait_out_drain();
  void lose();
  void log_answer();
  enum class Linger { no, yes };
  void close_after_output(Linger linger);
  void close();

  void set_interest(std::uint32_t events);
  void listen_again();

  Turn& turn_;
  common::UniqueFd fd_;
  http::Endpoint peer_;  // as the PROXY protocol has it, where it is spoken
  http::Endpoint server_;
  http::Endpoint forwarded_;    // the client of this request, as a trusted proxy names it
  std::unique_ptr<Site> site_;  // likewise how it names us; null: it does not
  State state_ = State::head;
  std::uint32_t interest_ = 0;
  http::Cycle* application_ = nullptr;  // of the request that runs; the application keeps it alive

  http1::Parser parser_;
  http1::Cycle cycle_;
  http::Buffer in_;
  http::Buffer out_;
  std::size_t held_ = 0;  // at the end of out_: a head that may yet be taken back

  /// What is to be sent of a file, behind out_.
  struct Slice {
    int file = -1;
    std::uint64_t offset = 0;
    std::uint64_t left = 0;
    bool ends_chunk = false;
  };
  Slice slice_;

  bool awaits_preface_ = false;    // of the PROXY protocol
  bool is_trusted_ = false;        // what the peer says of its client is believed
  bool is_contradictory_ = false;  // and it says two things
  bool is_parsing_ = false;
  bool start_is_due_ = false;  // the application has the head, and waits for what came with it
  bool body_is_paused_ = false;
  bool more_may_wait_ = false;  // the last read has filled its space
  bool input_has_ended_ = false;
  bool is_stuck_ = false;   // the socket takes no more: EPOLLOUT tells when
  bool is_full_ = false;    // the application waits for on_writable()
  bool is_broken_ = false;  // sending has failed
  Linger linger_ = Linger::no;
  std::size_t skipped_ = 0;

  int status_ = 0;
  std::uint64_t answer_bytes_ = 0;
  std::size_t queued_head_ = 0;  // its size, at the front of in_
  bool is_admitted_ = false;
  bool is_counted_ = false;  // as a call of the application, against the limit
  AccessLog::Entry log_entry_;
  Clock::time_point request_began_;  // kept for Hooks::answered only

  Timer reading_;
  Timer writing_;
  Timer running_;
};

}  // namespace asgi_worker::server
