// SPDX-License-Identifier: Apache-2.0
// One connection of the fan-out generator: bytes in and out, with or without TLS, and a masked
// WebSocket frame.
#pragma once
#include <errno.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <string>

#include "common.h"
using std::string;

enum Kind { SUB, PUBHTTP, PUBWS };
enum State { CONNECTING, TLSHS, UPGRADING, OPEN, DEAD };
struct Conn {
  int fd = -1;
  Kind kind = SUB;
  State st = CONNECTING;
  bool busy = false, ws = false;
  SSL* ssl = nullptr;
  uint32_t next_seq = 0;
  string pend;
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
    n -= r;
  }
  return true;
}
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
  wr(c, f.data(), f.size());
}
