// SPDX-License-Identifier: Apache-2.0
// tlsgen: TLS 1.3 connection generator (one thread, epoll, OpenSSL).
//   handshake rate: tlsgen --port P --conc 32 --secs 5 --resume 0|1 [--path /1k.bin] [--request 1]
//     per connection: TCP connect, handshake, (GET, Connection: close, whole response), close.
//   idle holding:   tlsgen --port P --hold 10000 --secs 5 : opens N keep-alive connections, one GET
//   each, then holds them
// To be cheaper than the servers, the generator accepts every certificate and skips the check of
// the CertificateVerify signature (see tls_cheap.h).
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "common.h"
#include "hist.h"
#include "tls_cheap.h"
using std::string;
static int accept_any(X509_STORE_CTX*, void*) { return 1; }
struct C {
  int fd = -1;
  SSL* s = nullptr;
  int st = 0;
  uint64_t t0 = 0, th = 0;
  size_t got = 0, want = 0;
  string hd;
};
static SSL_CTX* ctx;
static std::vector<SSL_SESSION*>
    pool;  // tickets, each used once (some servers accept them only once)
static int ep, port, resume_ = 0, req = 1;
static string host = "127.0.0.1", rq;
static bool holding = false;
static uint64_t done = 0, errs = 0, reused = 0, hs_n = 0;
static bool meas = false;
static Hist hh, hc;
static int new_sess(SSL*, SSL_SESSION* s) {
  if (resume_ && pool.size() < 4096) {
    pool.push_back(s);
    return 1;
  }
  return 0;
}
static void start(C* c) {
  c->fd = connect_start(host, port);
  c->t0 = now_ns();
  c->st = 0;
  c->got = c->want = 0;
  c->hd.clear();
  c->s = SSL_new(ctx);
  SSL_set_fd(c->s, c->fd);
  if (resume_ && !pool.empty()) {
    SSL_set_session(c->s, pool.back());
    SSL_SESSION_free(pool.back());
    pool.pop_back();
  }
  SSL_set_connect_state(c->s);
  epoll_event e{};
  e.events = EPOLLIN | EPOLLOUT | EPOLLET;
  e.data.ptr = c;
  epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e);
}
static void finish(C* c, bool ok) {
  uint64_t t = now_ns();
  if (ok) {
    done++;
    if (meas) hc.add(t - c->t0);
  } else
    errs++;
  SSL_set_quiet_shutdown(c->s, 1);
  SSL_shutdown(c->s);  // keeps the session resumable
  SSL_free(c->s);
  c->s = nullptr;
  linger l{1, 0};
  setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &l, sizeof l);
  close(c->fd);
  c->fd = -1;
  c->st = 9;
}
static char buf[1 << 17];
static void drive(C* c) {
  if (c->st == 9) return;
  if (c->st == 0) {
    int r = SSL_do_handshake(c->s);
    if (r != 1) {
      int e = SSL_get_error(c->s, r);
      if (e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE) {
        static int n = 0;
        if (n++ < 2) fprintf(stderr, "handshake error %d errno %d\n", e, errno);
        finish(c, false);
      }
      return;
    }
    hs_n += meas;
    c->th = now_ns();
    if (meas) hh.add(c->th - c->t0);
    if (SSL_session_reused(c->s)) reused += meas;
    c->st = 1;
    if (req) {
      if (SSL_write(c->s, rq.data(), int(rq.size())) <= 0) {
        finish(c, false);
        return;
      }
    } else {
      finish(c, true);
      return;
    }
  }
  for (;;) {
    int r = SSL_read(c->s, buf, sizeof buf);
    if (r <= 0) {
      int e = SSL_get_error(c->s, r);
      if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE) return;
      if (c->st != 2)
        finish(c, c->want && c->got >= c->want);
      else
        finish(c, false);
      return;
    }
    c->got += r;
    if (!c->want) {
      c->hd.append(buf, r);
      size_t e = c->hd.find("\r\n\r\n");
      if (e != string::npos) {
        size_t cl = 0;
        const char* p = strcasestr(c->hd.c_str(), "content-length:");
        if (p) cl = strtoul(p + 15, nullptr, 10);
        c->want = e + 4 + cl;
      }
    }
    if (c->want && c->got >= c->want && c->st == 1) {
      if (holding) {
        c->st = 2;
        done++;
        c->hd.clear();
        c->hd.shrink_to_fit();
      } else {
        finish(c, true);
        return;
      }
    }
  }
}
int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  int conc = 32, hold = 0;
  double secs = 5;
  string path = "/1k.bin";
  for (int i = 1; i + 1 < argc; i += 2) {
    string a = argv[i];
    const char* v = argv[i + 1];
    if (a == "--port")
      port = atoi(v);
    else if (a == "--host")
      host = v;
    else if (a == "--conc")
      conc = atoi(v);
    else if (a == "--secs")
      secs = atof(v);
    else if (a == "--resume")
      resume_ = atoi(v);
    else if (a == "--path")
      path = v;
    else if (a == "--request")
      req = atoi(v);
    else if (a == "--hold")
      hold = atoi(v);
    else {
      fprintf(stderr, "unknown %s\n", argv[i]);
      return 2;
    }
  }
  raise_file_limit();
  ctx = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_cert_verify_callback(ctx, accept_any, nullptr);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ctx, new_sess);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  ep = epoll_create1(0);
  holding = hold > 0;
  rq = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" +
       (holding ? "" : "Connection: close\r\n") + "\r\n";
  std::vector<C> cs(holding ? hold : conc);
  epoll_event ev[256];
  if (holding) {
    size_t next = 0;
    uint64_t t0 = now_ns(), end = 0;
    for (;;) {
      while (next < cs.size() && next - done - errs < 100) start(&cs[next++]);
      int n = epoll_wait(ep, ev, 256, 50);
      for (int i = 0; i < n; i++) drive((C*)ev[i].data.ptr);
      if (!end && done + errs >= uint64_t(hold)) {
        printf("READY open=%llu failed=%llu connect_s=%.2f\n", (unsigned long long)done,
               (unsigned long long)errs, (now_ns() - t0) / 1e9);
        fflush(stdout);
        end = now_ns() + uint64_t(secs * 1e9);
      }
      if (end && now_ns() > end) {
        printf("HELD errors=%llu\n", (unsigned long long)errs);
        return 0;
      }
      if (!end && now_ns() - t0 > 60000000000ull) {
        printf("TIMEOUT open=%llu\n", (unsigned long long)done);
        return 1;
      }
    }
  }
  for (auto& c : cs) start(&c);
  uint64_t t0 = now_ns(), warm = t0 + 300000000ull, end = warm + uint64_t(secs * 1e9), d0 = 0;
  double c0 = 0;
  for (;;) {
    uint64_t t = now_ns();
    if (!meas && t > warm) {
      meas = true;
      warm = t;
      d0 = done;
      c0 = own_cpu_s();
    }
    if (t > end) {
      end = t;
      break;
    }
    int n = epoll_wait(ep, ev, 256, 10);
    for (int i = 0; i < n; i++) {
      C* c = (C*)ev[i].data.ptr;
      drive(c);
      if (c->st == 9) start(c);
    }
  }
  double dt = (end - warm) / 1e9, cpu = own_cpu_s() - c0;
  printf(
      "conns_s=%.0f hs_p50us=%.0f hs_p99us=%.0f conn_p50us=%.0f conn_p99us=%.0f done=%llu "
      "reused_share=%.3f errors=%llu gen_cpu=%.2f\n",
      (done - d0) / dt, hh.q(.5) / 1e3, hh.q(.99) / 1e3, hc.q(.5) / 1e3, hc.q(.99) / 1e3,
      (unsigned long long)done, hs_n ? double(reused) / hs_n : 0, (unsigned long long)errs,
      cpu / dt);
}
