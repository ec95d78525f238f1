/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <sys/random.h>

int fce_wolfssl_random(unsigned char* output, unsigned int size);

/* Fills `output` with random bytes for wolfSSL. Any result but 0 is an error to it. */
int fce_wolfssl_random(unsigned char* output, unsigned int size) {
  while (size > 0) {
    ssize_t got = getrandom(output, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return -1;
    output += got;
    size -= (unsigned int)got;
  }
  return 0;
}
