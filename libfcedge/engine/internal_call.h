// SPDX-License-Identifier: Apache-2.0
// InternalCall: a GET that comes from the node itself instead of a client. It goes through the
// routes in force, and its answer is collected in memory.
#pragma once

#include <fcedge/cache.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/list.h"
#include "http/exchange.h"
#include "loop/loop.h"

namespace fce {

class InternalCall final : public ExchangeTransport,
                           public BodyReader,
                           public Flushable,
                           public ListNode<InternalCall> {
 public:
  struct Question {
    std::string host, target;
    std::vector<std::pair<std::string, std::string>> headers;
    uint64_t body_bytes_max = 0;
    fce_cache_fetch_fn done = nullptr;
    void* user = nullptr;
  };

  // On the shard's thread. It owns itself, and calls `done` once.
  static void start(HttpContext& http, Question question);
  // For who could not be asked at all.
  static void refuse(const Question& question, Status why);
  // The shard ends before there is an answer.
  void cancel() { finish(Status::canceled); }

 private:
  InternalCall(HttpContext& http, Question question);
  ~InternalCall();

  // ExchangeTransport
  void on_answer(Exchange& exchange, uint16_t status, std::span<const Header> headers,
                 Body body) override;
  void on_abort(Exchange& exchange) override;
  Status on_upgrade(Exchange& exchange, std::span<const Header> headers,
                    Upgraded* upgraded) override;
  void on_continue(Exchange&) override {}
  // BodyReader, Flushable
  void on_body_ready(BodySource& source, Lane lane) override;
  void flush() override;

  void finish(Status error);

  HttpContext& http_;
  Question question_;
  Exchange* exchange_ = nullptr;  // until it is answered
  uint16_t status_ = 0;
  std::vector<std::pair<std::string, std::string>> fields_;
  std::unique_ptr<BodySource> source_;
  std::string body_;
  Status error_ = Status::ok;
};

}  // namespace fce
