#include <algorithm>
#include <numeric>
#include <utility>

#include "asgi-worker/options/table.hpp"
#include "asgi-worker/options/values.hpp"

namespace asgi_worker::options {
namespace {

bool has_word(std::string_view words, std::string_view wanted) {
  bool found = false;
  each_word(words, [&](std::string_view word) { found = found || word == wanted; });
  return found;
}

/// "--timeout-keep-alive" -> "timeout_keep_alive"; "" for short flags.
std::string key_of_flag(std::string_view flag) {
  if (!flag.starts_with("--")) return {};
  std::string key{flag.substr(2)};
  std::ranges::replace(key, '-', '_');
  return key;
}

/// The first row that is meant, of those in force before the others.
template <class IsMeant>
const Row* first_row(IsMeant is_meant) {
  for (const auto& table : {rows(), known_rows()})
    if (const auto found = std::ranges::find_if(table, is_meant); found != table.end())
      return &*found;
  return nullptr;
}

template <class Visit>
void each_row(Visit visit) {
  for (const auto& table : {rows(), known_rows()}) std::ranges::for_each(table, visit);
}

/// Levenshtein's distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> costs(b.size() + 1);
  std::iota(costs.begin(), costs.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(costs[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const auto replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = std::exchange(costs[j + 1], std::min({replaced, costs[j] + 1, costs[j + 1] + 1}));
    }
  }
  return costs.back();
}

class Nearest {
 public:
  explicit Nearest(std::string_view wanted) : wanted_{wanted}, best_{wanted.size() / 3 + 1} {}
  void consider(std::string_view name) {
    const auto how_far = distance(wanted_, name);
    if (how_far >= best_) return;
    best_ = how_far;
    name_ = name;
  }
  std::string name() const { return name_; }

 private:
  std::string_view wanted_;
  std::size_t best_;  // not nearer than this: no suggestion at all
  std::string name_;
};

}  // namespace

const Row* row_of_flag(std::string_view flag) {
  return first_row([&](const Row& row) { return has_word(row.flags, flag); });
}

const Row* row_of_key(std::string_view key) {
  if (key.empty()) return nullptr;
  if (const auto* const row = first_row([&](const Row& known) { return known.key == key; }))
    return row;
  return first_row([&](const Row& row) {
    bool found = has_word(row.also, key);
    each_word(row.flags, [&](std::string_view flag) {
      found = found || (!flag.starts_with("--no-") && key_of_flag(flag) == key);
    });
    return found;
  });
}

std::vector<std::string> flags_that_begin(std::string_view prefix) {
  std::vector<std::string> flags;
  each_row([&](const Row& row) {
    bool found = false;
    each_word(row.flags, [&](std::string_view flag) {
      if (!found && flag.starts_with("--") && flag.starts_with(prefix))
        found = true, flags.emplace_back(flag);
    });
  });
  return flags;
}

std::string nearest_flag(std::string_view flag) {
  Nearest nearest{flag};
  each_row([&](const Row& row) {
    each_word(row.flags, [&](std::string_view known) {
      if (known.starts_with("--")) nearest.consider(known);
    });
  });
  return nearest.name();
}

std::string nearest_key(std::string_view key) {
  Nearest nearest{key};
  each_row([&](const Row& row) {
    nearest.consider(row.key);
    each_word(row.flags, [&](std::string_view flag) { nearest.consider(key_of_flag(flag)); });
  });
  return nearest.name();
}

}  // namespace asgi_worker::options
