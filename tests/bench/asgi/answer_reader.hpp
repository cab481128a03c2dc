// Where one HTTP/1.1 answer ends and the next begins, for load.cpp. Plain values; a reader for each
// connection.
#pragma once

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>

inline std::string_view field(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos;
       at = head.find("\r\n", at)) {
    at += 2;
    if (head.size() - at <= name.size() || head[at + name.size()] != ':' ||
        strncasecmp(head.data() + at, name.data(), name.size()) != 0) {
      continue;
    }
    std::string_view value = head.substr(at + name.size() + 1);
    value = value.substr(0, value.find("\r\n"));
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    return value;
  }
  return {};
}

inline bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// Finds where one answer ends and the next begins; looks at no body.
class AnswerReader {
 public:
  enum class Found { part, whole, nonsense };

  // Takes bytes off the front of `data`, at most to the end of one answer.
  Found read(std::string_view& data) {
    if (part_ == Part::head) {
      const Found found = read_head(data);
      if (found != Found::whole) return found;
    }
    const Found found = part_ == Part::body ? read_body(data) : read_chunks(data);
    if (found == Found::whole) part_ = Part::head;
    return found;
  }
  bool good() const { return good_; }  // 2xx
  bool last() const { return last_; }  // Connection: close

 private:
  enum class Part { head, body, chunks, trailer };

  Found read_head(std::string_view& data) {
    std::string_view head = data;
    const std::size_t before = text_.size();
    if (before != 0) head = text_.append(data);
    const std::size_t end = head.find("\r\n\r\n", before < 3 ? 0 : before - 3);
    if (end == std::string_view::npos) {
      if (before == 0) text_ = data;
      data = {};
      return text_.size() > 65536 ? Found::nonsense : Found::part;
    }
    data.remove_prefix(end + 4 - before);
    const bool understood = understand(head.substr(0, end + 2));
    text_.clear();
    return understood ? Found::whole : Found::nonsense;
  }
  bool understand(std::string_view head) {
    if (head.size() < 13 || !head.starts_with("HTTP/1.")) return false;
    good_ = head[9] == '2';
    last_ = same_word(field(head, "connection"), "close");
    left_ = 0;
    part_ = Part::body;
    const std::string_view length = field(head, "content-length");
    if (!length.empty())
      return std::from_chars(length.begin(), length.end(), left_).ptr == length.end();
    part_ = Part::chunks;
    return same_word(field(head, "transfer-encoding"), "chunked");
  }
  Found read_body(std::string_view& data) {
    const std::size_t taken = std::min(left_, data.size());
    data.remove_prefix(taken);
    left_ -= taken;
    return left_ == 0 ? Found::whole : Found::part;
  }
  Found read_chunks(std::string_view& data) {
    while (!data.empty()) {
      if (left_ > 0) {
        read_body(data);
        continue;
      }
      const std::size_t end = std::min(data.find('\n'), data.size() - 1) + 1;
      text_.append(data.substr(0, end));
      data.remove_prefix(end);
      if (text_.back() != '\n') return Found::part;
      const bool empty_line = text_ == "\r\n";
      if (part_ == Part::chunks) {
        const char* begin = text_.data();
        if (std::from_chars(begin, begin + text_.size(), left_, 16).ptr == begin)
          return Found::nonsense;
        if (left_ == 0)
          part_ = Part::trailer;
        else
          left_ += 2;  // and the line end behind the chunk
      }
      text_.clear();
      if (empty_line) return Found::whole;
    }
    return Found::part;
  }

  Part part_ = Part::head;
  std::string text_;      // the part of a head or of a chunk's line that is in
  std::size_t left_ = 0;  // of the body or of the chunk
  bool good_ = false, last_ = false;
};
