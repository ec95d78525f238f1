// SPDX-License-Identifier: Apache-2.0
#include "net/tls_tickets.h"

#include <algorithm>
#include <cstring>

#include "base/crypto.h"
#include "base/time.h"

namespace fce {

TicketKeys::TicketKeys() : rotated_at_(static_cast<int64_t>(monotonic_us() / 1'000'000)) {
  // The older places hold keys that never sealed anything, so nothing opens under them.
  for (Key& key : keys_) {
    random_bytes(key.name);
    random_bytes(key.secret);
  }
}

TicketKeys& TicketKeys::process() {
  static TicketKeys keys;
  return keys;
}

void TicketKeys::rotate(int64_t now) {
  const std::lock_guard lock(mutex_);
  while (now - rotated_at_ >= kRotateSeconds) {
    std::copy_backward(keys_.begin(), keys_.end() - 1, keys_.end());
    random_bytes(keys_[0].name);
    random_bytes(keys_[0].secret);
    // After a long sleep one round replaces all keys.
    rotated_at_ =
        std::max(rotated_at_ + kRotateSeconds, now - static_cast<int64_t>(kKeys) * kRotateSeconds);
  }
}

Status TicketKeys::seal(MutableBytes name, MutableBytes nonce, MutableBytes text,
                        MutableBytes tag) {
  rotate(static_cast<int64_t>(monotonic_us() / 1'000'000));
  Key key;
  {
    const std::lock_guard lock(mutex_);
    key = keys_[0];
  }
  std::memcpy(name.data(), key.name.data(), kNameBytes);
  random_bytes(nonce);
  return aead_seal(key.secret, nonce, key.name, text, tag);
}

TicketKeys::Opened TicketKeys::open(Bytes name, Bytes nonce, MutableBytes text, Bytes tag) {
  rotate(static_cast<int64_t>(monotonic_us() / 1'000'000));
  Key key;
  size_t index = 0;
  {
    const std::lock_guard lock(mutex_);
    while (index < kKeys && std::memcmp(keys_[index].name.data(), name.data(), kNameBytes) != 0)
      ++index;
    if (index == kKeys) return Opened::unknown;
    key = keys_[index];
  }
  if (aead_open(key.secret, nonce, key.name, text, tag) != Status::ok) return Opened::unknown;
  return index == 0 ? Opened::fresh : Opened::renew;
}

}  // namespace fce
