#include "asgi-worker/options/values.hpp"

namespace asgi_worker::options {
namespace {

constexpr auto app = Topic::application;
constexpr auto proc = Topic::processes;
constexpr auto time = Topic::timeouts;
constexpr auto lim = Topic::limits;
constexpr auto log = Topic::log;
constexpr auto etc = Topic::other;
constexpr auto value = Kind::value;
constexpr auto toggle = Kind::toggle;
constexpr auto list = Kind::list;
constexpr auto none = Force::none;
constexpr auto later = Force::later;

constexpr Row refused(Row known) {
  known.force = Force::refused;
  return known;
}

constexpr std::string_view tls = "let a proxy in front end TLS";

// clang-format off
constexpr Row all_known[] = {
    // Of no meaning to this server: nothing is lost without them.
    {"http", "--http", "NAME", etc, "", value, none},
    {"http_parser", "--http-parser", "NAME", etc, "", value, none},
    {"worker_tmp_dir", "--worker-tmp-dir", "DIR", proc, "", value, none},
    {"tmp_upload_dir", "", "", proc, "", value, none},
    {"spew", "--spew", "", log, "", toggle, none},
    {"logger_class", "--logger-class", "NAME", log, "", value, none},
    {"default_proc_name", "", "", proc, "", value, none},
    {"sendfile", "--sendfile --no-sendfile", "", etc, "", toggle, none},
    {"uwsgi_allow_ips", "--uwsgi-allow-from", "LIST", etc, "", value, none},
    {"forwarder_headers", "--forwarder-headers", "LIST", etc, "", value, none},
    {"suppress_ragged_eofs", "--suppress-ragged-eofs", "", etc, "", toggle, none},
    {"do_handshake_on_connect", "--do-handshake-on-connect", "", etc, "", toggle, none},
    {"ssl_version", "--ssl-version", "N", etc, "", value, none},
    {"ws_max_queue", "--ws-max-queue", "N", lim, "", value, none},
    {"asgi_disconnect_grace_period", "--asgi-disconnect-grace-period", "S", time, "", value, none},
    {"blocking_threads_idle_timeout", "--blocking-threads-idle-timeout", "S", proc, "", value, none},
    {"runtime_threads", "--runtime-threads", "N", proc, "", value, none},
    {"runtime_blocking_threads", "--runtime-blocking-threads", "N", proc, "", value, none},
    {"runtime_mode", "--runtime-mode", "MODE", proc, "", value, none},
    {"task_impl", "--task-impl", "NAME", proc, "", value, none},
    {"http1_buffer_size", "--http1-buffer-size", "BYTES", lim, "", value, none},
    {"http1_pipeline_flush", "--http1-pipeline-flush --no-http1-pipeline-flush", "", etc, "", toggle, none},
    {"metrics_scrape_interval", "--metrics-scrape-interval", "S", log, "", value, none},
    {"reload_engine", "--reload-engine", "NAME", proc, "", value, none},
    {"reload_ignore_worker_failure", "--reload-ignore-worker-failure", "", proc, "", toggle, none},

    // Meant, and not in force in this version: one line says so.
    {"ws", "--ws --no-ws", "NAME", etc, "", Kind::maybe, later, "auto none websockets websockets-sansio wsproto"},
    {"ws_max_size", "--ws-max-size --websocket-max-message-size", "BYTES", lim, "", value, later},
    {"ws_ping_interval", "--ws-ping-interval --websocket-ping-interval", "S", time, "", value, later},
    {"ws_ping_timeout", "--ws-ping-timeout", "S", time, "", value, later},
    {"ws_per_message_deflate", "--ws-per-message-deflate", "BOOL", etc, "", value, later},
    {"http2_max_concurrent_streams", "--http2-max-concurrent-streams", "N", lim, "", value, later},
    {"http2_initial_window_size", "--http2-initial-window-size --http2-initial-stream-window-size", "BYTES", lim, "", value, later},
    {"http2_initial_connection_window_size", "--http2-initial-connection-window-size", "BYTES", lim, "", value, later},
    {"http2_max_frame_size", "--http2-max-frame-size", "BYTES", lim, "", value, later},
    {"http2_max_header_list_size", "--http2-max-header-list-size --http2-max-headers-size", "BYTES", lim, "", value, later},
    {"http2_max_send_buffer_size", "--http2-max-send-buffer-size", "BYTES", lim, "", value, none},
    {"http2_adaptive_window", "--http2-adaptive-window --no-http2-adaptive-window", "", lim, "", toggle, none},
    {"http2_keep_alive_interval", "--http2-keep-alive-interval", "MS", time, "", value, later},
    {"http2_keep_alive_timeout", "--http2-keep-alive-timeout", "S", time, "", value, later},
    {"respawn_failed_workers", "--respawn-failed-workers --no-respawn-failed-workers", "", proc, "", toggle, none},
    {"respawn_interval", "--respawn-interval", "S", proc, "", value, none},
    {"reload_ignore_patterns", "--reload-ignore-patterns", "REGEX", proc, "", list, later},
    {"reload_tick", "--reload-tick", "MS", proc, "", value, none},

    // Starting without them would not be what was asked.
    refused({.key = "http2", .flags = "--http2 --no-http2", .value = "", .topic = etc, .help = "", .kind = toggle, .advice = "HTTP/1.1 is served; let a proxy in front speak HTTP/2"}),
    {"http_protocols", "--http-protocols", "LIST", etc, "", value, none},
    refused({.key = "http2_cleartext", .flags = "--http2-cleartext", .value = "MODE", .topic = etc, .help = "", .kind = Kind::maybe, .choices = "off on prior-knowledge upgrade", .advice = "HTTP/1.1 is served; let a proxy in front speak HTTP/2"}),
    refused({.key = "certfile", .flags = "--certfile --ssl-certfile --ssl-certificate", .value = "FILE", .topic = etc, .help = "", .advice = tls}),
    refused({.key = "keyfile", .flags = "--keyfile --ssl-keyfile", .value = "FILE", .topic = etc, .help = "", .advice = tls}),
    refused({.key = "ssl_keyfile_password", .flags = "--ssl-keyfile-password", .value = "TEXT", .topic = etc, .help = "", .advice = tls}),
    refused({.key = "ca_certs", .flags = "--ca-certs --ssl-ca-certs --ssl-ca", .value = "FILE", .topic = etc, .help = "", .advice = tls}),
    refused({.key = "ssl_crl", .flags = "--ssl-crl", .value = "FILE", .topic = etc, .help = "", .advice = tls}),
    {"cert_reqs", "--cert-reqs --ssl-cert-reqs", "N", etc, "", value, none},
    {"ssl_client_verify", "--ssl-client-verify --no-ssl-client-verify", "", etc, "", toggle, none},
    {"ciphers", "--ciphers --ssl-ciphers", "LIST", etc, "", value, none},
    {"ssl_protocol_min", "--ssl-protocol-min", "VERSION", etc, "", value, none},
    refused({.key = "protocol", .flags = "--protocol", .value = "NAME", .topic = etc, .help = "", .choices = "http uwsgi", .advice = "have the proxy speak HTTP (nginx: proxy_pass in place of uwsgi_pass)"}),
    refused({.key = "paste", .flags = "--paste --paster", .value = "FILE", .topic = app, .help = "", .advice = "name the application as MODULE:ATTRIBUTE"}),
    refused({.key = "raw_paste_global_conf", .flags = "--paste-global", .value = "K=V", .topic = app, .help = "", .kind = list, .advice = "name the application as MODULE:ATTRIBUTE"}),
    refused({.key = "dirty_apps", .flags = "--dirty-app", .value = "NAME", .topic = proc, .help = "", .kind = list, .advice = "run such work in processes of its own"}),
    {"on_dirty_starting", "", "", proc, "", value, none},
    {"dirty_post_fork", "", "", proc, "", value, none},
    {"dirty_worker_init", "", "", proc, "", value, none},
    {"dirty_worker_exit", "", "", proc, "", value, none},
    {"dirty_workers", "--dirty-workers", "N", proc, "", value, none},
    {"dirty_timeout", "--dirty-timeout", "S", proc, "", value, none},
    {"dirty_threads", "--dirty-threads", "N", proc, "", value, none},
    {"dirty_graceful_timeout", "--dirty-graceful-timeout", "S", proc, "", value, none},
};
// clang-format on

}  // namespace

std::span<const Row> known_rows() { return all_known; }

}  // namespace asgi_worker::options
