// SPDX-License-Identifier: Apache-2.0
// What a feed says: objects of the subprotocol fcedge.v1.json, and lines of an event stream. Ids
// are opaque but for one thing: what follows their last '-' counts the messages of a channel.
#pragma once
#include <stdint.h>
#include <string.h>

#include <string>
#include <string_view>

enum class Said : uint8_t { kOther, kMessage, kGap, kReady, kAt };

struct Note {
  Said said = Said::kOther;
  std::string_view id;
};

inline uint64_t number_of(std::string_view id) {
  uint64_t n = 0;
  for (size_t i = id.rfind('-') + 1; i < id.size() && id[i] >= '0' && id[i] <= '9'; i++)
    n = n * 10 + uint64_t(id[i] - '0');
  return n;
}

// Reads the outer end of an object: {"id":... or {"channel":"C","id":..., and so for the other
// names. The names of the kit's channels need no escapes.
inline Note read_object(std::string_view s) {
  static constexpr std::string_view kChannel = "{\"channel\":\"", kId = "\"id\":\"";
  size_t at = 2;
  if (s.substr(0, kChannel.size()) == kChannel) {
    at = s.find('"', kChannel.size());
    at = at == std::string_view::npos ? s.size() : at + 3;
  }
  Note note;
  if (at >= s.size()) return note;
  const std::string_view rest = s.substr(at);
  const std::string_view name = rest.substr(0, rest.find('"'));
  if (name == "id") note.said = Said::kMessage;
  if (name == "gap") note.said = Said::kGap;
  if (name == "ready") note.said = Said::kReady;
  if (name == "at") note.said = Said::kAt;
  if (note.said == Said::kOther) return note;
  const size_t key = s.find(kId, at - 1);
  if (key == std::string_view::npos) return Note{};
  const size_t begin = key + kId.size();
  note.id = s.substr(begin, s.find('"', begin) - begin);
  return note;
}

// Takes a chunked body apart; calls each(bytes) for what it carries.
class ChunkReader {
 public:
  template <class F>
  void feed(const char* b, size_t n, F each) {
    size_t i = 0;
    while (i < n) {
      if (left_ > 0) {
        const size_t part = left_ < n - i ? size_t(left_) : n - i;
        each(b + i, part);
        i += part;
        left_ -= part;
        if (left_ == 0) crlf_ = 2;
      } else if (crlf_ > 0) {
        crlf_--;
        i++;
      } else {
        const char ch = b[i++];
        if (ch == '\n') {
          left_ = size_;
          size_ = 0;
          extension_ = false;
        } else if (ch == ';') {
          extension_ = true;
        } else if (ch != '\r' && !extension_) {
          size_ = size_ << 4 | uint64_t(ch <= '9' ? ch - '0' : (ch | 32) - 'a' + 10);
        }
      }
    }
  }

 private:
  uint64_t left_ = 0, size_ = 0;
  int crlf_ = 0;
  bool extension_ = false;
};

// Reads the lines of an event stream. Calls data(text) at each data line and done(note) at the end
// of each event.
class EventReader {
 public:
  template <class D, class E>
  void feed(const char* b, size_t n, D data, E done) {
    for (size_t i = 0; i < n;) {
      const auto* end = static_cast<const char*>(memchr(b + i, '\n', n - i));
      if (!end) {
        rest_.append(b + i, n - i);
        return;
      }
      const size_t size = size_t(end - b) - i;
      if (rest_.empty()) {
        on_line(std::string_view(b + i, size), data, done);
      } else {
        rest_.append(b + i, size);
        on_line(rest_, data, done);
        rest_.clear();
      }
      i += size + 1;
    }
  }

 private:
  template <class D, class E>
  void on_line(std::string_view line, D data, E done) {
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) {
      // An id without data says only that the position moved.
      Note note{said_ != Said::kMessage || has_data_ ? said_ : Said::kAt, id_};
      if (has_data_ || !id_.empty()) done(note);
      said_ = Said::kMessage;
      has_data_ = false;
      id_.clear();
      return;
    }
    const size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
    if (!value.empty() && value[0] == ' ') value.remove_prefix(1);
    if (name == "id") id_ = value;
    if (name == "event") said_ = event_of(value);
    if (name == "data") {
      has_data_ = true;
      data(value);
    }
  }
  static Said event_of(std::string_view name) {
    if (name == "gap") return Said::kGap;
    if (name == "ready") return Said::kReady;
    return name == "message" ? Said::kMessage : Said::kOther;
  }

  std::string rest_, id_;
  Said said_ = Said::kMessage;
  bool has_data_ = false;
};
