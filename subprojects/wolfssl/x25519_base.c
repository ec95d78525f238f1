/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A quicker X25519 key pair. wolfSSL 5.5.4 multiplies the base point by the general ladder (38 us),
 * although it has tables for just that point for Ed25519, which is the same curve in other
 * coordinates (12 us). Each TLS handshake makes one pair, so this is a sixth of its cost.
 *
 * curve25519.c is compiled to call fce_curve25519 in place of curve25519.
 */
#include <string.h>

#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/wolfcrypt/curve25519.h>
#include <wolfssl/wolfcrypt/fe_operations.h>
#include <wolfssl/wolfcrypt/ge_operations.h>

int fce_curve25519(byte* out, const byte* scalar, const byte* point);

/* The same in time for all scalars; the point is public. */
int fce_curve25519(byte* out, const byte* scalar, const byte* point) {
  static const byte base[CURVE25519_KEYSIZE] = {9};
  ge_p3 product;
  fe sum, difference, inverse;
  if (memcmp(point, base, sizeof base) != 0) return curve25519(out, scalar, point);
  ge_scalarmult_base(&product, scalar);
  /* From Edwards to Montgomery coordinates: u = (1 + y) / (1 - y) with y = Y / Z (RFC 7748). */
  fe_add(sum, product.Z, product.Y);
  fe_sub(difference, product.Z, product.Y);
  fe_invert(inverse, difference);
  fe_mul(sum, sum, inverse);
  fe_tobytes(out, sum);
  explicit_bzero(&product, sizeof product);
  return 0;
}
