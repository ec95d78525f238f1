// SPDX-License-Identifier: Apache-2.0
#include "pubsub/key.h"

#include <cstring>

#include "base/crypto.h"
#include "http/utf8.h"

namespace fce {
namespace {

bool has_control_character(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    // U+0080 to U+009F are C2 80 to C2 9F.
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<uint8_t>(text[i + 1]) < 0xA0)
      return true;
  }
  return false;
}

}  // namespace

const std::array<uint8_t, 16>& process_hash_key() {
  static const std::array<uint8_t, 16> key = [] {
    std::array<uint8_t, 16> fresh;
    random_bytes(fresh);
    return fresh;
  }();
  return key;
}

bool ChannelKey::valid_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax && is_utf8(as_bytes(name)) &&
         !has_control_character(name);
}

Status ChannelKey::make(std::string_view tenant, std::string_view name, ChannelKey* out) {
  if (!valid_name(tenant) || !valid_name(name)) {
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
