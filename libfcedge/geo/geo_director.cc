// SPDX-License-Identifier: Apache-2.0
#include "geo/geo_director.h"

#include <chrono>
#include <utility>

namespace fce {

GeoDirector::GeoDirector(std::vector<std::string> files) : files_(std::move(files)) {
  watcher_ = std::thread([this] { watch_files(); });
  worker_ = std::thread([this] { work_out(); });
}

GeoDirector::~GeoDirector() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  watcher_.join();
  worker_.join();
}

Status GeoDirector::set_map(GeoMap map) {
  if (const Status status = map.check(); status != Status::ok) return status;
  auto shared = std::make_shared<const GeoMap>(std::move(map));
  const std::lock_guard lock(mutex_);
  map_ = std::move(shared);
  watch_.keep_to(*map_);
  maps_.fetch_add(1, std::memory_order_relaxed);
  ++wanted_;
  changed_.notify_all();
  return Status::ok;
}

Status GeoDirector::observe(const std::string& node, const NodeWatch::Seen& seen) {
  const std::lock_guard lock(mutex_);
  if (!map_) return fail(Status::not_found, "there is no geo map yet");
  bool changed = false;
  const Status status = watch_.observe(*map_, node, seen, &changed);
  if (!changed) return status;
  ++wanted_;
  changed_.notify_all();
  return status;
}

std::shared_ptr<const GeoSnapshot> GeoDirector::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void GeoDirector::settle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return looked_; });
  const uint64_t wanted = wanted_;
  changed_.wait(lock, [&] { return done_ >= wanted; });
}

void GeoDirector::watch_files() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const bool is_new = files_.refresh();
    lock.lock();
    if (is_new) {
      index_ = files_.current();
      ++wanted_;
    }
    looked_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, std::chrono::milliseconds(kCheckMs), [this] { return stopping_; });
  }
}

void GeoDirector::work_out() {
  std::unique_lock lock(mutex_);
  for (;;) {
    // Before the files have been looked at, all clients would seem to be nowhere.
    changed_.wait(lock, [this] { return stopping_ || (looked_ && done_ != wanted_); });
    if (stopping_) return;
    const uint64_t wanted = wanted_;
    std::shared_ptr<const GeoMap> map;
    if (map_) map = std::make_shared<const GeoMap>(watch_.apply(*map_));
    const std::shared_ptr<const GeoIndex> index = index_;
    std::shared_ptr<const GeoSnapshot> before = current_;
    lock.unlock();
    std::shared_ptr<const GeoSnapshot> snapshot;
    if (map) snapshot = std::make_shared<const GeoSnapshot>(index, map, before.get());
    before.reset();
    lock.lock();
    // The old one may be the last of its kind: to take it apart needs no lock.
    current_.swap(snapshot);
    done_ = wanted;
    version_.fetch_add(1, std::memory_order_release);
    changed_.notify_all();
    lock.unlock();
    snapshot.reset();
    lock.lock();
  }
}

}  // namespace fce
