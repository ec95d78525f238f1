// SPDX-License-Identifier: Apache-2.0
#include "cache/file_table.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace fce {

std::shared_ptr<StoreFile> FileTable::segment(uint32_t number) const {
  const Stripe& from = stripe(number);
  const std::lock_guard<std::mutex> lock(from.mutex);
  const auto at = from.segments.find(number);
  return at == from.segments.end() ? nullptr : at->second;
}

std::shared_ptr<LargeFile> FileTable::open_large(uint32_t number) const {
  const Stripe& from = stripe(number);
  const std::lock_guard<std::mutex> lock(from.mutex);
  const auto at = from.large.find(number);
  return at == from.large.end() ? nullptr : at->second.file.lock();
}

std::optional<LargeInfo> FileTable::large(uint32_t number) const {
  const Stripe& from = stripe(number);
  const std::lock_guard<std::mutex> lock(from.mutex);
  const auto at = from.large.find(number);
  if (at == from.large.end()) return std::nullopt;
  return at->second.info;
}

int FileTable::load_large(uint32_t number, bool verified, std::shared_ptr<LargeFile>* file) {
  // Eviction may rename it in between; that it does so over and over is not to be expected.
  for (int attempt = 0;; ++attempt) {
    *file = open_large(number);
    if (*file) return 0;
    const std::optional<LargeInfo> info = large(number);
    if (!info) return -ENOENT;
    auto opened = std::make_shared<LargeFile>(directory_, keys_);
    const int result = opened->open(info->name, verified);
    if (result == -ENOENT && attempt < 8) continue;
    if (result < 0) return result;
    {
      Stripe& in = stripe(number);
      const std::lock_guard<std::mutex> lock(in.mutex);
      const auto at = in.large.find(number);
      if (at == in.large.end()) return -ENOENT;
      // Who came first is what all readers share.
      *file = at->second.file.lock();
      if (*file) return 0;
      at->second.file = opened;
    }
    *file = opened;
    keep_open(std::move(opened));
    return 0;
  }
}

// What leaves the ring is destroyed, and maybe closed, outside of the lock.
void FileTable::keep_open(std::shared_ptr<LargeFile> file) {
  const std::lock_guard<std::mutex> lock(open_mutex_);
  last_opened_[next_opened_].swap(file);
  next_opened_ = (next_opened_ + 1) % last_opened_.size();
}

void FileTable::add(std::shared_ptr<StoreFile> file) {
  const uint32_t number = file->name().number;
  Stripe& to = stripe(number);
  const std::lock_guard<std::mutex> lock(to.mutex);
  to.segments[number] = std::move(file);
}

void FileTable::add_large(const LargeInfo& info, std::shared_ptr<LargeFile> file) {
  {
    Stripe& to = stripe(info.name.number);
    const std::lock_guard<std::mutex> lock(to.mutex);
    to.large[info.name.number] = {info, file};
  }
  if (file) keep_open(std::move(file));
}

void FileTable::rename_large(uint32_t number, const FileName& name) {
  Stripe& in = stripe(number);
  const std::lock_guard<std::mutex> lock(in.mutex);
  const auto at = in.large.find(number);
  if (at != in.large.end()) at->second.info.name = name;
}

void FileTable::note_large(uint32_t number, uint64_t sequence) {
  Stripe& in = stripe(number);
  const std::lock_guard<std::mutex> lock(in.mutex);
  const auto at = in.large.find(number);
  if (at != in.large.end()) at->second.info.sequence = sequence;
}

int FileTable::remove(uint32_t number, uint64_t bytes) {
  const std::shared_ptr<StoreFile> file = segment(number);
  if (!file) return 0;
  const int result = directory_->disk.unlink(directory_->fd, file->name().text().c_str());
  if (result < 0 && result != -ENOENT) return result;
  Stripe& from = stripe(number);
  const std::lock_guard<std::mutex> lock(from.mutex);
  from.segments.erase(number);
  file->deleted(bytes);
  return 0;
}

int FileTable::remove_large(uint32_t number) {
  const std::optional<LargeInfo> info = large(number);
  if (!info) return 0;
  const int result = directory_->disk.unlink(directory_->fd, info->name.text().c_str());
  if (result < 0 && result != -ENOENT) return result;
  std::shared_ptr<LargeFile> file;
  {
    Stripe& from = stripe(number);
    const std::lock_guard<std::mutex> lock(from.mutex);
    file = from.large[number].file.lock();
    from.large.erase(number);
  }
  if (!file) return 0;
  file->deleted(info->bytes);
  // Nobody but readers holds it from now on.
  const std::lock_guard<std::mutex> lock(open_mutex_);
  for (auto& open : last_opened_)
    if (open == file) open = nullptr;
  return 0;
}

uint64_t FileTable::min_sequence_beside(uint32_t number) const {
  uint64_t smallest = UINT64_MAX;
  for (const Stripe& stripe : stripes_) {
    const std::lock_guard<std::mutex> lock(stripe.mutex);
    for (const auto& [other, file] : stripe.segments)
      if (other != number) smallest = std::min(smallest, file->min_sequence());
    for (const auto& [other, file] : stripe.large)
      if (other != number) smallest = std::min(smallest, file.info.sequence);
  }
  return smallest;
}

uint32_t FileTable::segments() const {
  size_t count = 0;
  for (const Stripe& stripe : stripes_) {
    const std::lock_guard<std::mutex> lock(stripe.mutex);
    count += stripe.segments.size();
  }
  return static_cast<uint32_t>(count);
}

uint32_t FileTable::large_files() const {
  size_t count = 0;
  for (const Stripe& stripe : stripes_) {
    const std::lock_guard<std::mutex> lock(stripe.mutex);
    count += stripe.large.size();
  }
  return static_cast<uint32_t>(count);
}

}  // namespace fce
