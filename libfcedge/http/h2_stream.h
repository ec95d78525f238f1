// SPDX-License-Identifier: Apache-2.0
// One stream of an HTTP/2 connection: it collects a request, hands it to dispatch, and sends the
// answer, whose body it pulls straight into the gather of the flush.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/list.h"
#include "http/exchange.h"
#include "http/h2_request.h"
#include "http/upload.h"
#include "net/gather.h"

struct nghttp2_session;

namespace fce {

class H2Stream;
class H2Tunnel;
struct H2Upload;   // tag of the list of streams whose request body is coming in
struct H2Sending;  // tag of the list of streams that have something of their answer to send

// What the streams of one connection share with it.
struct H2Link {
  H2Link(HttpContext& the_http, Stream& the_stream) : http(the_http), stream(the_stream) {}

  HttpContext& http;
  Stream& stream;
  nghttp2_session* session = nullptr;
  List<H2Stream> streams;
  List<H2Stream, H2Upload> uploads;
  List<H2Stream, H2Sending> sending;  // those that have moved last stand behind
  uint64_t moved_ms = 0;              // when the body of any answer moved last
  uint64_t body_bytes = 0;            // buffers of request bodies, of all streams
  size_t upload_bytes = 0;            // that came of streamed bodies and wait for their readers
  size_t unopened_bytes = 0;          // of those: not told to the connection's window
  Gather* out = nullptr;              // of the flush that runs
  uint8_t* frame_head = nullptr;      // where the header of the DATA frame in the making goes
  bool full = false;                  // a body found no room in this flush
};

class H2Stream final : public ExchangeTransport,
                       public BodyReader,
                       public Upload::Owner,
                       public ListNode<H2Stream>,
                       public ListNode<H2Upload>,
                       public ListNode<H2Sending> {
 public:
  // A request's head begins.
  H2Stream(H2Link& link, int32_t id);
  // The stream is closed: the handler finds its client gone, and the body's source is destroyed.
  ~H2Stream();

  // The request, as it comes in. `add_field` is false when the connection is to be cut off.
  bool add_field(std::string_view name, std::string_view value, bool name_is_static);
  void on_head(bool request_ends);
  // What has come: which windows are to be opened again.
  enum class Credit : uint8_t { both, connection, none };
  Credit on_body(Bytes piece);
  void on_request_end();

  // When the body counts as too slow: it paused for too long, or has come at less than 1 KiB/s. Of
  // a request that was answered before its end: when that has to come.
  uint64_t upload_deadline_ms() const;
  void on_upload_too_slow();

  // Of a stream that has something to send: when it has waited for too long. It is reset then if
  // it is the client that gives it no window.
  uint64_t send_deadline_ms() const;
  void on_send_too_slow();

  // The whole answer was sent. What is still to come of the request is not wanted: it is dropped
  // for a while, then the stream is reset.
  void on_answer_sent();
  void on_drain();
  // The client has said by PRIORITY_UPDATE how urgent this is.
  void on_priority_update() { has_priority_ = true; }

  // ExchangeTransport
  void on_answer(Exchange& exchange, uint16_t status, std::span<const Header> headers,
                 Body body) override;
  void on_abort(Exchange& exchange) override;
  Status on_upgrade(Exchange& exchange, std::span<const Header> headers,
                    Upgraded* upgraded) override;
  void on_continue(Exchange& exchange) override;
  void on_inform(Exchange& exchange, uint16_t status, std::span<const Header> headers) override;
  Body on_take_body(Exchange& exchange) override;
  // BodyReader
  void on_body_ready(BodySource& source, Lane lane) override;

  // For the tunnel that the stream has become.
  void open_window(uint32_t bytes);
  void cancel();

  // For nghttp2: adds at most `length` bytes of a DATA frame, with room for its header, to the
  // gather. Returns their number or one of its error codes.
  ptrdiff_t read(size_t length, uint32_t* flags);

 private:
  void answer(Exchange& exchange, uint16_t status, std::span<const Header> headers, Body body);
  // Upload::Owner, and the rest of what a streamed body needs, in h2_upload.cc
  void on_upload_wanted() override;
  void on_upload_taken(size_t bytes) override;
  void on_upload_dropped() override;
  void begin_upload(Exchange& exchange);
  Credit push_upload(Bytes piece);
  void end_upload();
  void drop_upload();
  void free_upload(size_t bytes);
  void refuse_upload(uint16_t status, std::string_view text);
  Credit discard(Bytes piece);
  bool asks_for_tunnel() const { return !exchange_->request.protocol.empty(); }
  bool reserve_body(size_t needed);
  void prioritize(bool event_stream, std::optional<uint64_t> length);
  BodySource::Pull pull(Gather& out, size_t max);
  BodySource::Pull add_bytes(Gather& out, size_t max);
  void set_moved();
  bool window_closed() const;
  void release_exchange();
  void stop_request();

  H2Link& link_;
  Exchange* exchange_;   // until it is answered
  H2RequestHead* head_;  // in the arena, until it is complete
  std::unique_ptr<BodySource> source_;
  Upload* upload_ = nullptr;    // ours: the body of the request, when that is streamed
  H2Tunnel* tunnel_ = nullptr;  // `source_`, when it is one
  Slice bytes_;                 // of the answer, when there is no source
  uint64_t left_ = 0;           // bytes of the answer still to come, when that is known
  uint8_t* body_ = nullptr;     // of the request, in the arena
  uint32_t body_size_ = 0;
  uint32_t body_capacity_ = 0;
  uint32_t body_max_ = 0;
  size_t trailer_bytes_ = 0;
  size_t discarded_bytes_ = 0;  // of the request, after it was answered
  int64_t content_length_ = -1;
  uint64_t upload_began_ms_ = 0;
  uint64_t upload_last_ms_ = 0;
  uint64_t moved_ms_ = 0;  // when the answer moved last, or began to have something to send
  const int32_t id_;
  bool length_known_ = false;  // `left_` counts
  bool request_open_ = true;   // the client has not ended its side
  bool answer_sent_ = false;
  bool waiting_ = false;   // the source has said so
  bool deferred_ = false;  // nghttp2 does not ask until it is told
  bool has_priority_ = false;
};

}  // namespace fce
