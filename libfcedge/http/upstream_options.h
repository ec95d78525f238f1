// SPDX-License-Identifier: Apache-2.0
// What an upstream is: the servers behind one name, and how they are treated.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace fce {

struct UpstreamPeerOptions {
  std::string url;      // "http://HOST[:PORT]", "https://HOST[:PORT]" or "unix:/PATH"
  uint32_t weight = 1;  // its share; 1 to 1000
  bool backup = false;  // is asked only while all that are none are down
};

enum class Balance : uint8_t {
  least_connections,  // who has the fewest requests for its weight
  round_robin,
};

struct UpstreamOptions {
  std::string name;  // for the log
  std::vector<UpstreamPeerOptions> peers;
  Balance balance = Balance::least_connections;

  // Connections: per server and shard.
  uint32_t connections_max = 256;
  uint32_t idle_max = 64;              // that are kept without work
  uint32_t keepalive_ms = 60'000;      // for so long; less if the server says so (Keep-Alive)
  uint32_t requests_max = 10'000;      // on one connection
  uint32_t queue_max = 1024;           // requests that wait for a connection; per shard
  uint32_t queue_ms = 10'000;          // for so long
  uint32_t connect_ms = 5000;          // for each address, and for the handshake of TLS
  uint32_t first_byte_ms = 60'000;     // from the end of the request to that of the answer's head
  uint32_t idle_ms = 60'000;           // the longest pause in an answer
  uint32_t head_bytes_max = 64 << 10;  // of an answer, and of its trailer
  uint32_t header_count_max = 200;

  // Trying again, on another server if there is one.
  uint32_t tries_max = 3;
  uint32_t retry_percent = 20;  // of all requests, at most (and ten at once)

  // Servers that fail: so many failures within a window, and nobody is sent there for a time; then
  // one request tries. With one server there is nobody else to ask, so this does not apply.
  uint32_t fails_max = 3;  // 0: never
  uint32_t fail_window_ms = 10'000;
  uint32_t down_ms = 10'000;

  // Health checks, by the first shard that uses the upstream. "": none.
  std::string check_path;
  uint32_t check_interval_ms = 5000;
  uint32_t check_ms = 2000;
  uint16_t check_status = 0;  // that is expected; 0: any of 200 to 399
  uint32_t check_rise = 2;    // so many good ones in a row take a server back
  uint32_t check_fall = 3;    // so many bad ones take it out

  // False: http: goes to addresses of this machine only, whatever a name resolves to. What such a
  // server would be asked for fails as `refused`.
  bool clear_text = true;

  // https: only.
  std::string tls_ca_file;    // "": the CAs of the system
  std::string tls_name;       // that the certificates are for; "": the host of each URL
  bool tls_insecure = false;  // do not verify
};

// Where a peer is.
struct UpstreamUrl {
  enum class Kind : uint8_t { http, https, unix_socket };
  Kind kind = Kind::http;
  std::string host;  // without brackets; "" for a unix socket
  uint16_t port = 0;
  std::string path;       // of a unix socket
  std::string authority;  // for Host

  static Status parse(std::string_view text, UpstreamUrl* out);
};

}  // namespace fce
