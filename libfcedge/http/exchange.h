// SPDX-License-Identifier: Apache-2.0
// Exchange: one request and its answer. Handlers talk to it; a codec (HTTP/1.1, HTTP/2) is behind.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/arena.h"
#include "base/chunk.h"
#include "base/status.h"
#include "http/body.h"
#include "http/message.h"
#include "http/ws_channel.h"
#include "loop/timer.h"
#include "net/address.h"

namespace fce {

class Exchange;
class HttpContext;
class RouteTable;
struct Route;

// What is left of a connection that leaves HTTP (RFC 9110 section 7.8), or of a stream of HTTP/2
// that becomes a tunnel (RFC 8441): the new protocol sends `head` first, and reads `rest` before
// anything new from the channel.
struct Upgraded {
  WsChannel channel;
  Slice head;
  std::vector<uint8_t> rest;
};

// The codec's side of an exchange.
class ExchangeTransport {
 public:
  // Encodes and queues. Header views are valid during the call only.
  virtual void on_answer(Exchange& exchange, uint16_t status, std::span<const Header> headers,
                         Body body) = 0;
  // Gives up: resets the stream or closes the connection.
  virtual void on_abort(Exchange& exchange) = 0;
  // Answers 101 (HTTP/2: 200) with these fields and hands the connection or the stream over;
  // FCE_EUNSUPPORTED when the request did not ask for it.
  virtual Status on_upgrade(Exchange& exchange, std::span<const Header> headers,
                            Upgraded* upgraded) = 0;
  // Sends "100 Continue", once, if the client waits for it.
  virtual void on_continue(Exchange& exchange) = 0;
  // Sends an answer before the answer (1xx).
  virtual void on_inform(Exchange& exchange, uint16_t status, std::span<const Header> headers) {
    (void)exchange, (void)status, (void)headers;
  }
  // The body that is `body_streamed`, once.
  virtual Body on_take_body(Exchange& exchange) {
    (void)exchange;
    return Body::none();
  }

 protected:
  ~ExchangeTransport() = default;
};

// Who answers later and wants to know what happens until then. Calls come until the exchange is
// answered; each may be used to answer it.
class ExchangeWatcher {
 public:
  // Nobody waits for the answer any more: the client has left, or the codec has refused what came
  // of the body. The last call.
  virtual void on_client_gone() = 0;
  // The client ends its side of the connection, after a whole request. It may wait for its answer,
  // but most who do that have left.
  virtual void on_client_eof() {}
  // The body that was streamed is complete.
  virtual void on_body_complete() {}

 protected:
  ~ExchangeWatcher() = default;
};

struct PathParam {
  std::string_view name;
  std::string_view value;  // percent-decoded
};

// Made by a codec with one reference, which it gives up once the exchange is answered or the client
// is gone: so `respond` may be the end of it. Who answers later, or looks at it after answering,
// holds another one. Shard's thread only.
class Exchange {
 public:
  Exchange(HttpContext& http, ExchangeTransport& transport, const PeerAddress& peer);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  void ref() { ++refs_; }
  void unref();

  // Answers. Exactly one of respond, abort and upgrade is called, once; after the client is gone
  // they do nothing. Date and, for a known length, Content-Length are added by the codec; so are
  // the CORS fields of the route. Where the route says so, the answer is compressed. The body is
  // left out for HEAD, 204 and 304.
  void respond(uint16_t status, std::span<const Header> headers, Body body);
  // A short text/plain answer for errors.
  void respond_text(uint16_t status, std::string_view text, std::span<const Header> headers = {});
  void abort();
  Status upgrade(std::span<const Header> headers, Upgraded* upgraded);
  // An answer before the answer: 103 and its like (RFC 9110 section 15.2), but not 100 and 101.
  // Clients of HTTP/1.0 are not told.
  void inform(uint16_t status, std::span<const Header> headers);
  // The body is wanted: sends "100 Continue" if the client waits for it.
  void request_body();
  // The body, to be read as it comes: for handlers that stream bodies. Once, and before the answer;
  // whoever has it goes on reading after that. It fails when the client leaves or breaks the rules.
  // Of a request that is complete: a copy of its body.
  Body take_body();
  // At most one, which outlives its last call; null: nobody.
  void watch(ExchangeWatcher* watcher) { watcher_ = watcher; }
  // The handler has a time limit of its own for the answer.
  void keep_own_time() { own_time_ = true; }

  bool answered() const { return answered_; }
  bool client_gone() const { return transport_ == nullptr && !answered_; }

  std::string_view param(std::string_view name) const;

  // For the codec: the client has left; whatever is answered from now on goes nowhere.
  void detach();
  // For the codec: answers in the handler's place, who hears that as if the client had left.
  void refuse(uint16_t status, std::string_view text);
  // For the codec: see ExchangeWatcher.
  void tell_eof() {
    if (watcher_) watcher_->on_client_eof();
  }
  void tell_body_complete() {
    if (watcher_) watcher_->on_body_complete();
  }
  // For dispatch: the handler has returned without an answer: 503 when it takes too long.
  void watch_handler();

  HttpContext& http;
  const PeerAddress peer;
  Arena arena;
  Request request;
  std::span<const PathParam> params;
  const Route* route = nullptr;
  std::shared_ptr<const RouteTable> routes;  // keeps `route`
  std::vector<Header> extra_headers;         // of the route's policy: added to any answer
  std::vector<uint8_t> body_store;           // what `request.body` points to
  bool body_streamed = false;                // the codec has the body: see `take_body`
  bool dated = false;                        // the answer's headers have a Date of their own
  uint64_t began_us = 0;  // the turn's time when dispatch had the whole head; 0: it had not

 private:
  ~Exchange() = default;
  static void on_handler_time(void* self);

  ExchangeTransport* transport_;
  ExchangeWatcher* watcher_ = nullptr;
  Timer handler_timer_;
  uint32_t refs_ = 1;
  bool answered_ = false;
  bool own_time_ = false;
};

}  // namespace fce
