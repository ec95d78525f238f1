// SPDX-License-Identifier: Apache-2.0
// Makes an nghttp2 server session: options, settings, memory.
#pragma once

#include "base/limits.h"

struct nghttp2_session;
struct nghttp2_session_callbacks;

namespace fce {

// What a session's memory comes from. nghttp2 gives each session a buffer of 16 KiB that it fills
// with one frame at a time and that has been copied out before the flush ends: so all sessions of a
// thread borrow the same one, and an idle connection does not hold one.
struct H2Memory {
  bool lending = false;  // while a session is made, which is when it asks for that buffer
  void* lent = nullptr;  // the thread's buffer, while this session has it
};

// The window of a whole connection and of one stream, for what clients upload.
constexpr int32_t kH2ConnectionWindowBytes = 1 << 20;
constexpr int32_t kH2StreamWindowBytes = 256 * 1024;

// Makes a session with its first SETTINGS frame queued. `memory` must outlive it.
// `websocket`: clients are told that they may open WebSockets on streams (RFC 8441).
nghttp2_session* make_h2_session(const nghttp2_session_callbacks* callbacks, void* user,
                                 H2Memory& memory, const Limits& limits, bool websocket);

}  // namespace fce
