/* SPDX-License-Identifier: Apache-2.0 */
/* DNS of a node: queries in bytes over UDP and TCP, zones that are swapped, what is refused. */
#include <fcedge/geo.h>

#include "capi.h"
#include "dns_query.h"

#define ZONE_HEAD \
  "@ 60 IN SOA ns1 hostmaster 1 7200 1800 259200 900\n@ 60 IN NS ns1\nns1 A 192.0.2.1\n"

static reply ask_tcp(uint16_t port) {
  const int fd = dial(port);
  const unsigned char length[] = {0, sizeof kQuery};
  CHECK(send(fd, length, sizeof length, MSG_NOSIGNAL) == (ssize_t)sizeof length);
  CHECK(send(fd, kQuery, sizeof kQuery, MSG_NOSIGNAL) == (ssize_t)sizeof kQuery);
  unsigned char message[514];
  size_t size = 0;
  while (size < 2 || size < 2u + (message[0] << 8 | message[1])) {
    const ssize_t got = recv(fd, message + size, sizeof message - size, 0);
    CHECK(got > 0);
    size += (size_t)got;
  }
  close(fd);
  return read_reply(message + 2, size - 2);
}

static int set_zone(fce_node* node, const char* text) {
  fce_dns_zone zone;
  fce_dns_zone_init(&zone);
  zone.name = "example.com";
  zone.file = "example.zone";
  zone.text = text;
  return fce_node_set_dns_zones(node, &zone, 1);
}

static void refusals(void) {
  uint16_t port = 0;
  fce_node* node = make_node(1, NULL, &port);
  fce_dns_options options;
  fce_dns_options_init(&options);
  CHECK_FAILS(fce_node_set_dns(NULL, &options), FCE_EINVAL);
  CHECK_FAILS(fce_node_set_dns(node, NULL), FCE_EINVAL);
  CHECK_FAILS(fce_node_listen_dns(node, "127.0.0.1:0", 0, &port), FCE_ESTATE);
  CHECK_FAILS(set_zone(node, ZONE_HEAD), FCE_ESTATE);
  options.udp_bytes_max = 511;
  CHECK_FAILS(fce_node_set_dns(node, &options), FCE_EINVAL);
  options.udp_bytes_max = 4096;
  options.cookie_secret = "0123456789abcdef0123456789abcdeg";
  CHECK_FAILS(fce_node_set_dns(node, &options), FCE_EINVAL);
  CHECK(!strstr(fce_last_error(), "0123"));
  options.cookie_secret = "0123456789abcdef0123456789abcdef";
  CHECK_OK(fce_node_set_dns(node, &options));
  CHECK_FAILS(fce_node_set_dns(node, &options), FCE_EEXIST);
  CHECK_FAILS(fce_node_listen_dns(node, "unix:/tmp/dns", 0, NULL), FCE_EINVAL);
  CHECK_FAILS(fce_node_listen_dns(node, NULL, 0, NULL), FCE_EINVAL);
  /* DNS over TLS needs a certificate, which start says. */
  CHECK_OK(fce_node_listen_dns(node, "127.0.0.1:0", 1, NULL));
  CHECK_FAILS(fce_node_start(node), FCE_ECERT);
  CHECK_FAILS(fce_node_set_dns_zones(node, NULL, 1), FCE_EINVAL);
  fce_node_destroy(node);
}

static void write_key(const char* path, const char* text) {
  FILE* file = fopen(path, "w");
  CHECK(file && fputs(text, file) >= 0);
  CHECK(fclose(file) == 0);
}

