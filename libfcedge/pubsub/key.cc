// SPDX-License-Identifier: Apache-2.0
#include "pubsub/key.h"

#include <cstring>

#include "base/crypto.h"
#include "http/name.h"

namespace fce {

const std::array<uint8_t, 16>& process_hash_key() {
  static const std::array<uint8_t, 16> key = [] {
    std::array<uint8_t, 16> fresh;
    random_bytes(fresh);
    return fresh;
  }();
  return key;
}

Status ChannelKey::make(std::string_view tenant, std::string_view name, ChannelKey* out) {
  if (!is_name(tenant) || !is_name(name)) {
    return fail(Status::invalid,
                "tenant and channel are 1 to 255 bytes of UTF-8 without control characters");
  }
  ChannelKey key;
  static_assert(kNameBytesMax <= UINT8_MAX);
  key.text_ = ChunkRef::make(1 + tenant.size() + 1 + name.size());
  uint8_t* to = key.text_->data();
  *to++ = static_cast<uint8_t>(tenant.size());
  std::memcpy(to, tenant.data(), tenant.size());
  to[tenant.size()] = 0;
  std::memcpy(to + tenant.size() + 1, name.data(), name.size());
  key.hash_ = siphash(process_hash_key(), key.text());
  *out = std::move(key);
  return Status::ok;
}

}  // namespace fce
