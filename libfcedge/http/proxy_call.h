// SPDX-License-Identifier: Apache-2.0
// ProxyCall: one request on its way through a ReverseProxy. It waits for the head of the answer, is
// then the body of ours, or the upstream's end of a tunnel.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "http/body.h"
#include "http/byte_queue.h"
#include "http/exchange.h"
#include "http/fetch.h"
#include "http/proxy.h"
#include "loop/timer.h"

namespace fce {

class ProxyTunnel;

class ProxyCall final : public FetchSink, public BodySource, public ExchangeWatcher {
 public:
  // What waits for a slow client: beyond it the fetch is paused.
  static constexpr size_t kWindowBytes = 64 * 1024;
  // Answers of class 1xx that are passed on.
  static constexpr uint32_t kInformationalMax = 8;

  // Answers the exchange sooner or later. Options, rules and fetcher outlive the exchange.
  static void start(Exchange& exchange, const ProxyOptions& options, const ProxyRules& rules,
                    const Fetcher& fetcher);
  ~ProxyCall() override;

  // FetchSink
  void on_informational(uint16_t status, std::span<const Header> headers) override;
  void on_head(uint16_t status, std::span<const Header> headers,
               std::optional<uint64_t> length) override;
  void on_upgraded(std::span<const Header> headers) override;
  void on_body(Bytes piece) override;
  void on_end(std::span<const Header> trailers) override;
  void on_fail(FetchError why) override;
  // BodySource
  Pull pull(Gather& out, size_t max) override;
  void on_drain() override;
  // ExchangeWatcher
  void on_client_gone() override;
  void on_client_eof() override;
  void on_body_complete() override;

 private:
  // waiting: for the head. body: the codec owns this and pulls. bodiless: the answer is given, and
  // only the end of the fetch is awaited. tunnel: `tunnel_` owns this.
  enum class State : uint8_t { waiting, body, bodiless, tunnel };

  ProxyCall(Exchange& exchange, const ProxyOptions& options, const ProxyRules& rules);
  void begin(const Fetcher& fetcher);
  void watch_answer();
  void on_time();
  void answer_without_body(uint16_t status, std::span<const Header> fields,
                           std::optional<uint64_t> length);
  void fail_answer(FetchError why);
  bool accepts(std::span<const Header> headers) const;

  Exchange& exchange_;
  const ProxyOptions& options_;
  const ProxyRules& rules_;
  std::unique_ptr<Fetch> fetch_;
  ProxyTunnel* tunnel_ = nullptr;
  ByteQueue queue_;
  Timer timer_;
  std::string_view upgrade_;        // what is asked for; in the rules
  std::string_view websocket_key_;  // that was made up; in the arena
  uint32_t informational_ = 0;
  State state_ = State::waiting;
  bool paused_ = false;
  bool over_ = false;    // the fetch has made its last call
  bool failed_ = false;  // and that was `on_fail`
  bool events_ = false;  // the body is a stream of events, which has no end of its own
};

}  // namespace fce
