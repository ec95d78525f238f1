/* SPDX-License-Identifier: Apache-2.0 */
/* One query in bytes, and what matters of its answer. */
#ifndef FCEDGE_TESTS_CAPI_DNS_QUERY_H_
#define FCEDGE_TESTS_CAPI_DNS_QUERY_H_

#include "capi.h"

/* "www.example.com" A, with number 0x1234. */
static const unsigned char kQuery[] = {0x12, 0x34, 0,   0,   0,   1,   0,   0,   0,   0,   0,
                                       0,    3,    'w', 'w', 'w', 7,   'e', 'x', 'a', 'm', 'p',
                                       'l',  'e',  3,   'c', 'o', 'm', 0,   0,   1,   0,   1};

static inline struct sockaddr_in loopback(uint16_t port) {
  struct sockaddr_in to;
  memset(&to, 0, sizeof to);
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return to;
}

typedef struct reply {
  int rcode;
  int answers;
  unsigned char last; /* of the message, which is the last of an address */
} reply;

static inline reply read_reply(const unsigned char* message, size_t size) {
  CHECK(size >= sizeof kQuery);
  CHECK(memcmp(message, kQuery, 2) == 0);
  CHECK(message[2] & 0x80);
  const reply read = {message[3] & 15, message[6] << 8 | message[7], message[size - 1]};
  return read;
}

static inline reply ask_udp(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  const struct timeval limit = {20, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const struct sockaddr_in to = loopback(port);
  CHECK(connect(fd, (const struct sockaddr*)&to, sizeof to) == 0);
  CHECK(send(fd, kQuery, sizeof kQuery, 0) == (ssize_t)sizeof kQuery);
  unsigned char message[512];
  const ssize_t got = recv(fd, message, sizeof message, 0);
  close(fd);
  CHECK(got > 0);
  return read_reply(message, (size_t)got);
}

#endif /* FCEDGE_TESTS_CAPI_DNS_QUERY_H_ */