/* A zone with a key is signed, and its DS is told; a key that is none changes nothing. */
static void keys(fce_node* node) {
  char path[64], text[2048];
  snprintf(path, sizeof path, "/tmp/fcedge-capi-%ld.private", (long)getpid());
  /* RFC 6605 section 6.1. */
  write_key(path,
            "Algorithm: 13 (ECDSAP256SHA256)\n"
            "PrivateKey: GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ=\n");
  fce_dns_zone zone;
  fce_dns_zone_init(&zone);
  zone.name = "example.net";
  CHECK_FAILS(fce_dns_zone_ds(&zone, text, sizeof text), FCE_EINVAL);
  zone.dnssec_key = path;
  CHECK_OK(fce_dns_zone_ds(&zone, text, sizeof text));
  CHECK(strcmp(text,
               "example.net. IN DS 55648 13 2 "
               "b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17") == 0);
  CHECK_FAILS(fce_dns_zone_ds(&zone, text, strlen(text)), FCE_ETOOBIG);
  CHECK_FAILS(fce_dns_zone_ds(&zone, NULL, 0), FCE_EINVAL);
  zone.text = ZONE_HEAD;
  CHECK_OK(fce_node_set_dns_zones(node, &zone, 1));
  static const char* const kNoNames[] = {"@", "a b.test", "a.test\n", "a;b.test", "", "a..test"};
  for (size_t i = 0; i < sizeof kNoNames / sizeof *kNoNames; ++i) {
    zone.name = kNoNames[i];
    zone.dnssec_key = NULL;
    CHECK_FAILS(fce_node_set_dns_zones(node, &zone, 1), FCE_EINVAL);
    zone.dnssec_key = path;
    CHECK_FAILS(fce_dns_zone_ds(&zone, text, sizeof text), FCE_EINVAL);
  }
  zone.name = "example.net";
  zone.dnssec_other_key = path;
  CHECK_FAILS(fce_node_set_dns_zones(node, &zone, 1), FCE_EINVAL);
  zone.dnssec_key = NULL;
  CHECK_FAILS(fce_node_set_dns_zones(node, &zone, 1), FCE_EINVAL);
  zone.dnssec_key = path;
  zone.dnssec_other_key = NULL;
  write_key(path, "Algorithm: 8 (RSASHA256)\n");
  CHECK_FAILS(fce_node_set_dns_zones(node, &zone, 1), FCE_EUNSUPPORTED);
  CHECK(strstr(fce_last_error(), path));
  CHECK(remove(path) == 0);
  CHECK_FAILS(fce_node_set_dns_zones(node, &zone, 1), FCE_ENOENT);
}

int main(void) {
  refusals();
  uint16_t http = 0, port = 0;
  fce_node* node = make_node(2, NULL, &http);
  fce_dns_options options;
  fce_dns_options_init(&options);
  CHECK_OK(fce_node_set_dns(node, &options));
  CHECK_OK(fce_node_listen_dns(node, "127.0.0.1:0", 0, &port));
  CHECK(port != 0);
  CHECK_OK(fce_node_start(node));
  CHECK_FAILS(fce_node_listen_dns(node, "127.0.0.1:0", 0, NULL), FCE_ESTATE);

  CHECK(ask_udp(port).rcode == 5); /* REFUSED: it has no zones yet */
  CHECK_OK(set_zone(node, ZONE_HEAD "www A 192.0.2.7\n"));
  reply got = ask_udp(port);
  CHECK(got.rcode == 0 && got.answers == 1 && got.last == 7);
  got = ask_tcp(port);
  CHECK(got.rcode == 0 && got.answers == 1 && got.last == 7);

  /* What is no zone changes nothing, and says where. */
  CHECK_FAILS(set_zone(node, ZONE_HEAD "www A 192.0.2.300\n"), FCE_EINVAL);
  CHECK(strstr(fce_last_error(), "example.zone:4"));
  CHECK(ask_udp(port).last == 7);
  CHECK_OK(set_zone(node, ZONE_HEAD "www A 192.0.2.8\n"));
  CHECK(ask_udp(port).last == 8);
  CHECK_OK(set_zone(node, ZONE_HEAD));
  CHECK(ask_udp(port).rcode == 3);
  keys(node);
  CHECK_OK(fce_node_set_dns_zones(node, NULL, 0));
  CHECK(ask_tcp(port).rcode == 5);

  CHECK(counter_reaches(node, "fcedge_dns_udp_sent_total", 5));
  CHECK(counter(node, "fcedge_dns_queries_tcp_total") == 2);
  CHECK(counter(node, "fcedge_dns_tcp_opened_total") == 2);
  CHECK_OK(fce_node_stop(node));
  CHECK_FAILS(set_zone(node, ZONE_HEAD), FCE_ESTATE);
  fce_node_destroy(node);
  return capi_end();
}
