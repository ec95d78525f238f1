// SPDX-License-Identifier: Apache-2.0
// Fetch: one request to somewhere else and what comes back, piece by piece. The HTTP client is
// one way to do it; the cache's other origins (S3, a directory, a C callback) are others.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "http/body.h"
#include "http/message.h"

namespace fce {

class HttpContext;

// Why a fetch failed. What the client of a proxy is told follows from it: 504 for the times, 503
// for `no_peer` and `full`, else 502.
enum class FetchError : uint8_t {
  resolve,       // the name has no address, or no resolver answered
  connect,       // refused, or no way there
  connect_time,  // no connection in time
  tls,           // the handshake failed, or the certificate is not to be trusted
  first_byte,    // the answer's head did not come in time
  idle,          // the answer stood still for too long
  closed,        // the connection ended before the head was complete
  malformed,     // what came is no answer
  truncated,     // the body is shorter than its framing said
  too_large,     // the head is larger than the limit
  no_peer,       // all servers of the upstream are down
  full,          // too many wait for a connection
  refused,       // the origin will not make this request (a method that it does not have, or
                 // clear text to elsewhere)
  disk,          // a local file could not be read
  stopped,       // the node stops
};

// A token for logs and for Cache-Status: "connect-time".
std::string_view fetch_error_name(FetchError why);

// What is asked for. All views live until `start` returns; the body is taken over.
struct FetchRequest {
  std::string_view method = "GET";
  std::string_view target = "/";    // origin-form: path and query (RFC 9112 section 3.2.1)
  std::string_view authority;       // Host; "": the upstream's own
  bool authority_set = false;       // by the route: goes before what an origin would say
  std::span<const Header> headers;  // end-to-end ones: no Host, Content-Length, Connection
  Body body;                        // of unknown length: sent in chunks
  bool upgrade = false;             // `headers` has Upgrade; Connection is added (RFC 9110 7.8)
};

// What the answer to HEAD says of the body that GET would bring, if it does: `length` is what its
// framing tells, which is 0 for most.
std::optional<uint64_t> length_after_head(std::span<const Header> headers,
                                          std::optional<uint64_t> length);

// Who wants the answer. All calls come on the shard's thread, never from within `start`. A sink may
// destroy its fetch from within any of them, which is the end: nothing is called after that.
class FetchSink {
 public:
  // 1xx other than 100 and 101 (RFC 9110 section 15.2).
  virtual void on_informational(uint16_t status, std::span<const Header> headers) {
    (void)status, (void)headers;
  }
  // The head: names in lower case, hop-by-hop fields already taken out (RFC 9110 section 7.6.1).
  // `length` of the body, when its framing tells: 0 to HEAD, where a Content-Length among the
  // fields is that of another answer. Views are borrowed until return.
  virtual void on_head(uint16_t status, std::span<const Header> headers,
                       std::optional<uint64_t> length) = 0;
  // The answer is 101 to a request with `upgrade` (RFC 9110 section 7.8), in place of `on_head`;
  // `headers` as there, and Upgrade. From here on `on_body` brings the raw bytes of the other side,
  // and `Fetch::send` says where those for it come from.
  virtual void on_upgraded(std::span<const Header> headers) { (void)headers; }
  // A piece of the body, borrowed until return.
  virtual void on_body(Bytes piece) = 0;
  // The answer is complete; after `on_upgraded`: the connection has ended, on whichever side. The
  // last call, unless `on_fail` was.
  virtual void on_end(std::span<const Header> trailers) = 0;
  // No answer, or not all of it. The last call.
  virtual void on_fail(FetchError why) = 0;

 protected:
  ~FetchSink() = default;
};

// One that is under way. Destroying it before its last call cancels it.
class Fetch {
 public:
  virtual ~Fetch() = default;
  // Back-pressure: no `on_body` until `resume`, except for what is already on its way up: at most
  // one read buffer.
  virtual void pause() = 0;
  virtual void resume() = 0;
  // The raw bytes for the other side: once, from within `on_upgraded` or later. When the source has
  // ended, and what it gave is sent, the connection is closed.
  virtual void send(std::unique_ptr<BodySource> bytes) { (void)bytes; }
};

// Where fetches begin; one object for all shards.
class Fetcher {
 public:
  virtual ~Fetcher() = default;
  // On the shard's thread. `sink` outlives the fetch.
  virtual std::unique_ptr<Fetch> start(HttpContext& http, FetchRequest&& request,
                                       FetchSink& sink) const = 0;
};

}  // namespace fce
