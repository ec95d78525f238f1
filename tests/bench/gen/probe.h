// SPDX-License-Identifier: Apache-2.0
// A client of its own thread that asks for one URL over one keep-alive connection every 2 ms, and
// what it sees of a server that is busy with other things. Latency counts from the time at which a
// request was due, so a server that stands still is felt by all the requests that it kept waiting.
// The thread goes before the generator's own work where the system lets it (SCHED_RR).
#pragma once
#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "common.h"
#include "hist.h"

class Probe {
 public:
  explicit Probe(const std::string& url) : url_(parse_url(url)), thread_([this] { run(); }) {}
  ~Probe() { stop(); }
  Probe(const Probe&) = delete;

  // Before, during, after.
  void next_phase() { phase_++; }
  void stop() {
    ended_ = true;
    if (thread_.joinable()) thread_.join();
  }
  void print() const {
    const char* names[] = {"before", "http", "after"};
    for (int i = 0; i < 3; i++)
      printf("%s_n=%llu %s_p50us=%.0f %s_p99us=%.0f %s_maxus=%.0f ", names[i],
             (unsigned long long)hist_[i].n, names[i], double(hist_[i].q(.5)) / 1e3, names[i],
             double(hist_[i].q(.99)) / 1e3, names[i], double(hist_[i].mx) / 1e3);
    printf("http_errors=%d probe_first=%d\n", errors_, first_);
  }

 private:
  static constexpr uint64_t kEvery = 2000000;

  void run() {
    sched_param priority{};
    priority.sched_priority = 1;
    first_ = pthread_setschedparam(pthread_self(), SCHED_RR, &priority) == 0;
    const int fd = connect_start(url_.host, url_.port);
    const timeval patience{10, 0};
    pollfd writable{fd, POLLOUT, 0};
    ::poll(&writable, 1, 5000);
    int flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    SSL_CTX* ctx = SSL_CTX_new(TLS_client_method());
    SSL* ssl = SSL_new(ctx);
    SSL_set_fd(ssl, fd);
    if (SSL_connect(ssl) == 1)
      ask(ssl);
    else
      errors_++;
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    close(fd);
  }
  void ask(SSL* ssl) {
    const std::string request = "GET " + url_.path + " HTTP/1.1\r\nHost: " + url_.host + "\r\n\r\n";
    for (uint64_t due = now_ns(); !ended_; due += kEvery) {
      const uint64_t now = now_ns();
      if (now < due) {
        timespec pause{0, long(due - now)};
        nanosleep(&pause, nullptr);
      }
      const int phase = phase_;
      if (SSL_write(ssl, request.data(), int(request.size())) <= 0 || !answer(ssl)) {
        errors_++;
        return;
      }
      hist_[phase].add(now_ns() - due);
    }
  }
  bool answer(SSL* ssl) {  // one answer with Content-Length
    std::string text;
    size_t whole = 0;
    char b[8192];
    while (whole == 0 || text.size() < whole) {
      const int r = SSL_read(ssl, b, sizeof b);
      if (r <= 0) return false;
      text.append(b, size_t(r));
      const size_t end = text.find("\r\n\r\n");
      if (whole != 0 || end == std::string::npos) continue;
      const char* length = strcasestr(text.c_str(), "\r\ncontent-length:");
      if (!length || text.compare(9, 3, "200") != 0) return false;
      whole = end + 4 + strtoul(length + 17, nullptr, 10);
    }
    return true;
  }

  const Url url_;
  std::atomic<int> phase_{0};
  std::atomic<bool> ended_{false};
  Hist hist_[3];
  int errors_ = 0;
  bool first_ = false;
  std::thread thread_;
};
