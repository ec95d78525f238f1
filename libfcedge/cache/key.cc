// SPDX-License-Identifier: Apache-2.0
#include "cache/key.h"

#include <cstring>
#include <string>

#include "base/crypto.h"

namespace fce {
namespace {

ObjectKey hash_both(const ObjectKeySecret& secret, std::string_view all) {
  return {siphash(secret.high, all), siphash(secret.low, all)};
}

}  // namespace

ObjectKeySecret ObjectKeySecret::random() {
  ObjectKeySecret secret;
  random_bytes(secret.high);
  random_bytes(secret.low);
  return secret;
}

ObjectKey object_key(const ObjectKeySecret& secret, std::string_view tenant,
                     std::string_view text) {
  const size_t size = tenant.size() + 1 + text.size();
  // Nearly all keys are URLs that fit here, so that a hit allocates nothing.
  char here[1024];
  if (size > sizeof here) {
    std::string all;
    all.reserve(size);
    all.append(tenant).push_back('\0');
    all.append(text);
    return hash_both(secret, all);
  }
  char* at = here;
  if (!tenant.empty()) std::memcpy(at, tenant.data(), tenant.size());
  at += tenant.size();
  *at++ = '\0';
  if (!text.empty()) std::memcpy(at, text.data(), text.size());
  return hash_both(secret, {here, size});
}

}  // namespace fce
