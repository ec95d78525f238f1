// SPDX-License-Identifier: Apache-2.0
// From a parsed request to its handler: routing, CORS, limits of the body. The codecs call it.
#pragma once

#include <cstdint>
#include <string_view>

namespace fce {

class Exchange;

// The header section is complete. Routes; answers 404, 405, preflights and refused origins itself
// (then `exchange.answered()`). Returns how many bytes the body may have. `content_length` is -1
// when it is not known; a known one over the limit is answered 413 here, Expect other than
// 100-continue 417, and a 100 is asked for when the client waits for it.
uint32_t dispatch_begin(Exchange& exchange, int64_t content_length);

// Whether the handler wants the body as it comes, so that it is to be run now.
bool dispatch_streams(const Exchange& exchange);

// The body is complete, or it is streamed: runs the handler, and watches its time if it did not
// answer yet.
void dispatch_run(Exchange& exchange);

}  // namespace fce
