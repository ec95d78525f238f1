// SPDX-License-Identifier: Apache-2.0
#include "cache/directory_fetch.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/time.h"
#include "http/mime.h"
#include "http/range.h"

namespace fce {

class DirectoryFetch::OpenJob final : public Job {
 public:
  OpenJob(std::shared_ptr<Link> link, std::shared_ptr<const DirectoryOrigin> origin,
          std::string path)
      : link_(std::move(link)), origin_(std::move(origin)), path_(std::move(path)) {}

  void work() override { found_ = origin_->root()->open_file(path_, &fd_, &identity_); }
  void done() override {
    if (link_->fetch) link_->fetch->opened(found_, std::move(fd_), identity_);
  }

 private:
  const std::shared_ptr<Link> link_;
  const std::shared_ptr<const DirectoryOrigin> origin_;
  const std::string path_;
  FileRoot::Found found_ = FileRoot::Found::failed;
  Fd fd_;
  FileIdentity identity_;
};

// Reads a piece. With the last one it looks whether the file is still what its head said it was.
class DirectoryFetch::ReadJob final : public Job {
 public:
  ReadJob(std::shared_ptr<Link> link, std::shared_ptr<const Fd> fd, uint64_t offset, size_t size,
          const FileIdentity* last)
      : link_(std::move(link)), fd_(std::move(fd)), offset_(offset), size_(size) {
    if (last) expected_ = *last;
    last_ = last != nullptr;
  }

  void work() override {
    chunk_ = ChunkRef::make(size_);
    FileIdentity identity;
    if (!read_exactly(*fd_, offset_, chunk_->data(), size_) ||
        (last_ && !(stat_open(*fd_, &identity) && same_content(identity))))
      chunk_ = {};
  }
  void done() override {
    if (link_->fetch) link_->fetch->piece_read(std::move(chunk_));
  }

 private:
  // A file that was renamed or removed meanwhile has the same content.
  bool same_content(const FileIdentity& now) const {
    return now.modified_ns == expected_.modified_ns && now.size == expected_.size;
  }

