// SPDX-License-Identifier: Apache-2.0
// Upload: the body of a request that goes to its handler as it comes (see Handler::streams_body).
// The codec holds the upload and fills it; who reads holds the Body that was taken from it. Each
// may go first. What waits between them is one window, since the codec stops the client there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "http/body.h"
#include "loop/loop.h"

namespace fce {

class Upload {
 public:
  // From here on the client is held back.
  static constexpr size_t kWindowBytes = 64 * 1024;
  static constexpr uint64_t kNever = ~uint64_t{0};

  // The codec. All calls may come from within a pull, so they only take note.
  class Owner {
   public:
    // Is pulled for the first time, and the client waits to be told to go on.
    virtual void on_upload_wanted() = 0;
    // So many bytes are out of the way.
    virtual void on_upload_taken(size_t bytes) = 0;
    // Nobody reads any more: what is still to come is to be dropped.
    virtual void on_upload_dropped() = 0;

   protected:
    ~Owner() = default;
  };

  // A body of at most `bytes_max` bytes. `waits`: the client sends nothing until it is told to.
  Upload(Owner& owner, const Loop& loop, std::optional<uint64_t> length, uint64_t bytes_max,
         bool waits);
  // The body fails for who has not read all of it.
  ~Upload();
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  // For the handler, once; that may be after `end`.
  Body take();
  // It was answered: who has not taken the body will not.
  void drop_untaken();

  // Whether the body may have so many bytes more.
  bool admits(size_t bytes) const { return bytes <= bytes_max_ - received_; }
  // A piece has come.
  void push(Bytes piece);
  // That was all. What is there can still be read.
  void end();

  // Somebody reads it, or may still take it.
  bool wanted() const { return source_ != nullptr; }
  size_t waiting_bytes() const;
  bool full() const { return waiting_bytes() >= kWindowBytes; }
  // When the client counts as too slow: it paused for longer than `body_ms`, or has sent less than
  // a byte a millisecond. The time that it was waiting for us is not counted; kNever while it is.
  uint64_t deadline_ms(uint32_t body_ms) const;

 private:
  class Source;
  void on_taken(size_t bytes);
  void on_wanted();
  void on_dropped(size_t bytes);

  Owner& owner_;
  const Loop& loop_;
  const std::optional<uint64_t> length_;
  const uint64_t bytes_max_;
  Source* source_;
  std::unique_ptr<Source> untaken_;
  uint64_t received_ = 0;
  uint64_t began_ms_;  // later by all the time that the client waited for us
  uint64_t last_ms_;   // when the client was to send from
  bool waits_;         // for "100 Continue"
};

}  // namespace fce
