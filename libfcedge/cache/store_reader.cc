// SPDX-License-Identifier: Apache-2.0
#include "cache/store_reader.h"

#include <cerrno>
#include <utility>

#include "base/crypto.h"
#include "cache/payload.h"

namespace fce {

Found StoreReader::find(const ObjectKey& key, const ObjectName& name) const {
  Found found;
  found.object = parts_.catalogue.waiting(key);
  if (found.object) {
    if (found.object->is(name)) found.what = Found::What::hit;
    return found;
  }
  // As long as not all is known, what is known may have been replaced or erased.
  if (parts_.catalogue.recovering()) return found;
  std::optional<IndexEntry> entry = parts_.index.find(key);
  if (entry && entry->in_memory) {
    found.object = parts_.memory.find(key);
    if (found.object && found.object->is(name)) {
      found.what = Found::What::hit;
      return found;
    }
  }
  // It may be rewritten, and its segment be deleted, while this looks.
  for (int attempt = 0; entry && attempt < 4; ++attempt) {
    switch (read(*entry, name, false, &found.object)) {
      case Read::ok: found.what = Found::What::hit; return found;
      case Read::failed: return found;
      case Read::cold:
        found.what = Found::What::cold;
        found.cold.entry = *entry;
        return found;
      case Read::gone: break;
    }
    entry = parts_.index.peek(key);
  }
  return found;
}

ObjectRef StoreReader::load(const ColdObject& cold, const ObjectName& name) const {
  std::optional<IndexEntry> entry = cold.entry;
  ObjectRef object;
  for (int attempt = 0; entry && attempt < 4; ++attempt) {
    if (read(*entry, name, true, &object) != Read::gone) break;
    entry = parts_.index.peek(cold.entry.key);
  }
  return object;
}

StoreReader::Read StoreReader::read(const IndexEntry& entry, const ObjectName& name, bool blocking,
                                    ObjectRef* object) const {
  const Read result =
      entry.large ? read_large(entry, blocking, object) : read_small(entry, blocking, object);
  if (result != Read::ok) return result;
  // Two names with one hash: the other one is not there.
  if (!(*object)->is(name)) {
    *object = nullptr;
    return Read::failed;
  }
  if (entry.large || !parts_.memory.enabled()) return Read::ok;
  if (parts_.memory.put(entry.key, siphash(parts_.tenants, name.tenant), *object) &&
      !parts_.index.mark(entry.key, entry.at, IndexMark::in_memory, true))
    parts_.memory.erase_if(entry.key, *object);
  return Read::ok;
}

StoreReader::Read StoreReader::lost(const IndexEntry& entry, Counter why) const {
  parts_.events.count(why);
  parts_.catalogue.forget(entry);
  return Read::failed;
}

StoreReader::Read StoreReader::read_small(const IndexEntry& entry, bool blocking,
                                          ObjectRef* object) const {
  const std::shared_ptr<StoreFile> file = parts_.files.segment(entry.at.segment);
  if (!file) {
    // Evicted as unreadable, if the index still says so.
    parts_.catalogue.forget(entry);
    return Read::gone;
  }
  const int fd = file->fd(!blocking);
  if (fd == -EAGAIN) return Read::cold;
  if (fd < 0) {
    // Out of descriptors, maybe: that says nothing about the object.
    parts_.events.count(Counter::cache_read_errors);
    return Read::failed;
  }
  ChunkRef chunk = ChunkRef::make(entry.bytes());
  const MutableBytes bytes(chunk->data(), chunk->size());
  const int result =
      file->disk().read_all(fd, bytes, bytes_of_units(entry.at.offset_units), !blocking);
  if (result == -EAGAIN) return Read::cold;
  if (result < 0) return lost(entry, Counter::cache_read_errors);
  RecordHead head;
  if (!decode_head(bytes, entry.at, parts_.keys->heads, &head) || head.key != entry.key ||
      head.kind != RecordKind::object || head.record_bytes() != bytes.size())
    return lost(entry, Counter::cache_corrupt);
  const MutableBytes payload = bytes.subspan(RecordHead::kBytes, head.payload_bytes());
  if (!open_payload(head, payload, parts_.keys->cipher.get(), !entry.verified))
    return lost(entry, Counter::cache_corrupt);
  if (!entry.verified) parts_.index.mark(entry.key, entry.at, IndexMark::verified, true);
  const ObjectSizes sizes{head.tenant_bytes, head.key_bytes, head.meta_bytes, head.body_bytes};
  *object = std::make_shared<const StoredObject>(std::move(chunk), RecordHead::kBytes, sizes,
                                                 head.sequence);
  return Read::ok;
}

StoreReader::Read StoreReader::read_large(const IndexEntry& entry, bool blocking,
                                          ObjectRef* object) const {
  std::shared_ptr<LargeFile> file;
  if (blocking) {
    const int result = parts_.files.load_large(entry.at.segment, entry.verified, &file);
    if (result == -ENOENT) {
      // Deleted by somebody else, or evicted.
      parts_.catalogue.forget(entry);
      return Read::gone;
    }
    if (result == -EMFILE || result == -ENFILE) {
      parts_.events.count(Counter::cache_read_errors);
      return Read::failed;
    }
    if (result < 0)
      return lost(entry, result == -EBADMSG ? Counter::cache_corrupt : Counter::cache_read_errors);
  } else {
    file = parts_.files.open_large(entry.at.segment);
    if (!file) return Read::cold;
  }
  if (file->state() == LargeFile::State::failed) return lost(entry, Counter::cache_corrupt);
  if (!entry.verified && file->verified())
    parts_.index.mark(entry.key, entry.at, IndexMark::verified, true);
  *object = file->object(file);
  return Read::ok;
}

bool StoreReader::may_be(const IndexEntry& entry, uint64_t sequence) const {
  if (entry.large) {
    const std::optional<LargeInfo> info = parts_.files.large(entry.at.segment);
    return info && info->sequence == sequence;
  }
  const std::shared_ptr<StoreFile> file = parts_.files.segment(entry.at.segment);
  const int fd = file ? file->fd(true) : -EAGAIN;
  std::array<uint8_t, RecordHead::kBytes> bytes;
  RecordHead head;
  if (fd < 0 || file->disk().read_all(fd, bytes, bytes_of_units(entry.at.offset_units), true) < 0)
    return true;
  return decode_head(bytes, entry.at, parts_.keys->heads, &head) && head.sequence == sequence;
}

}  // namespace fce
