/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Does the wolfSSL that we built do what the library counts on? Handshakes from memory to memory
 * with both kinds of keys and both versions, resumption by tickets of our own, ALPN and SNI, the
 * heap that a server session holds when it is idle, AES-NI wherever the processor has it, and our
 * short way to X25519 key pairs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef FCE_WOLFSSL_SYSTEM
#include <wolfssl/options.h>
#endif

#define USE_CERT_BUFFERS_256
#define USE_CERT_BUFFERS_2048
#include <wolfssl/ssl.h>

#include <wolfssl/certs_test.h>
#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/curve25519.h>

/* The most heap that an idle TLS 1.3 server session may hold. */
#define SESSION_BYTES_MAX (6 * 1024)

static int failures;

#define CHECK(condition)                                              \
  do {                                                                \
    if (!(condition)) {                                               \
      printf("FAILED: %s (%s:%d)\n", #condition, __FILE__, __LINE__); \
      ++failures;                                                     \
    }                                                                 \
  } while (0)

/* ---- an allocator that counts by side ---- */

enum side { OTHER, SERVER, CLIENT };
struct head {
  size_t size;
  size_t side;
};

static enum side side = OTHER;
static size_t held[3];

static void* count_malloc(size_t size) {
  struct head* head = malloc(sizeof *head + size);
  if (head == NULL) return NULL;
  head->size = size;
  head->side = side;
  held[side] += size;
  return head + 1;
}

static void count_free(void* pointer) {
  if (pointer == NULL) return;
  struct head* head = (struct head*)pointer - 1;
  held[head->side] -= head->size;
  free(head);
}

static void* count_realloc(void* pointer, size_t size) {
  void* fresh = count_malloc(size);
  if (fresh != NULL && pointer != NULL) {
    struct head* head = (struct head*)pointer - 1;
    memcpy(fresh, pointer, head->size < size ? head->size : size);
    count_free(pointer);
  }
  return fresh;
}

/* ---- two pipes in memory ---- */

struct pipe {
  char data[65536];
  int size;
};

static struct pipe to_server, to_client;

static int take(WOLFSSL* ssl, char* out, int size, void* context) {
  struct pipe* in = context;
  (void)ssl;
  if (in->size == 0) return WOLFSSL_CBIO_ERR_WANT_READ;
  if (size > in->size) size = in->size;
  memcpy(out, in->data, (size_t)size);
  in->size -= size;
  memmove(in->data, in->data + size, (size_t)in->size);
  return size;
}

static int give(WOLFSSL* ssl, char* data, int size, void* context) {
  struct pipe* out = context;
  (void)ssl;
  if (out->size + size > (int)sizeof out->data) return WOLFSSL_CBIO_ERR_WANT_WRITE;
  memcpy(out->data + out->size, data, (size_t)size);
  out->size += size;
  return size;
}

/* ---- tickets of our own: "sealed" by inverting, which is enough to see whose they are ---- */

static int sealed, opened;

static int ticket(WOLFSSL* ssl, unsigned char name[WOLFSSL_TICKET_NAME_SZ],
                  unsigned char iv[WOLFSSL_TICKET_IV_SZ], unsigned char mac[WOLFSSL_TICKET_MAC_SZ],
                  int encrypt, unsigned char* data, int size, int* size_out, void* context) {
  (void)ssl;
  (void)context;
  memset(name, 'n', WOLFSSL_TICKET_NAME_SZ);
  if (encrypt) {
    memset(iv, 'i', WOLFSSL_TICKET_IV_SZ);
    memset(mac, 'm', WOLFSSL_TICKET_MAC_SZ);
  }
  for (int i = 0; i < size; ++i) data[i] = (unsigned char)~data[i];
  *size_out = size;
  if (encrypt) {
    ++sealed;
  } else {
    ++opened;
  }
  return WOLFSSL_TICKET_RET_OK;
}

/* ---- handshakes ---- */

struct contexts {
  WOLFSSL_CTX* server;
  WOLFSSL_CTX* client;
};

static struct contexts open_contexts(WOLFSSL_METHOD* client_method, int rsa) {
  struct contexts contexts = {wolfSSL_CTX_new(wolfSSLv23_server_method()),
                              wolfSSL_CTX_new(client_method)};
  const unsigned char* cert = rsa ? server_cert_der_2048 : serv_ecc_der_256;
  const unsigned char* key = rsa ? server_key_der_2048 : ecc_key_der_256;
  const long cert_size = rsa ? (long)sizeof_server_cert_der_2048 : (long)sizeof_serv_ecc_der_256;
  const long key_size = rsa ? (long)sizeof_server_key_der_2048 : (long)sizeof_ecc_key_der_256;
  CHECK(wolfSSL_CTX_use_certificate_buffer(contexts.server, cert, cert_size,
                                           WOLFSSL_FILETYPE_ASN1) == WOLFSSL_SUCCESS);
  CHECK(wolfSSL_CTX_use_PrivateKey_buffer(contexts.server, key, key_size, WOLFSSL_FILETYPE_ASN1) ==
        WOLFSSL_SUCCESS);
  CHECK(wolfSSL_CTX_set_TicketEncCb(contexts.server, ticket) == WOLFSSL_SUCCESS);
  wolfSSL_CTX_set_session_cache_mode(contexts.server, WOLFSSL_SESS_CACHE_OFF);
  wolfSSL_CTX_set_verify(contexts.client, WOLFSSL_VERIFY_NONE, NULL);
  CHECK(wolfSSL_CTX_UseSessionTicket(contexts.client) == WOLFSSL_SUCCESS);
  CHECK(wolfSSL_CTX_UseSNI(contexts.client, WOLFSSL_SNI_HOST_NAME, "edge.test", 9) ==
        WOLFSSL_SUCCESS);
  wolfSSL_CTX_SetIORecv(contexts.server, take);
  wolfSSL_CTX_SetIOSend(contexts.server, give);
  wolfSSL_CTX_SetIORecv(contexts.client, take);
  wolfSSL_CTX_SetIOSend(contexts.client, give);
  return contexts;
}

static WOLFSSL* open_session(WOLFSSL_CTX* context, struct pipe* in, struct pipe* out) {
  WOLFSSL* ssl = wolfSSL_new(context);
  CHECK(ssl != NULL);
  CHECK(wolfSSL_UseALPN(ssl, (char*)"h2,http/1.1", 11, WOLFSSL_ALPN_CONTINUE_ON_MISMATCH) ==
        WOLFSSL_SUCCESS);
  wolfSSL_SetIOReadCtx(ssl, in);
  wolfSSL_SetIOWriteCtx(ssl, out);
  return ssl;
}

/* One connection: handshake, a message each way, an idle measurement. Gives the client's session.
 */
static WOLFSSL_SESSION* connection(const char* what, struct contexts contexts,
                                   WOLFSSL_SESSION* resume, size_t bytes_max) {
  const size_t before = held[SERVER];
  char text[64];
  to_server.size = to_client.size = 0;
  side = SERVER;
  WOLFSSL* server = open_session(contexts.server, &to_server, &to_client);
  side = CLIENT;
  WOLFSSL* client = open_session(contexts.client, &to_client, &to_server);
  if (resume != NULL) CHECK(wolfSSL_set_session(client, resume) == WOLFSSL_SUCCESS);
  int done = 0;
  for (int turn = 0; turn < 10 && done != 3; ++turn) {
    side = CLIENT;
    if (wolfSSL_connect(client) == WOLFSSL_SUCCESS) done |= 1;
    if (turn == 0) {
      unsigned char name[64];
      word32 size = sizeof name;
      CHECK(wolfSSL_SNI_GetFromBuffer((unsigned char*)to_server.data, (word32)to_server.size,
                                      WOLFSSL_SNI_HOST_NAME, name, &size) == WOLFSSL_SUCCESS);
      CHECK(size == 9 && memcmp(name, "edge.test", 9) == 0);
    }
    side = SERVER;
    if (wolfSSL_accept(server) == WOLFSSL_SUCCESS) done |= 2;
  }
  CHECK(done == 3);
  CHECK(wolfSSL_write(server, "hello", 5) == 5);
  side = CLIENT;
  CHECK(wolfSSL_read(client, text, sizeof text) == 5);
  CHECK(wolfSSL_write(client, "world", 5) == 5);
  side = SERVER;
  CHECK(wolfSSL_read(server, text, sizeof text) == 5);
  char* protocol = NULL;
  word16 protocol_size = 0;
  CHECK(wolfSSL_ALPN_GetProtocol(server, &protocol, &protocol_size) == WOLFSSL_SUCCESS);
  CHECK(protocol_size == 2 && memcmp(protocol, "h2", 2) == 0);
  CHECK((wolfSSL_session_reused(server) != 0) == (resume != NULL));
  const size_t bytes = held[SERVER] - before;
  printf("%-24s %s %s, server session %zu bytes\n", what, wolfSSL_get_version(server),
         wolfSSL_get_cipher(server), bytes);
  CHECK(bytes <= bytes_max);
  side = CLIENT;
  WOLFSSL_SESSION* session = wolfSSL_get1_session(client);
  wolfSSL_free(client);
  side = SERVER;
  wolfSSL_free(server);
#ifndef FCE_WOLFSSL_SYSTEM
  /* An installed one may keep tables of points. */
  CHECK(held[SERVER] == before);
#endif
  side = OTHER;
  return session;
}

static void run(const char* what, WOLFSSL_METHOD* client_method, const char* suites, int rsa,
                size_t bytes_max) {
  struct contexts contexts = open_contexts(client_method, rsa);
  char again[64];
  snprintf(again, sizeof again, "%s, resumed", what);
  if (suites != NULL) {
    CHECK(wolfSSL_CTX_set_cipher_list(contexts.client, suites) == WOLFSSL_SUCCESS);
  }
  sealed = opened = 0;
  WOLFSSL_SESSION* first = connection(what, contexts, NULL, bytes_max);
  CHECK(sealed >= 1);
  WOLFSSL_SESSION* second = connection(again, contexts, first, bytes_max);
  CHECK(opened >= 1);
  wolfSSL_SESSION_free(first);
  wolfSSL_SESSION_free(second);
  wolfSSL_CTX_free(contexts.server);
  wolfSSL_CTX_free(contexts.client);
}

/* Asks the key schedule itself, since a slow machine is no proof of the contrary. */
static void check_aes_instructions(void) {
#if defined(WOLFSSL_AESNI) && !defined(FCE_WOLFSSL_SYSTEM)
  static const unsigned char key[16];
  Aes aes;
  CHECK(wc_AesInit(&aes, NULL, INVALID_DEVID) == 0);
  CHECK(wc_AesGcmSetKey(&aes, key, sizeof key) == 0);
  CHECK((aes.use_aesni != 0) == (__builtin_cpu_supports("aes") != 0));
  printf("AES-NI is %s\n", aes.use_aesni ? "used" : "not on this processor");
  wc_AesFree(&aes);
#endif
}

/* The first half of RFC 7748's exchange, 6.1: our key pairs take a way of our own. */
static void check_x25519_pair(void) {
  static const unsigned char private_key[] = {0x70, 0x07, 0x6d, 0x0a, 0x73, 0x18, 0xa5, 0x7d,
                                              0x3c, 0x16, 0xc1, 0x72, 0x51, 0xb2, 0x66, 0x45,
                                              0xdf, 0x4c, 0x2f, 0x87, 0xeb, 0xc0, 0x99, 0x2a,
                                              0xb1, 0x77, 0xfb, 0xa5, 0x1d, 0xb9, 0x2c, 0x6a};
  static const unsigned char public_key[] = {0x85, 0x20, 0xf0, 0x09, 0x89, 0x30, 0xa7, 0x54,
                                             0x74, 0x8b, 0x7d, 0xdc, 0xb4, 0x3e, 0xf7, 0x5a,
                                             0x0d, 0xbf, 0x3a, 0x0d, 0x26, 0x38, 0x1a, 0xf4,
                                             0xeb, 0xa4, 0xa9, 0x8e, 0xaa, 0x9b, 0x4e, 0x6a};
  unsigned char got[sizeof public_key];
  CHECK(wc_curve25519_make_pub(sizeof got, got, sizeof private_key, private_key) == 0);
  CHECK(memcmp(got, public_key, sizeof got) == 0);
}

int main(void) {
  /* An installed wolfSSL may hold ten times as much: only ours has a promise to keep. */
#ifdef FCE_WOLFSSL_SYSTEM
  const size_t tls13_max = 1024 * 1024;
#else
  const size_t tls13_max = SESSION_BYTES_MAX;
#endif
  CHECK(wolfSSL_SetAllocators(count_malloc, count_free, count_realloc) == 0);
  CHECK(wolfSSL_Init() == WOLFSSL_SUCCESS);
  check_aes_instructions();
  check_x25519_pair();
  run("TLS 1.3 P-256", wolfTLSv1_3_client_method(), NULL, 0, tls13_max);
  run("TLS 1.3 RSA", wolfTLSv1_3_client_method(), NULL, 1, tls13_max);
  run("TLS 1.3 AES-128", wolfTLSv1_3_client_method(), "TLS13-AES128-GCM-SHA256", 0, tls13_max);
  run("TLS 1.3 ChaCha20", wolfTLSv1_3_client_method(), "TLS13-CHACHA20-POLY1305-SHA256", 0,
      tls13_max);
  run("TLS 1.2 P-256", wolfTLSv1_2_client_method(), NULL, 0, 1024 * 1024);
  run("TLS 1.2 RSA", wolfTLSv1_2_client_method(), NULL, 1, 1024 * 1024);
  wolfSSL_Cleanup();
  printf("%d checks failed\n", failures);
  return failures == 0 ? 0 : 1;
}
