// SPDX-License-Identifier: Apache-2.0
// dnsgen: UDP DNS load generator (one thread, sendmmsg/recvmmsg, closed loop with a window).
// dnsgen --port P [--host 127.0.0.1] [--zone geo.test] [--hosts 100] [--edns 0|1] [--ecs 0|1|6]
//        [--window 256] [--socks 4] [--secs 5] [--type 1] [--rate N]
// With --rate it asks N times a second at most, as evenly as it can.
// Queries h<0..hosts-1>.<zone>; with --ecs every query carries a random public IPv4 /24 (or, 6:
// IPv6 /48) client subnet. Every answer is checked (rcode 0, at least one answer; ECS echoed).
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <set>
#include <string>
#include <vector>

#include "common.h"
#include "hist.h"
using std::string;
static uint64_t rs = 0x9E3779B97F4A7C15ull;
static uint32_t rnd() {
  rs ^= rs << 13;
  rs ^= rs >> 7;
  rs ^= rs << 17;
  return uint32_t(rs >> 16);
}
struct Sock {
  int fd;
  std::vector<uint16_t> freeid;
  std::vector<uint64_t> at;
};
int main(int argc, char** argv) {
  string host = "127.0.0.1", zone = "geo.test";
  int port = 53, hosts = 100, edns = 0, ecs = 0, window = 256, nsock = 4, qtype = 1, rate = 0;
  double secs = 5;
  for (int i = 1; i + 1 < argc; i += 2) {
    string a = argv[i];
    const char* v = argv[i + 1];
    if (a == "--port")
      port = atoi(v);
    else if (a == "--host")
      host = v;
    else if (a == "--zone")
      zone = v;
    else if (a == "--hosts")
      hosts = atoi(v);
    else if (a == "--edns")
      edns = atoi(v);
    else if (a == "--ecs")
      ecs = atoi(v);
    else if (a == "--window")
      window = atoi(v);
    else if (a == "--socks")
      nsock = atoi(v);
    else if (a == "--secs")
      secs = atof(v);
    else if (a == "--rate")
      rate = atoi(v);
    else if (a == "--type")
      qtype = atoi(v);
    else {
      fprintf(stderr, "unknown %s\n", argv[i]);
      return 2;
    }
  }
  const int NP = 8192;
  std::vector<string> pk(NP);
  for (auto& p : pk) {
    p = string("\0\0\0\0\0\1\0\0\0\0\0\0", 12);
    if (edns || ecs) p[11] = 1;
    string n = "h" + std::to_string(rnd() % hosts) + "." + zone + ".";
    size_t s = 0, d;
    while ((d = n.find('.', s)) != string::npos) {
      p += char(d - s);
      p += n.substr(s, d - s);
      s = d + 1;
    }
    p += '\0';
    p += char(qtype >> 8);
    p += char(qtype);
    p += '\0';
    p += '\1';
    if (edns || ecs) {
      string o;
      if (ecs == 1) {
        unsigned char a[4] = {(unsigned char)(1 + rnd() % 223), (unsigned char)rnd(),
                              (unsigned char)rnd(), 0};
        if (a[0] == 10 || a[0] == 127) a[0] = 81;
        o = string("\0\10\0\7\0\1\30\0", 8) + string((char*)a, 3);
      }
      if (ecs == 6) {
        unsigned char a[6] = {0x20,
                              0x01,
                              (unsigned char)(4 + rnd() % 4),
                              (unsigned char)rnd(),
                              (unsigned char)rnd(),
                              (unsigned char)rnd()};
        o = string("\0\10\0\12\0\2\60\0", 8) + string((char*)a, 6);
      }
      p += string("\0\0\x29\x04\xd0\0\0\0\0\0", 10);
      p += char(o.size());
      p += o;
    }
  }
  sockaddr_in sa{};
  sa.sin_family = AF_INET;
  sa.sin_port = htons(port);
  inet_pton(AF_INET, host.c_str(), &sa.sin_addr);
  std::vector<Sock> S(nsock);
  int per = window / nsock;
  if (per < 1) per = 1;
  std::vector<pollfd> pf(nsock);
  for (auto& s : S) {
    s.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    int b = 4 << 20;
    setsockopt(s.fd, SOL_SOCKET, SO_RCVBUF, &b, sizeof b);
    setsockopt(s.fd, SOL_SOCKET, SO_SNDBUF, &b, sizeof b);
    if (connect(s.fd, (sockaddr*)&sa, sizeof sa)) {
      perror("connect");
      return 1;
    }
    s.at.assign(per, 0);
    for (int i = 0; i < per; i++) s.freeid.push_back(i);
    pf[&s - &S[0]] = {s.fd, POLLIN, 0};
  }
  const int B = 64;
  static char sb[B][512], rb[B][2048];
  mmsghdr sm[B], rm[B];
  iovec si[B], ri[B];
  memset(sm, 0, sizeof sm);
  memset(rm, 0, sizeof rm);
  for (int i = 0; i < B; i++) {
    si[i].iov_base = sb[i];
    sm[i].msg_hdr.msg_iov = &si[i];
    sm[i].msg_hdr.msg_iovlen = 1;
    ri[i].iov_base = rb[i];
    ri[i].iov_len = 2048;
    rm[i].msg_hdr.msg_iov = &ri[i];
    rm[i].msg_hdr.msg_iovlen = 1;
  }
  Hist h;
  std::set<uint32_t> seen;
  uint64_t sent = 0, got = 0, bad = 0, noecs = 0, lost = 0, k = 0, t0 = now_ns(),
           warm = t0 + 500000000ull, end = warm + uint64_t(secs * 1e9), got_w = 0, sweep = t0;
  bool meas = false;
  double c0 = 0;
  for (;;) {
    uint64_t t = now_ns();
    if (!meas && t > warm) {
      meas = true;
      got_w = 0;
      warm = t;
      c0 = own_cpu_s();
    }
    if (t > end) {
      end = t;
      break;
    }
    bool any = false;
    uint64_t due = rate ? uint64_t(double(t - t0) * rate / 1e9) : UINT64_MAX;
    if (rate && due > k + window) k = due - window;  // what could not be asked is not made up for
    for (auto& s : S) {
      int n = 0;
      uint16_t ids[B];
      while (n < B && !s.freeid.empty() && k < due) {
        uint16_t id = s.freeid.back();
        s.freeid.pop_back();
        ids[n] = id;
        const string& p = pk[k++ % NP];
        memcpy(sb[n], p.data(), p.size());
        sb[n][0] = char(id >> 8);
        sb[n][1] = char(id);
        si[n].iov_len = p.size();
        s.at[id] = t;
        n++;
      }
      if (n) {
        int r = sendmmsg(s.fd, sm, n, 0);
        if (r < 0) {
          if (errno == ECONNREFUSED) {
            fprintf(stderr, "refused\n");
            return 1;
          }
          r = 0;
        }
        sent += r;
        for (int i = r; i < n; i++) {
          s.at[ids[i]] = 0;
          s.freeid.push_back(ids[i]);
        }
      }
    }
    for (auto& s : S) {
      for (;;) {
        int r = recvmmsg(s.fd, rm, B, MSG_DONTWAIT, nullptr);
        if (r <= 0) break;
        any = true;
        uint64_t now = now_ns();
        for (int i = 0; i < r; i++) {
          unsigned char* p = (unsigned char*)rb[i];
          size_t n = rm[i].msg_len;
          uint16_t id = uint16_t(p[0] << 8 | p[1]);
          if (n < 12 || id >= per || !s.at[id]) continue;  // late
          if (meas) {
            h.add(now - s.at[id]);
            got_w++;
          }
          s.at[id] = 0;
          s.freeid.push_back(id);
          got++;
          if ((p[3] & 15) || !(p[6] << 8 | p[7])) bad++;
          if (ecs && !(p[10] << 8 | p[11])) noecs++;
          if (got % 97 == 0) {
            size_t q = 12;
            while (q < n && p[q]) q += p[q] + 1;
            q += 5;
            if (q + 16 <= n && (p[q] & 0xc0))
              seen.insert(p[q + 12] << 24 | p[q + 13] << 16 | p[q + 14] << 8 | p[q + 15]);
          }
        }
        if (r < B) break;
      }
    }
    if (t - sweep > 100000000ull) {
      sweep = t;
      for (auto& s : S)
        for (int i = 0; i < per; i++)
          if (s.at[i] && t - s.at[i] > 500000000ull) {
            lost++;
            s.at[i] = 0;
            s.freeid.push_back(i);
          }
    }
    if (!any && !rate) poll(pf.data(), nsock, 1);
  }
  double dt = (end - warm) / 1e9, cpu = own_cpu_s() - c0;
  printf(
      "qps=%.0f p50us=%.0f p99us=%.0f maxus=%.0f answers=%llu bad=%llu lost=%llu no_opt_echo=%llu "
      "distinct_rdata=%zu gen_cpu=%.2f\n",
      got_w / dt, h.q(.5) / 1e3, h.q(.99) / 1e3, h.mx / 1e3, (unsigned long long)got,
      (unsigned long long)bad, (unsigned long long)lost, (unsigned long long)noecs, seen.size(),
      cpu / dt);
}
