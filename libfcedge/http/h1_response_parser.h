// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 answers of other servers (RFC 9112): llhttp, strict, with what it misses refused here.
// Pure code: bytes in, one answer after the other out.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/arena.h"
#include "base/bytes.h"
#include "http/h1_head.h"
#include "http/message.h"

struct llhttp__internal_s;

namespace fce {

class H1ResponseParser {
 public:
  struct Limits {
    uint32_t head_bytes_max = 64 << 10;  // of a head, and of a trailer
    uint32_t header_count_max = 200;
  };

  // Takes what is found. Calls come from within `feed` and `finish`.
  class Sink {
   public:
    // A 1xx other than 101; the real answer follows. False: nothing more is wanted.
    virtual bool on_informational(uint16_t status, std::span<const Header> headers) = 0;
    // The head: end-to-end fields only, names in lower case. `length` of the body, when its framing
    // tells: 0 where there is none, whatever Content-Length says (HEAD, 204, 304). False as above.
    virtual bool on_head(uint16_t status, std::span<const Header> headers,
                         std::optional<uint64_t> length) = 0;
    // A piece of the body, borrowed. False as above.
    virtual bool on_body(Bytes piece) = 0;

   protected:
    ~Sink() = default;
  };

  enum class Result {
    more,      // all bytes are taken
    complete,  // the answer is; the bytes after it are not taken
    upgraded,  // 101: the bytes after it are of another protocol, and not taken
    refused,   // see `why`; nothing more can be parsed
    stopped    // the sink said false
  };

  H1ResponseParser(const Limits& limits, Sink& sink);
  H1ResponseParser(const H1ResponseParser&) = delete;
  H1ResponseParser& operator=(const H1ResponseParser&) = delete;

  // An answer is awaited: to HEAD it has no body; 101 is only legal if an upgrade was asked for.
  void expect(bool head, bool upgrade);
  // `taken` receives how many bytes were used.
  Result feed(Bytes data, size_t* taken);
  // The connection has ended: `complete` if that is how the answer's body ends, else `refused`.
  Result finish();

  const char* why() const { return why_; }
  bool too_large() const { return too_large_; }  // the reason is a limit
  // Something of the awaited answer has come; its head has.
  bool begun() const { return state_ != State::idle || informational_ > 0; }
  bool in_body() const { return state_ == State::body; }
  // Of the answer that is complete, or whose head is: its connection may carry another request.
  // What Keep-Alive says of how long it stays open, in seconds; 0: nothing.
  bool keep_alive() const { return keep_alive_; }
  uint32_t keep_alive_seconds() const { return keep_alive_seconds_; }
  // Of the answer that is complete; valid until the next `expect`.
  std::span<const Header> trailers() const { return trailers_; }

 private:
  enum class State : uint8_t { idle, head, body };
  struct Text {
    char* data = nullptr;
    uint32_t size = 0;
    uint32_t capacity = 0;
    std::string_view view() const { return {data, size}; }
  };
  // Fields that come in; in the arena.
  struct Fields {
    Header* headers = nullptr;
    uint32_t count = 0;
    uint32_t capacity = 0;
    size_t bytes = 0;
    Text name;
    Text value;
  };
  static constexpr uint32_t kInformationalMax = 32;

  static int on_status(llhttp__internal_s* parser, const char* at, size_t size);
  static int on_field(llhttp__internal_s* parser, const char* at, size_t size);
  static int on_value(llhttp__internal_s* parser, const char* at, size_t size);
  static int on_value_complete(llhttp__internal_s* parser);
  static int on_headers_complete(llhttp__internal_s* parser);
  static int on_body_piece(llhttp__internal_s* parser, const char* at, size_t size);
  static int on_message_complete(llhttp__internal_s* parser);
  static const void* settings();

  llhttp__internal_s* parser() { return reinterpret_cast<llhttp__internal_s*>(parser_bytes_); }
  void begin();
  bool scan_head(Bytes* rest);
  Result execute(Bytes data, size_t* taken);
  Result completed(Bytes data, size_t taken);
  int refuse(const char* why, bool too_large = false);
  int append(Text& text, const char* at, size_t size);
  int end_field();
  int finish_head();
  int check_framing(uint16_t status, std::optional<uint64_t>* length);
  int tell_head(uint16_t status, std::optional<uint64_t> length);
  void read_keep_alive();

  const Limits limits_;
  Sink& sink_;
  static constexpr size_t kParserBytes = 104;
  alignas(8) unsigned char parser_bytes_[kParserBytes];
  std::optional<Arena> arena_;  // while an answer is awaited or read
  Fields fields_;
  HeadScanner scanner_;
  std::span<const Header> trailers_;
  const char* why_ = "";
  int64_t framing_left_ = 0;  // of a body: bytes that are not its data
  uint32_t informational_ = 0;
  uint32_t keep_alive_seconds_ = 0;
  State state_ = State::idle;
  bool to_head_ = false;
  bool upgrade_ = false;
  bool refused_ = false;
  bool too_large_ = false;
  bool stopped_ = false;
  bool complete_ = false;
  bool informing_ = false;  // the message at hand is a 1xx
  bool switched_ = false;   // ... is 101
  bool chunked_ = false;
  bool keep_alive_ = false;
  char last_byte_ = 0;  // of the piece before
};

}  // namespace fce
