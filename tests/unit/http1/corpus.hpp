// The cases of tests/data/http1, as far as they concern the parser; the README there has the
// format, tests/integration/asgi/corpus.py reads the same for the whole server.
#pragma once

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "asgi-worker/http/limits.hpp"

namespace asgi_worker::http1 {

struct CorpusCase {
  std::string name;  // with its file
  http::Limits limits;
  std::string input;
  std::string said;  // the requests that the application saw, a line each
  int status = 0;    // of the refusal at the end, else 0
  bool is_open = false;
};

inline int hex_digit(char byte) { return byte <= '9' ? byte - '0' : byte - 'a' + 10; }

inline std::string unescape(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    if (text[0] != '\\' || text.size() < 2) {
      plain += text[0];
      text.remove_prefix(1);
      continue;
    }
    const char kind = text[1];
    text.remove_prefix(2);
    if (kind == 'x') {
      plain += static_cast<char>(hex_digit(text[0]) * 16 + hex_digit(text[1]));
      text.remove_prefix(2);
    } else if (kind == '{') {
      const std::size_t close = text.find('}');
      const std::size_t star = text.rfind('*', close);
      const std::string piece = unescape(text.substr(0, star));
      const int times = std::stoi(std::string{text.substr(star + 1, close - star - 1)});
      for (int time = 0; time < times; ++time) plain += piece;
      text.remove_prefix(close + 1);
    } else {
      plain += kind == 'r'   ? '\r'
               : kind == 'n' ? '\n'
               : kind == 't' ? '\t'
               : kind == 's' ? ' '
                             : kind;
    }
  }
  return plain;
}

inline std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream{line};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) {
    if (word.size() != 9 || word.substr(0, 2) != "\\x" || word.substr(4, 3) != "-\\x") {
      words.push_back(word);
      continue;
    }
    const int last = hex_digit(word[7]) * 16 + hex_digit(word[8]);
    for (int byte = hex_digit(word[2]) * 16 + hex_digit(word[3]); byte <= last; ++byte) {
      constexpr std::string_view digits = "0123456789abcdef";
      words.push_back(std::string{"\\x"} + digits[static_cast<std::size_t>(byte / 16)] +
                      digits[static_cast<std::size_t>(byte % 16)]);
    }
  }
  return words;
}

/// The server's options that the parser knows.
inline http::Limits limits_of(const std::vector<std::string>& words) {
  http::Limits limits;
  for (std::size_t at = 1; at < words.size(); ++at) {
    const std::string& flag = words[at];
    const auto number = [&] { return static_cast<std::size_t>(std::stoul(words.at(++at))); };
    if (flag == "--limit-request-line")
      limits.request_line = number();
    else if (flag == "--limit-request-fields")
      limits.fields = number();
    else if (flag == "--limit-request-field_size")
      limits.field_size = number();
    else if (flag == "--limit-request-body")
      limits.body = number();
    else if (flag == "--h11-max-incomplete-event-size")
      limits.request_line = limits.field_section = number();
    else if (flag == "--header-map") {
      const std::string& map = words.at(++at);
      limits.underscored_names = map == "drop"     ? http::UnderscoredNames::drop
                                 : map == "refuse" ? http::UnderscoredNames::refuse
                                                   : http::UnderscoredNames::keep;
    } else if (flag == "--permit-obsolete-folding")
      limits.permits.obsolete_folding = true;
    else if (flag == "--strip-header-spaces")
      limits.permits.spaces_before_colon = true;
    else if (flag == "--permit-unconventional-http-method")
      limits.permits.lower_case_method = true;
    else if (flag == "--casefold-http-method")
      limits.permits.lower_case_method = true;
    else if (flag == "--permit-unconventional-http-version")
      limits.permits.unconventional_version = true;
    else
      throw std::runtime_error("an option that is not known here: " + flag);
  }
  return limits;
}

/// Takes one line of a case, in which `word` stands for \{}.
inline void take_line(CorpusCase& made, std::string line, const std::string& word) {
  for (std::size_t at; (at = line.find("\\{}")) != std::string::npos;) line.replace(at, 3, word);
  const std::size_t blank = line.find(' ');
  const std::string kind = line.substr(0, blank);
  const std::string rest = blank == std::string::npos ? "" : line.substr(blank + 1);
  if (kind == ">") {
    made.input += unescape(rest);
  } else if (kind == "app") {
    made.said += unescape(rest) + "\n";
  } else if (kind == "<") {
    for (const std::string& said : words_of(rest)) {
      if (said == "open") made.is_open = true;
      if (said[0] >= '4' && said[0] <= '5') made.status = std::stoi(said);
    }
  }
}

/// The cases of one file; those of `answers` need an application, and are left out.
inline void read_corpus_file(const std::filesystem::path& path, std::vector<CorpusCase>& all) {
  std::ifstream file{path};
  std::vector<std::string> block;
  http::Limits limits;
  const auto finish = [&] {
    if (block.empty()) return;
    std::vector<std::string> words{""};
    for (const std::string& line : block)
      if (line.starts_with("each ")) words = words_of(line.substr(5));
    for (const std::string& word : words) {
      CorpusCase made{.name = path.stem().string() + ": " + block[0] + " " + word,
                      .limits = limits};
      for (const std::string& line : block) take_line(made, line, word);
      all.push_back(std::move(made));
    }
    block.clear();
  };
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("[") || line.starts_with("options")) finish();
    if (line.starts_with("options"))
      limits = limits_of(words_of(line));
    else if (!line.empty() && line[0] != '#')
      block.push_back(line);
  }
  finish();
}

inline std::vector<CorpusCase> read_corpus(const std::filesystem::path& folder) {
  std::vector<CorpusCase> all;
  for (const auto& entry : std::filesystem::directory_iterator{folder})
    if (entry.path().extension() == ".txt" && entry.path().stem() != "answers")
      read_corpus_file(entry.path(), all);
  if (all.size() < 400) throw std::runtime_error("too few cases in " + folder.string());
  return all;
}

}  // namespace asgi_worker::http1
