// SPDX-License-Identifier: Apache-2.0
// One connection of the fan-out generators: bytes in and out, with or without TLS, WebSocket frames
// both ways, and the answers to a publisher.
#pragma once
#include <errno.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>

#include <memory>
#include <string>

#include "common.h"
#include "fanout_check.h"
#include "fanout_feed.h"
using std::string;

class H2Stream;

enum Kind { SUB, SLOW, PUBHTTP, PUBWS };
enum State { CONNECTING, TLSHS, UPGRADING, OPEN, DEAD };
struct Conn {
  int fd = -1;
  Kind kind = SUB;
  State st = CONNECTING;
  bool busy = false, ws = false, chunked = false;
  SSL* ssl = nullptr;
  H2Stream* h2 = nullptr;
  uint32_t seq = 0;  // of the message that a publisher waits for
  int number = -1;   // which client this is the connection of
  Track track;
  EventReader events;
  ChunkReader chunks;
  string pend;  // bytes of something that has not wholly come
};

inline ssize_t rd(Conn* c, char* b, size_t n) {
  if (!c->ssl) return recv(c->fd, b, n, 0);
  int r = SSL_read(c->ssl, b, int(n));
  if (r > 0) return r;
  int e = SSL_get_error(c->ssl, r);
  if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE) {
    errno = EAGAIN;
    return -1;
  }
  return 0;
}
inline bool wr(Conn* c, const char* b, size_t n) {
  while (n) {
    ssize_t r;
    if (c->ssl) {
      r = SSL_write(c->ssl, b, int(n));
      if (r <= 0) {
        int e = SSL_get_error(c->ssl, int(r));
        if (e == SSL_ERROR_WANT_WRITE || e == SSL_ERROR_WANT_READ) continue;
        return false;
      }
    } else {
      r = send(c->fd, b, n, MSG_NOSIGNAL);
      if (r < 0) {
        if (errno == EAGAIN || errno == EINTR) continue;
        return false;
      }
    }
    b += r;
    n -= size_t(r);
  }
  return true;
}
inline bool wr(Conn* c, const string& s) { return wr(c, s.data(), s.size()); }
inline void ws_send(Conn* c, int op, const string& p) {
  string f;
  f.push_back(char(0x80 | op));
  if (p.size() < 126)
    f.push_back(char(0x80 | p.size()));
  else {
    f.push_back(char(0x80 | 126));
    f.push_back(char(p.size() >> 8));
    f.push_back(char(p.size() & 255));
  }
  const unsigned char m[4] = {0x12, 0x34, 0x56, 0x78};
  f.append((const char*)m, 4);
  for (size_t i = 0; i < p.size(); i++) f.push_back(char(p[i] ^ m[i & 3]));
  wr(c, f);
}

// Calls each(opcode, payload) for every whole frame; the rest waits in `pend`. Stops when `each`
// returns false.
template <class F>
inline void ws_frames(Conn* c, const char* b, size_t n, F each) {
  string joined;
  if (!c->pend.empty()) {
    joined.swap(c->pend);
    joined.append(b, n);
    b = joined.data();
    n = joined.size();
  }
  size_t i = 0;
  while (n - i >= 2) {
    const auto* u = reinterpret_cast<const unsigned char*>(b + i);
    uint64_t len = u[1] & 127;
    size_t h = 2;
    if (len == 126) {
      h = 4;
      if (n - i < h) break;
      len = uint64_t(u[2] << 8 | u[3]);
    } else if (len == 127) {
      h = 10;
      if (n - i < h) break;
      len = 0;
      for (int k = 2; k < 10; k++) len = len << 8 | u[k];
    }
    if (n - i < h + len) break;
    if (!each(u[0] & 15, std::string_view(b + i + h, len))) return;
    i += h + len;
  }
  if (i < n) c->pend.assign(b + i, n - i);
}

inline string ws_upgrade(const Url& u, const string& path, const string& fields) {
  return "GET " + path + " HTTP/1.1\r\nHost: " + u.host + ":" + std::to_string(u.port) + "\r\n" +
         fields +
         "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}

inline string post(const Url& u, const string& fields, const string& body) {
  return "POST " + u.path + " HTTP/1.1\r\nHost: " + u.host + ":" + std::to_string(u.port) + "\r\n" +
         fields + "Content-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

// Takes one whole answer off the front of `pend`: its status, or 0 when it has not wholly come.
inline int take_answer(string& pend, string* body) {
  size_t e = pend.find("\r\n\r\n");
  if (e == string::npos || e < 12) return 0;
  const size_t begin = e + 4;
  size_t size = 0;
  bool known = false;
  for (size_t i = 0; i < e; i++)
    if (pend[i] == '\n' && strncasecmp(pend.data() + i + 1, "content-length:", 15) == 0) {
      known = true;
      size = strtoul(pend.data() + i + 16, nullptr, 10);
    }
  if (!known && strcasestr(pend.c_str(), "transfer-encoding: chunked")) {
    size_t z = pend.find("0\r\n\r\n", begin);
    if (z == string::npos) return 0;
    size = z + 5 - begin;
  }
  if (pend.size() < begin + size) return 0;
  const int status = atoi(pend.c_str() + 9);
  if (body) body->assign(pend, begin, size);
  pend.erase(0, begin + size);
  return status;
}
