#include "asgi-worker/server/access_format.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace asgi_worker::server {
namespace {

using common::Errc;
using common::Error;
using common::Result;

struct Named {
  std::string_view name;
  Atom atom;
};

constexpr Named atoms[] = {
    // gunicorn's
    {"h", Atom::host},
    {"l", Atom::dash},
    {"u", Atom::user},
    {"t", Atom::time},
    {"r", Atom::request},
    {"m", Atom::method},
    {"U", Atom::path},
    {"q", Atom::query},
    {"H", Atom::protocol},
    {"s", Atom::status},
    {"st", Atom::status_phrase},
    {"b", Atom::bytes},
    {"B", Atom::bytes_number},
    {"T", Atom::seconds},
    {"M", Atom::milliseconds},
    {"D", Atom::microseconds},
    {"L", Atom::seconds_exact},
    {"p", Atom::process},
    {"R", Atom::target},
    {"S", Atom::scheme},
    // uvicorn's
    {"levelprefix", Atom::level},
    {"client_addr", Atom::client},
    {"request_line", Atom::request},
    {"status_code", Atom::status_phrase},
    // granian's
    {"addr", Atom::host},
    {"time", Atom::time},
    {"dt_ms", Atom::milliseconds_exact},
    {"status", Atom::status},
    {"path", Atom::path},
    {"query_string", Atom::query},
    {"method", Atom::method},
    {"scheme", Atom::scheme},
    {"protocol", Atom::protocol},
    // ours
    {"request_id", Atom::request_id},
    {"worker", Atom::process},
    {"target", Atom::target},
    {"version", Atom::version},
    {"iso_time", Atom::iso_time},
};

struct Preset {
  std::string_view name;
  std::string_view format;
};

constexpr std::string_view combined =
    "%(h)s %(l)s %(u)s %(t)s \"%(r)s\" %(s)s %(b)s \"%(f)s\" \"%(a)s\"";
constexpr Preset presets[] = {
    {"uvicorn", "%(levelprefix)s%(client_addr)s - \"%(request_line)s\" %(status_code)s"},
    {"uvicorn-worker", "%(client_addr)s - \"%(request_line)s\" %(s)s"},
    {"gunicorn", combined},
    {"combined", combined},
    {"common", "%(h)s %(l)s %(u)s %(t)s \"%(r)s\" %(s)s %(b)s"},
    {"json",
     R"({"time":"%(iso_time)s","client":"%(client_addr)s","method":"%(m)s","path":"%(U)s","query":"%(q)s",)"
     R"("protocol":"%(H)s","status":%(s)s,"bytes":%(B)s,"duration_ms":%(dt_ms).3f,"referer":"%(f)s",)"
     R"("user_agent":"%(a)s","request_id":"%(request_id)s","worker":%(p)s})"},
    {"ecs",
     R"({"@timestamp":"%(iso_time)s","log.level":"info","ecs.version":"8.11.0","client.address":"%(h)s",)"
     R"("http.request.method":"%(m)s","url.path":"%(U)s","url.query":"%(q)s","http.version":"%(version)s",)"
     R"("http.response.status_code":%(s)s,"http.response.body.bytes":%(B)s,"event.duration":%(D)s000,)"
     R"("http.request.referrer":"%(f)s","user_agent.original":"%(a)s","http.request.id":"%(request_id)s",)"
     R"("process.pid":%(p)s})"},
};

std::string lower(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return out;
}

/// "{name}i": a field of the request, "{name}o": one of the answer, "{name}e": a variable.
Result<Piece> braced(std::string_view name) {
  const auto end = name.rfind('}');
  const auto inner = name.substr(1, end - 1);
  const auto kind = name.substr(end + 1);
  if (kind == "i") return Piece{Atom::field, lower(inner)};
  if (kind == "o") return Piece{Atom::answer_field, lower(inner)};
  if (kind == "e") {
    const char* const value = std::getenv(std::string{inner}.c_str());
    return Piece{Atom::variable, value != nullptr ? value : "-"};
  }
  return Error{Errc::bad_value, "unknown atom %(" + std::string{name} + ")s"};
}

Result<Piece> piece_named(std::string_view name) {
  if (name == "f") return Piece{Atom::field, "referer"};
  if (name == "a") return Piece{Atom::field, "user-agent"};
  if (name.starts_with('{') && name.find('}') != std::string_view::npos) return braced(name);
  for (const auto& [known, atom] : atoms)
    if (name == known) return Piece{atom, {}};
  return Error{Errc::bad_value, "unknown atom %(" + std::string{name} + ")s"};
}

class Parser {
 public:
  explicit Parser(std::string_view format) : rest_{format} {}

  Result<std::vector<Piece>> pieces() {
    while (!rest_.empty()) {
      const auto percent = rest_.find('%');
      put_text(rest_.substr(0, percent));
      if (percent == std::string_view::npos) break;
      rest_.remove_prefix(percent + 1);
      if (rest_.starts_with('%')) {
        put_text("%");
        rest_.remove_prefix(1);
      } else if (auto done = atom(); !done) {
        return done.error();
      }
    }
    return std::move(pieces_);
  }

 private:
  void put_text(std::string_view text) {
    if (text.empty()) return;
    if (pieces_.empty() || pieces_.back().atom != Atom::text) pieces_.push_back({Atom::text, {}});
    pieces_.back().text.append(text);
  }

  /// "(name)s", "(name)d", "(name).3f"
  Result<void> atom() {
    const auto close = rest_.find(')');
    if (!rest_.starts_with('(') || close == std::string_view::npos)
      return Error{Errc::bad_value, "a % that begins no %(atom)s"};
    auto piece = piece_named(rest_.substr(1, close - 1));
    if (!piece) return piece.error();
    rest_.remove_prefix(close + 1);
    const auto kind = rest_.find_first_of("sdf");
    if (kind == std::string_view::npos)
      return Error{Errc::bad_value, "an atom without its s, d or f"};
    if (const auto point = rest_.substr(0, kind).find('.'); point != std::string_view::npos)
      std::from_chars(rest_.data() + point + 1, rest_.data() + kind, piece->precision);
    rest_.remove_prefix(kind + 1);
    pieces_.push_back(std::move(*piece));
    return {};
  }

  std::string_view rest_;
  std::vector<Piece> pieces_;
};

}  // namespace

Result<AccessFormat> parse_access_format(std::string_view format) {
  AccessFormat made;
  for (const auto& [name, text] : presets)
    if (format == name) format = text;
  made.is_json = format.starts_with('{');
  auto pieces = Parser{format}.pieces();
  if (!pieces) return pieces.error();
  made.pieces = std::move(*pieces);
  made.has_answer_fields = std::ranges::any_of(
      made.pieces, [](const Piece& piece) { return piece.atom == Atom::answer_field; });
  return made;
}

}  // namespace asgi_worker::server