  const std::shared_ptr<Link> link_;
  const std::shared_ptr<const Fd> fd_;
  const uint64_t offset_;
  const size_t size_;
  bool last_;
  FileIdentity expected_;
  ChunkRef chunk_;
};

DirectoryFetch::DirectoryFetch(std::shared_ptr<const DirectoryOrigin> origin, HttpContext& http,
                               const FetchRequest& request, std::string path, FetchSink& sink)
    : origin_(std::move(origin)),
      http_(http),
      saved_(request),
      path_(std::move(path)),
      sink_(sink),
      link_(std::make_shared<Link>(Link{this})),
      retry_timer_(on_retry, this) {
  submit(std::make_unique<OpenJob>(link_, origin_, path_));
}

DirectoryFetch::~DirectoryFetch() {
  link_->fetch = nullptr;
  if (gone_) *gone_ = true;
}

void DirectoryFetch::pause() { paused_ = true; }

void DirectoryFetch::resume() {
  paused_ = false;
  if (state_ == State::full) http_.net.loop.mark_dirty(*this, Lane::answer);
}

void DirectoryFetch::flush() {
  switch (state_) {
    case State::full:
      if (!paused_) give_piece();
      return;
    case State::busy: return answer_without_file(FileRoot::Found::busy);
    case State::stopped: return fail_with(FetchError::stopped);
    case State::opening:
    case State::reading:
    case State::over: return;
  }
}

void DirectoryFetch::submit(std::unique_ptr<Job> job) {
  Loop& loop = http_.net.loop;
  switch (origin_->workers_.submit(job, loop)) {
    case Status::ok: return;
    case Status::full: http_.net.counters.add(Counter::limit_disk_queue); break;
    default: state_ = State::stopped; return loop.mark_dirty(*this, Lane::answer);
  }
  // What was begun is finished; what was not can be told to come back.
  if (state_ == State::reading) return retry_timer_.arm(loop.timers(), TimerWheel::kTickMs);
  state_ = State::busy;
  loop.mark_dirty(*this, Lane::answer);
}

void DirectoryFetch::on_retry(void* self) { static_cast<DirectoryFetch*>(self)->read_next(); }

void DirectoryFetch::read_next() {
  state_ = State::reading;
  const auto size = static_cast<size_t>(std::min<uint64_t>(DirectoryOrigin::kPieceBytes, left_));
  submit(
      std::make_unique<ReadJob>(link_, fd_, offset_, size, size == left_ ? &identity_ : nullptr));
}

void DirectoryFetch::opened(FileRoot::Found found, Fd fd, const FileIdentity& identity) {
  if (found != FileRoot::Found::file) return answer_without_file(found);
  answer_file(std::move(fd), identity);
}

void DirectoryFetch::answer_without_file(FileRoot::Found found) {
  switch (found) {
    case FileRoot::Found::directory: return answer_redirect();
    case FileRoot::Found::denied: return finish(403);
    case FileRoot::Found::failed: return fail_with(FetchError::disk);
    case FileRoot::Found::busy: {
      const Header fields[] = {{"retry-after", "1"}};
      return finish(503, fields);
    }
    case FileRoot::Found::file:
    case FileRoot::Found::absent: break;
  }
  finish(404);
}

// Relative to the path that was asked for, whatever prefix the client sees before it. "./" keeps a
// name with a colon from being a scheme.
void DirectoryFetch::answer_redirect() {
  const std::string_view target = saved_.request().target;
  const std::string_view path = target.substr(0, target.find('?'));
  // The index itself is a directory.
  if (origin_->options_.index.empty() || path.ends_with('/')) return finish(404);
  std::string location = "./";
  location.append(path.substr(path.rfind('/') + 1)).append("/").append(target.substr(path.size()));
  const Header fields[] = {{"location", location}};
  finish(308, fields);
}

void DirectoryFetch::answer_file(Fd fd, const FileIdentity& identity) {
  identity_ = identity;
  FileVariant variant(path_, identity);
  variant.compose(ContentCoding::identity, mime_type(path_), origin_->fields_);
  Arena arena;
  const FetchRequest request = saved_.request();
  const SelectionFields fields = SelectionFields::from(request.headers, arena);
  const Method method = method_from(request.method);
  switch (check_preconditions(fields, method, variant.validators())) {
    case Precondition::passed: return answer_content(std::move(fd), variant, fields, method);
    case Precondition::not_modified: return finish(304, variant.headers_not_modified());
    case Precondition::failed: return finish(412);
  }
}

void DirectoryFetch::answer_content(Fd fd, const FileVariant& variant,
                                    const SelectionFields& fields, Method method) {
  ByteRange range{0, variant.size()};
  RangeAnswer answer = RangeAnswer::whole;
  if (fields.range && range_applies(fields, method, variant.validators(), wall_seconds()))
    answer = parse_range(fields.range.value, variant.size(), &range);
  std::array<char, kContentRangeBytes> buffer;
  if (answer == RangeAnswer::unsatisfiable) {
    const Header header[] = {{"content-range", content_range(nullptr, variant.size(), buffer)}};
    return finish(416, header);
  }
  const bool partial = answer == RangeAnswer::partial;
  std::vector<Header> headers(variant.headers().begin(), variant.headers().end());
  if (partial) headers.push_back({"content-range", content_range(&range, variant.size(), buffer)});
  const std::string length = std::to_string(range.length);
  headers.push_back({"content-length", length});
  offset_ = range.first;
  left_ = method == Method::head ? 0 : range.length;
  if (!tell_head(partial ? 206 : 200, headers, left_)) return;
  if (left_ == 0) {
    state_ = State::over;
    return sink_.on_end({});
  }
  fd_ = std::make_shared<const Fd>(std::move(fd));
  read_next();
}

void DirectoryFetch::finish(uint16_t status, std::span<const Header> headers) {
  state_ = State::over;
  if (tell_head(status, headers, 0)) sink_.on_end({});
}

// False when the sink has destroyed this.
bool DirectoryFetch::tell_head(uint16_t status, std::span<const Header> headers, uint64_t length) {
  bool gone = false;
  gone_ = &gone;
  sink_.on_head(status, headers, length);
  if (!gone) gone_ = nullptr;
  return !gone;
}

void DirectoryFetch::piece_read(ChunkRef chunk) {
  if (!chunk) return fail_with(FetchError::disk);
  piece_ = std::move(chunk);
  state_ = State::full;
  if (!paused_) give_piece();
}

void DirectoryFetch::give_piece() {
  const ChunkRef piece = std::exchange(piece_, {});
  const size_t size = piece->size();
  offset_ += size;
  left_ -= size;
  // The next piece is read while the sink looks at this one.
  if (left_ > 0) {
    read_next();
  } else {
    state_ = State::over;
  }
  const bool last = left_ == 0;
  bool gone = false;
  gone_ = &gone;
  sink_.on_body(piece.bytes());
  if (gone) return;
  gone_ = nullptr;
  if (last) sink_.on_end({});
}

void DirectoryFetch::fail_with(FetchError why) {
  state_ = State::over;
  sink_.on_fail(why);
}

}  // namespace fce
