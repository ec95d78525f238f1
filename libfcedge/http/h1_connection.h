// SPDX-License-Identifier: Apache-2.0
// One HTTP/1.1 connection (RFC 9112): requests one after the other, answers in their order.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "http/context.h"
#include "http/exchange.h"
#include "http/h1_parser.h"
#include "http/upload.h"
#include "loop/timer.h"
#include "net/stream.h"

namespace fce {

class H1Connection final : public StreamOwner,
                           public ExchangeTransport,
                           public BodyReader,
                           public Drainable,
                           public Upload::Owner,
                           private H1Parser::Sink {
 public:
  // Becomes the stream's owner.
  static void start(HttpContext& http, Stream& stream);

  // StreamOwner
  void on_data(Bytes data) override;
  void on_eof() override;
  bool on_flush(Gather& out) override;
  void on_closed(Status why) override;
  // ExchangeTransport
  void on_answer(Exchange& exchange, uint16_t status, std::span<const Header> headers,
                 Body body) override;
  void on_abort(Exchange& exchange) override;
  Status on_upgrade(Exchange& exchange, std::span<const Header> headers,
                    Upgraded* upgraded) override;
  void on_continue(Exchange& exchange) override;
  void on_inform(Exchange& exchange, uint16_t status, std::span<const Header> headers) override;
  Body on_take_body(Exchange& exchange) override;
  // BodyReader, Drainable
  void on_body_ready(BodySource& source, Lane lane) override;
  void drain() override;

 private:
  enum class Waiting : uint8_t { request, head, body };

  H1Connection(HttpContext& http, Stream& stream);
  ~H1Connection();

  // H1Parser::Sink
  Arena& on_begin() override;
  bool on_head(Request& request, int64_t content_length, bool expects_continue) override;
  bool on_body(Bytes piece) override;

  // Upload::Owner, and the rest of what a streamed body needs, in h1_upload.cc
  void on_upload_wanted() override;
  void on_upload_taken(size_t bytes) override;
  void on_upload_dropped() override;
  void begin_upload(Exchange& exchange, int64_t content_length);
  bool push_upload(Bytes piece);
  void end_upload();
  void refuse_upload(uint16_t status, std::string_view text);
  bool watch_upload();

  bool switch_to_h2(Bytes data);
  void consume(Bytes data);
  void hold(Bytes data);
  void watch_body();
  void request_complete();
  void refuse(const H1Parser::Refusal& refusal);
  void queue_head(uint16_t status, std::span<const Header> headers, const Exchange* exchange,
                  std::optional<uint64_t> content_length);
  bool send_queue(Gather& out);
  bool pull(Gather& out);
  void end_answer();
  void close(bool linger);
  void cut_off(Status why);
  bool can_parse() const {
    return (!source_ || (upload_ && body_open_)) &&
           (!exchange_ || body_open_ || parser_.in_head()) &&
           queued_answers_ < http_.net.limits.pipeline_max;
  }
  bool busy() const { return exchange_ != nullptr || source_ != nullptr || !queue_.empty(); }
  void forget_exchange();
  void set_timer();
  void on_timer();

  HttpContext& http_;
  Stream* stream_;  // null after an upgrade
  H1Parser parser_;
  Timer timer_;
  Exchange* exchange_ = nullptr;         // the request under way until it is answered
  std::unique_ptr<Upload> upload_;       // the body of the request, when that is streamed
  std::unique_ptr<BodySource> source_;   // of the answer under way
  std::optional<uint64_t> source_left_;  // bytes still to come; nullopt: chunked or until the end
  size_t queue_first_ = 0;
  std::vector<Slice> queue_;   // heads and bodies to be sent before the source's bytes
  std::vector<uint8_t> held_;  // read while a request was under way
  Bytes after_;                // what follows the request that is dispatched just now
  uint64_t body_began_ms_ = 0;
  uint32_t body_max_ = 0;
  uint32_t queued_answers_ = 0;
  Waiting timer_for_ = Waiting::request;
  bool source_ready_ = false;  // it has not said that one should wait
  bool chunked_ = false;       // the source's bytes go in chunks
  bool body_open_ = false;     // the request's body is not complete
  bool upload_held_ = false;   // reading has stopped because the upload is full
  bool expects_continue_ = false;
  bool keep_alive_ = true;
  bool first_ = true;    // nothing was parsed yet
  bool inside_ = false;  // in on_data or on_flush: do not free
  bool closing_ = false;
  bool eof_ = false;
  bool gone_ = false;  // upgraded: to be freed
};

}  // namespace fce
