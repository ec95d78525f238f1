/* SPDX-License-Identifier: Apache-2.0 */

/* A stranger's first program: all headers in strict C99, and one call into the library. */
#include <fcedge/auth.h>
#include <fcedge/fcedge.h>
#include <fcedge/geo.h>
#include <fcedge/http.h>
#include <fcedge/pubsub.h>

#include <stdio.h>
#include <string.h>

int main(void) {
  const char* name = fce_status_name(FCE_EINVAL);
  if (name == NULL || strcmp(name, "FCE_EINVAL") != 0) {
    puts("fce_status_name does not know FCE_EINVAL");
    return 1;
  }
  printf("%s: %s\n", name, fce_status_text(FCE_EINVAL));
  return 0;
}
