// SPDX-License-Identifier: Apache-2.0
// ChannelKey: tenant and name of a channel. Nothing in this room takes a bare name, so one tenant's
// messages cannot reach another's subscribers by a forgotten prefix.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/chunk.h"
#include "base/status.h"

namespace fce {

// A secret of the process, for hashes of names that clients choose.
const std::array<uint8_t, 16>& process_hash_key();

// Immutable and cheap to copy, also to another thread.
class ChannelKey {
 public:
  ChannelKey() = default;
  // FCE_EINVAL unless both are names (http/name.h).
  static Status make(std::string_view tenant, std::string_view name, ChannelKey* out);

  std::string_view tenant() const { return text().substr(0, tenant_bytes()); }
  std::string_view name() const { return text().substr(tenant_bytes() + 1); }
  // Keyed with a secret of the process, so that clients cannot choose names that collide.
  uint64_t hash() const { return hash_; }
  // The shard that orders the publications of this channel.
  uint32_t home(uint32_t shards) const { return static_cast<uint32_t>(hash_ % shards); }

  bool operator==(const ChannelKey& other) const {
    return hash_ == other.hash_ && as_text(text_.bytes()) == as_text(other.text_.bytes());
  }

 private:
  // The length of the tenant's name in one byte, then tenant, NUL, name: NUL stands in neither, so
  // the pair and its text are one to one.
  std::string_view text() const {
    const std::string_view all = as_text(text_.bytes());
    return all.empty() ? all : all.substr(1);
  }
  size_t tenant_bytes() const { return text_ ? *text_->data() : 0; }

  ChunkRef text_;
  uint64_t hash_ = 0;
};

struct ChannelKeyHash {
  // A part other than the one that `home` uses up: within a shard all hashes are equal modulo the
  // number of shards.
  size_t operator()(const ChannelKey& key) const { return key.hash() >> 16; }
};

}  // namespace fce
