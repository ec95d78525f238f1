// SPDX-License-Identifier: Apache-2.0
// What every generator needs: URLs, non-blocking sockets, the CPU clock, the open-file limit.
#pragma once
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include <string>
#include <vector>

struct Url {
  bool tls = false, ws = false;
  std::string host;
  int port = 0;
  std::string path;
};

inline Url parse_url(const std::string& u) {
  Url r;
  size_t p = u.find("://");
  if (p == std::string::npos) {
    fprintf(stderr, "bad url %s\n", u.c_str());
    exit(2);
  }
  std::string scheme = u.substr(0, p), rest = u.substr(p + 3);
  r.tls = scheme == "wss" || scheme == "https";
  r.ws = scheme == "ws" || scheme == "wss";
  size_t slash = rest.find('/');
  r.path = slash == std::string::npos ? "/" : rest.substr(slash);
  std::string authority = rest.substr(0, slash);
  size_t colon = authority.find(':');
  r.host = authority.substr(0, colon);
  r.port = colon == std::string::npos ? (r.tls ? 443 : 80) : atoi(authority.c_str() + colon + 1);
  return r;
}

// Starts a connection to an IPv4 address; a failure to even start is the machine's, so it ends us.
// With `source` > 0 it comes from 127.0.0.SOURCE, whose ports are its own. With `receive_bytes` the
// receive buffer is small, and segments are an Ethernet's: from loopback's 64 KiB the kernel would
// conclude that each socket may queue megabytes.
inline int connect_start(const std::string& host, int port, int source = 0, int receive_bytes = 0) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (fd < 0) {
    perror("socket");
    exit(1);
  }
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (receive_bytes) {
    const int segment = 1448;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
  }
  sockaddr_in a{};
  a.sin_family = AF_INET;
  if (source > 0) {
    // The port is chosen by connect, which knows that the pair of addresses is what must be unique.
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    a.sin_addr.s_addr = htonl(0x7f000000u + unsigned(source));
    bind(fd, reinterpret_cast<sockaddr*>(&a), sizeof a);
  }
  a.sin_port = htons(uint16_t(port));
  inet_pton(AF_INET, host.c_str(), &a.sin_addr);
  if (connect(fd, reinterpret_cast<sockaddr*>(&a), sizeof a) < 0 && errno != EINPROGRESS) {
    perror("connect");
    exit(1);
  }
  return fd;
}

inline void raise_file_limit() {
  rlimit rl;
  getrlimit(RLIMIT_NOFILE, &rl);
  rl.rlim_cur = rl.rlim_max;
  setrlimit(RLIMIT_NOFILE, &rl);
}

// CPU seconds of this process, user and system.
inline double own_cpu_s() {
  rusage r;
  getrusage(RUSAGE_SELF, &r);
  return double(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
         double(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

// The CPU clock of the server's processes, read to the nanosecond.
class ServerClock {
 public:
  void watch(const char* pids) {  // a comma-separated list
    for (const char* q = pids; *q;) {
      clockid_t c;
      if (!clock_getcpuclockid(atoi(q), &c)) clocks_.push_back(c);
      while (*q && *q != ',') q++;
      if (*q) q++;
    }
  }
  double seconds() const {
    double t = 0;
    for (clockid_t c : clocks_) {
      timespec ts;
      if (!clock_gettime(c, &ts)) t += double(ts.tv_sec) + double(ts.tv_nsec) / 1e9;
    }
    return t;
  }

 private:
  std::vector<clockid_t> clocks_;
};
