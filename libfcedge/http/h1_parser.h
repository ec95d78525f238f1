// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 request parser: llhttp, strict, with what it misses refused here (RFC 9112). Pure code:
// bytes in, one request at a time out.
#pragma once

#include <cstdint>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "http/h1_head.h"
#include "http/message.h"
#include "metrics/counters.h"

struct llhttp__internal_s;

namespace fce {

class H1Parser {
 public:
  // Takes what is found. Calls come from within `feed`.
  class Sink {
   public:
    // A request begins: where to keep its head. The arena lives until the request is complete.
    virtual Arena& on_begin() = 0;
    // The head is complete and valid. False: nothing more is wanted of this connection.
    virtual bool on_head(Request& request, int64_t content_length, bool expects_continue) = 0;
    // A piece of the body, borrowed. False as above.
    virtual bool on_body(Bytes piece) = 0;

   protected:
    ~Sink() = default;
  };

  enum class Result {
    more,     // all bytes are taken
    request,  // a request is complete; the bytes after it are not taken
    refused,  // see `refusal`; nothing more can be parsed
    stopped   // the sink said false
  };
  struct Refusal {
    uint16_t status = 400;
    const char* why = "";
    Counter counter = Counter::bad_requests;
  };

  H1Parser(const Limits& limits, Sink& sink);
  H1Parser(const H1Parser&) = delete;
  H1Parser& operator=(const H1Parser&) = delete;

  // `taken` receives how many bytes were used.
  Result feed(Bytes data, size_t* taken);
  const Refusal& refusal() const { return refusal_; }

  // Whether a request has begun and is not complete; whether its head is not complete.
  bool in_request() const { return state_ != State::idle; }
  bool in_head() const { return state_ == State::head; }
  // Of the request that was completed last.
  bool keep_alive() const { return keep_alive_; }

 private:
  enum class State : uint8_t { idle, head, body };
  // Text in the arena that grows by doubling, so that a head sent byte by byte costs no more than
  // a few times its size.
  struct Text {
    char* data = nullptr;
    uint32_t size = 0;
    uint32_t capacity = 0;
    std::string_view view() const { return {data, size}; }
  };
  struct Head;

  static int on_url(llhttp__internal_s* parser, const char* at, size_t size);
  static int on_field(llhttp__internal_s* parser, const char* at, size_t size);
  static int on_value(llhttp__internal_s* parser, const char* at, size_t size);
  static int on_value_complete(llhttp__internal_s* parser);
  static int on_headers_complete(llhttp__internal_s* parser);
  static int on_body_piece(llhttp__internal_s* parser, const char* at, size_t size);
  static int on_message_complete(llhttp__internal_s* parser);
  static const void* settings();

  llhttp__internal_s* parser() { return reinterpret_cast<llhttp__internal_s*>(parser_bytes_); }
  Result execute(Bytes data, size_t* taken);
  void begin();
  void append(Text& text, const char* at, size_t size);
  int refuse(uint16_t status, const char* why, Counter counter = Counter::bad_requests);
  int end_header();
  int finish_head();
  int check_fields(Request& request, int64_t* content_length, bool* expects_continue);
  int set_target(Request& request);
  int set_host(Request& request, std::string_view authority);

  const Limits& limits_;
  Sink& sink_;
  // llhttp's state, by value, so that a connection is one allocation less.
  static constexpr size_t kParserBytes = 104;
  alignas(8) unsigned char parser_bytes_[kParserBytes];
  Head* head_ = nullptr;  // in the arena; only while a head is coming in
  Arena* arena_ = nullptr;
  HeadScanner scanner_;
  Refusal refusal_;
  size_t trailer_bytes_ = 0;
  int64_t framing_left_ = 0;  // of a body: bytes that are not its data
  State state_ = State::idle;
  bool refused_ = false;
  bool stopped_ = false;
  bool keep_alive_ = true;
  bool complete_ = false;
  bool chunked_ = false;  // the request that is complete
  char last_byte_ = 0;    // of the piece before
};

}  // namespace fce
