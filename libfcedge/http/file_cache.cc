// SPDX-License-Identifier: Apache-2.0
#include "http/file_cache.h"

#include <utility>

#include "base/crypto.h"
#include "http/mime.h"

namespace fce {
namespace {

using Found = FileRoot::Found;
using Kind = CachedFile::Kind;

constexpr size_t kPathBytesMax = 4000;  // the kernel's is 4096, and a suffix is added

Kind kind_of(Found found) {
  switch (found) {
    case Found::file: return Kind::file;
    case Found::directory: return Kind::directory;
    case Found::absent: return Kind::absent;
    case Found::denied: return Kind::denied;
    case Found::busy: return Kind::busy;
    case Found::failed: return Kind::failed;
  }
  return Kind::failed;
}

size_t cost_of(const CachedFile& file) {
  size_t bytes = sizeof file + 2 * file.path.capacity() + 64;
  for (const auto* variant : {file.plain.get(), file.gzip.get(), file.br.get()})
    if (variant)
      bytes += sizeof *variant + variant->path().capacity() + variant->content.bytes().size();
  return bytes;
}

// Reads the content, if no one writes to the file meanwhile: else validators and content would not
// belong together, and clients would keep the mixture.
ChunkRef read_content(const Fd& fd, const FileIdentity& identity) {
  ChunkRef chunk = ChunkRef::make(identity.size);
  FileIdentity after;
  if (!read_exactly(fd, 0, chunk->data(), identity.size) || !stat_open(fd, &after) ||
      !(after == identity))
    return {};
  return chunk;
}

}  // namespace

bool is_servable_path(std::string_view path) {
  if (path.size() > kPathBytesMax) return false;
  bool at_start = true;
  for (const char c : path) {
    if (at_start && (c == '/' || c == '.')) return false;
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\') return false;
    at_start = c == '/';
  }
  return true;
}

size_t FileCache::PathHash::operator()(std::string_view path) const { return siphash(key, path); }

FileCache::FileCache(const FileCacheOptions& options)
    : options_(options), files_(16, [] {
        PathHash hash;
        random_bytes(hash.key);
        return hash;
      }()) {}

Status FileCache::open() { return root_.open(options_.root); }

const CachedFile& FileCache::find(std::string_view path, uint64_t now_ms, Counters& counters) {
  const auto at = files_.find(path);
  if (at == files_.end()) {
    follow_root(now_ms);
    return load(path, now_ms, counters);
  }
  CachedFile* file = at->second.get();
  if (now_ms - file->checked_ms >= options_.revalidate_ms) {
    if (follow_root(now_ms)) return load(path, now_ms, counters);
    if (!unchanged(*file)) {
      erase(file);
      return load(path, now_ms, counters);
    }
    file->checked_ms = now_ms;
  }
  (file->kind == Kind::file ? used_ : negatives_).push_back(file);
  return *file;
}

bool FileCache::follow_root(uint64_t now_ms) {
  if (now_ms - root_checked_ms_ < options_.revalidate_ms) return false;
  root_checked_ms_ = now_ms;
  if (!root_.follow()) return false;
  while (CachedFile* file = used_.front()) erase(file);
  while (CachedFile* file = negatives_.front()) erase(file);
  return true;
}

bool FileCache::unchanged(const CachedFile& file) const {
  // Whatever leads to no file is looked for anew: that costs as much as to compare.
  if (file.kind != Kind::file || !unchanged(file.plain->path(), file.plain.get())) return false;
  return !options_.fields.vary || (unchanged(file.plain->path() + ".gz", file.gzip.get()) &&
                                   unchanged(file.plain->path() + ".br", file.br.get()));
}

bool FileCache::unchanged(const std::string& path, const FileVariant* variant) const {
  FileIdentity identity;
  const bool there = root_.stat_file(path, &identity);
  return variant ? there && identity == variant->identity() : !there;
}

const CachedFile& FileCache::load(std::string_view path, uint64_t now_ms, Counters& counters) {
  auto file = std::make_unique<CachedFile>();
  file->checked_ms = now_ms;
  if (!is_servable_path(path)) return keep_outside(std::move(file));
  file->path = std::string(path);
  const bool wants_index = path.empty() || path.back() == '/';
  const Found found = load_file(wants_index ? file->path + options_.index : file->path, file.get());
  file->kind = kind_of(found);
  // A directory that is called like the index.
  if (wants_index && file->kind == Kind::directory) file->kind = Kind::absent;
  switch (file->kind) {
    case Kind::file: return keep(std::move(file), counters);
    case Kind::directory:
    case Kind::absent:
    case Kind::denied: return keep_negative(std::move(file));
    case Kind::busy:
    case Kind::failed: break;
  }
  return keep_outside(std::move(file));
}

Found FileCache::load_file(const std::string& path, CachedFile* file) {
  const std::string_view type = mime_type(path);
  Found found;
  file->plain = load_variant(path, ContentCoding::identity, type, &found);
  if (found != Found::file || !options_.fields.vary) return found;
  Found ignored;
  file->gzip = load_variant(path + ".gz", ContentCoding::gzip, type, &ignored);
  file->br = load_variant(path + ".br", ContentCoding::br, type, &ignored);
  return found;
}

std::unique_ptr<FileVariant> FileCache::load_variant(const std::string& path, ContentCoding coding,
                                                     std::string_view type, Found* found) {
  Fd fd;
  FileIdentity identity;
  *found = root_.open_file(path, &fd, &identity);
  if (*found != Found::file) return nullptr;
  auto variant = std::make_unique<FileVariant>(path, identity);
  variant->compose(coding, type, options_.fields);
  if (identity.size <= kContentBytesMax && identity.size <= options_.memory_bytes_max)
    variant->content = read_content(fd, identity);
  return variant;
}

const CachedFile& FileCache::keep(std::unique_ptr<CachedFile> file, Counters& counters) {
  file->cost_bytes = cost_of(*file);
  if (file->cost_bytes > options_.memory_bytes_max) return keep_outside(std::move(file));
  while (memory_bytes_ + file->cost_bytes > options_.memory_bytes_max) {
    erase(used_.front());
    counters.add(Counter::file_cache_evicted);
  }
  memory_bytes_ += file->cost_bytes;
  CachedFile* kept = file.get();
  used_.push_back(kept);
  files_.emplace(kept->path, std::move(file));
  return *kept;
}

const CachedFile& FileCache::keep_negative(std::unique_ptr<CachedFile> file) {
  if (file->path.size() > kNegativePathBytesMax) return keep_outside(std::move(file));
  if (negatives_count_ == kNegativesMax) erase(negatives_.front());
  ++negatives_count_;
  CachedFile* kept = file.get();
  negatives_.push_back(kept);
  files_.emplace(kept->path, std::move(file));
  return *kept;
}

const CachedFile& FileCache::keep_outside(std::unique_ptr<CachedFile> file) {
  outside_ = std::move(file);
  return *outside_;
}

void FileCache::erase(CachedFile* file) {
  memory_bytes_ -= file->cost_bytes;
  if (file->kind != Kind::file) --negatives_count_;
  for (const auto* variant : {file->plain.get(), file->gzip.get(), file->br.get()})
    if (variant && variant->file) --open_count_;
  files_.erase(files_.find(file->path));
}

std::shared_ptr<const Fd> FileCache::open_variant(const CachedFile& file, ContentCoding coding,
                                                  Counters& counters) {
  FileVariant& variant = file.variant(coding);
  FileIdentity identity;
  if (variant.file) {
    // Replaced or written to: the change of its inode's time tells of both.
    if (!stat_open(*variant.file, &identity) || !(identity == variant.identity())) return nullptr;
    open_.push_back(&variant);
    return variant.file;
  }
  Fd fd;
  if (root_.open_file(variant.path(), &fd, &identity) != Found::file ||
      !(identity == variant.identity()))
    return nullptr;
  auto opened = std::make_shared<const Fd>(std::move(fd));
  if (!static_cast<const ListNode<CachedFile>&>(file).linked()) return opened;  // not in the cache
  if (open_count_ == kOpenFilesMax) {
    close_file(open_.front());
    counters.add(Counter::limit_open_files);
  }
  variant.file = opened;
  open_.push_back(&variant);
  ++open_count_;
  return opened;
}

void FileCache::close_file(FileVariant* variant) {
  variant->unlink();
  variant->file = nullptr;
  --open_count_;
}

void FileCache::forget(const CachedFile& file) {
  const auto at = files_.find(file.path);
  if (at != files_.end() && at->second.get() == &file) erase(at->second.get());
}

}  // namespace fce
