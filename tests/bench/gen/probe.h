// SPDX-License-Identifier: Apache-2.0
// What clients see of a server that is busy with other things: ten of them, each in a thread of its
// own, ask for one URL over a keep-alive connection every 100 ms, one of them every 10 ms. Latency
// counts from the time at which a request was due, so a server that stands still is felt by all the
// requests that it kept waiting. One client alone would also count its own queue: when answers take
// longer than its interval, that queue grows without end, whatever the server does.
// The threads go before the generator's own work where the system lets them (SCHED_RR).
#pragma once
#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "common.h"
#include "hist.h"

class Probe {
 public:
  explicit Probe(const std::string& url) : url_(parse_url(url)) {
    for (int i = 0; i < kClients; i++) threads_.emplace_back([this, i] { run(clients_[i], i); });
  }
  ~Probe() { stop(); }
  Probe(const Probe&) = delete;

  // Before, during, after.
  void next_phase() { phase_++; }
  void stop() {
    ended_ = true;
    for (std::thread& thread : threads_)
      if (thread.joinable()) thread.join();
  }
  void print() const {
    const char* names[] = {"before", "http", "after"};
    int errors = 0;
    bool first = true;
    for (const Client& client : clients_) {
      errors += client.errors;
      first = first && client.first;
    }
    for (int i = 0; i < 3; i++) {
      Hist all;
      for (const Client& client : clients_) all.merge(client.hist[i]);
      printf("%s_n=%llu %s_p50us=%.0f %s_p99us=%.0f %s_maxus=%.0f ", names[i],
             (unsigned long long)all.n, names[i], double(all.q(.5)) / 1e3, names[i],
             double(all.q(.99)) / 1e3, names[i], double(all.mx) / 1e3);
    }
    printf("http_errors=%d probe_first=%d\n", errors, first);
  }

 private:
  static constexpr int kClients = 10;
  static constexpr uint64_t kEvery = 100'000'000;  // ns, of one client
  struct Client {
    Hist hist[3];
    int errors = 0;
    bool first = false;
  };

  void run(Client& client, int number) {
    sched_param priority{};
    priority.sched_priority = 1;
    client.first = pthread_setschedparam(pthread_self(), SCHED_RR, &priority) == 0;
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
      ask(ssl, client, now_ns() + kEvery * uint64_t(number) / kClients);
    else
      client.errors++;
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    close(fd);
  }
  void ask(SSL* ssl, Client& client, uint64_t due) {
    const std::string request = "GET " + url_.path + " HTTP/1.1\r\nHost: " + url_.host + "\r\n\r\n";
    for (; !ended_; due += kEvery) {
      const uint64_t now = now_ns();
      if (now < due) {
        timespec pause{0, long(due - now)};
        nanosleep(&pause, nullptr);
      }
      const int phase = phase_;
      if (SSL_write(ssl, request.data(), int(request.size())) <= 0 || !answer(ssl)) {
        client.errors++;
        return;
      }
      client.hist[phase].add(now_ns() - due);
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
  std::array<Client, kClients> clients_;
  std::vector<std::thread> threads_;
};
