/* SPDX-License-Identifier: Apache-2.0 */
/* Status codes, the last error, the version. */
#include "capi.h"

#define SENTENCE(name, word, value, text)                   \
  CHECK(strcmp(fce_status_name(value), "FCE_" #name) == 0); \
  CHECK(strcmp(fce_status_text(value), text) == 0);

static void* last_error_of_new_thread(void* user) {
  (void)user;
  CHECK(strcmp(fce_last_error(), "") == 0);
  CHECK_FAILS(fce_node_create(NULL, NULL), FCE_EINVAL);
  return NULL;
}

int main(void) {
  CHECK(strcmp(fce_last_error(), "") == 0);
  CHECK(strcmp(fce_status_name(FCE_OK), "FCE_OK") == 0);
  CHECK(strlen(fce_status_text(FCE_OK)) > 0);
  FCE_STATUS_MAP(SENTENCE)
  const int none[] = {1, -22, -1000, 2147483647, -2147483647 - 1};
  for (size_t i = 0; i < sizeof none / sizeof *none; ++i) {
    CHECK(strcmp(fce_status_name(none[i]), "FCE_?") == 0);
    CHECK(fce_status_text(none[i]) != NULL);
  }
  int major, minor, patch, end = 0;
  CHECK(sscanf(fce_version(), "%d.%d.%d%n", &major, &minor, &patch, &end) == 3);
  CHECK(fce_version()[end] == '\0');

  fce_routes* routes = NULL;
  CHECK_FAILS(fce_routes_create(NULL), FCE_EINVAL);
  char sentence[256];
  snprintf(sentence, sizeof sentence, "%s", fce_last_error());
  CHECK_OK(fce_routes_create(&routes));
  CHECK(strcmp(fce_last_error(), sentence) == 0); /* until the next call that fails */
  pthread_t thread;
  pthread_create(&thread, NULL, last_error_of_new_thread, NULL);
  pthread_join(thread, NULL);
  CHECK(strcmp(fce_last_error(), sentence) == 0); /* each thread has its own */
  fce_routes_destroy(routes);
  return capi_end();
}
