/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates: what is refused, that an error changes nothing, and that a start needs one. */
#include "capi.h"

static char pem[512], key[512], other[512];

static int set(fce_node* node, const char* chain_file, const char* key_file) {
  fce_certificate certificate;
  fce_certificate_init(&certificate);
  certificate.chain_file = chain_file;
  certificate.key_file = key_file;
  return fce_node_set_certificates(node, &certificate, 1);
}

static int run(const char* command) {
  fflush(stdout);
  return system(command);
}

static void make(const char* directory) {
  char command[2048];
  snprintf(pem, sizeof pem, "%s/a.pem", directory);
  snprintf(key, sizeof key, "%s/a.key", directory);
  snprintf(other, sizeof other, "%s/b.key", directory);
  snprintf(
      command, sizeof command,
      "openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 2 -subj /CN=a"
      " -addext subjectAltName=DNS:localhost -keyout %s -out %s 2>/dev/null &&"
      " openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out %s 2>/dev/null",
      key, pem, other);
  CHECK(run(command) == 0);
}

int main(void) {
  char directory[] = "/tmp/fcedge-capi-XXXXXX";
  CHECK(mkdtemp(directory) != NULL);
  make(directory);
  uint16_t port = 0, tls_port = 0;
  fce_node* node = make_node(2, NULL, &port);
  fce_listen_options listen_options;
  fce_listen_options_init(&listen_options);
  listen_options.address = "127.0.0.1:0";
  listen_options.tls = 1;
  CHECK_OK(fce_node_listen(node, &listen_options, &tls_port));
  CHECK_FAILS(fce_node_start(node), FCE_ECERT);
  CHECK_FAILS(set(node, "/nonexistent.pem", key), FCE_ENOENT);
  CHECK(strstr(fce_last_error(), "/nonexistent.pem") != NULL);
  CHECK_FAILS(set(node, pem, "/nonexistent.key"), FCE_ENOENT);
  CHECK_FAILS(set(node, pem, NULL), FCE_EINVAL);
  CHECK_FAILS(set(node, NULL, key), FCE_EINVAL);
  CHECK_FAILS(set(node, pem, other), FCE_ECERT);
  CHECK(strstr(fce_last_error(), other) != NULL);
  CHECK_FAILS(set(node, key, key), FCE_ECERT);
  CHECK_FAILS(set(node, pem, pem), FCE_ECERT);
  CHECK_FAILS(set(node, "/dev/null", key), FCE_ECERT);
  CHECK_FAILS(fce_node_start(node), FCE_ECERT); /* none of these has left anything behind */
  CHECK_OK(set(node, pem, key));
  CHECK_OK(fce_node_start(node));

  char command[1024];
  snprintf(
      command, sizeof command,
      "printf 'GET / HTTP/1.1\\r\\nHost: h\\r\\nConnection: close\\r\\n\\r\\n' |"
      " timeout 20 openssl s_client -quiet -connect 127.0.0.1:%d 2>/dev/null | grep -q ' 404 '",
      tls_port);
  CHECK(run(command) == 0);
  CHECK_FAILS(set(node, pem, other), FCE_ECERT);
  CHECK(run(command) == 0);      /* the good one stays */
  CHECK_OK(set(node, pem, key)); /* also while it runs */
  CHECK(run(command) == 0);
  CHECK(counter(node, "fcedge_tls_handshakes_total") == 3);
  CHECK(counter(node, "fcedge_tls_handshake_failures_total") == 0);
  CHECK_OK(fce_node_stop(node));
  CHECK_OK(set(node, pem, key)); /* of no use, and no harm */
  fce_node_destroy(node);
  unlink(pem);
  unlink(key);
  unlink(other);
  rmdir(directory);
  return capi_end();
}
