// SPDX-License-Identifier: Apache-2.0
#include "cache/cipher.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/crypto.h"
#include "cache/disk.h"
#include "cache/little_endian.h"

namespace fce {
namespace {

using Nonce = std::array<uint8_t, 12>;

Nonce nonce_of(uint64_t sequence, uint32_t part) {
  Nonce nonce;
  store_le(nonce.data(), sequence);
  store_le(nonce.data() + 8, part);
  return nonce;
}

}  // namespace

Cipher::Cipher(Bytes key, const StoreId& store) : key_bytes_(key.size()) {
  std::string seed = "libfcedge cache at rest 1";
  seed += '\0';
  seed += as_text(store);
  seed += as_text(key);
  key_ = sha256(seed);
  explicit_bzero(seed.data(), seed.size());
}

Cipher::~Cipher() { explicit_bzero(key_.data(), key_.size()); }

bool Cipher::seal(uint64_t sequence, uint32_t part, Bytes additional, MutableBytes text,
                  MutableBytes tag) const {
  return aead_seal(Bytes(key_).first(key_bytes_), nonce_of(sequence, part), additional, text,
                   tag) == Status::ok;
}

bool Cipher::open(uint64_t sequence, uint32_t part, Bytes additional, MutableBytes text,
                  Bytes tag) const {
  return aead_open(Bytes(key_).first(key_bytes_), nonce_of(sequence, part), additional, text,
                   tag) == Status::ok;
}

Status read_key_file(const std::string& path, std::string* key) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    const int error = errno;
    return fail(status_from_errno(error),
                "cannot read the cache's key file " + path + ": " + std::strerror(error));
  }
  const int64_t size = Disk::real().size(fd);
  key->resize(size == 16 || size == 32 ? static_cast<size_t>(size) : 0);
  const int result =
      key->empty()
          ? -EINVAL
          : Disk::real().read_all(fd, {reinterpret_cast<uint8_t*>(key->data()), key->size()}, 0);
  ::close(fd);
  if (result == 0) return Status::ok;
  key->clear();
  return fail(Status::invalid, "the cache's key file " + path + " is not of 16 or 32 bytes");
}

}  // namespace fce
