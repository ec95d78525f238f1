// SPDX-License-Identifier: Apache-2.0
// DirectoryFetch: one file that is opened, judged by its conditions and read, a job of the workers
// at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/chunk.h"
#include "cache/directory_origin.h"
#include "cache/saved_request.h"
#include "http/conditional.h"
#include "http/context.h"
#include "loop/timer.h"

namespace fce {

class DirectoryFetch final : public Fetch, private Flushable {
 public:
  // `path` is below the root, with the index where there is one.
  DirectoryFetch(std::shared_ptr<const DirectoryOrigin> origin, HttpContext& http,
                 const FetchRequest& request, std::string path, FetchSink& sink);
  ~DirectoryFetch() override;

  void pause() override;
  void resume() override;

 private:
  class OpenJob;
  class ReadJob;
  enum class State : uint8_t {
    opening,
    busy,     // the workers have no room to open it
    reading,  // a job reads, or waits for room
    full,     // a piece is there
    stopped,  // there are no workers any more
    over,
  };
  // What a job and its fetch know of each other. Only the shard's thread touches `fetch`.
  struct Link {
    DirectoryFetch* fetch;
  };

  void flush() override;
  void submit(std::unique_ptr<Job> job);
  void read_next();
  void opened(FileRoot::Found found, Fd fd, const FileIdentity& identity);
  void answer_file(Fd fd, const FileIdentity& identity);
  void answer_content(Fd fd, const FileVariant& variant, const SelectionFields& fields,
                      Method method);
  void answer_without_file(FileRoot::Found found);
  void answer_redirect();
  void finish(uint16_t status, std::span<const Header> headers = {});
  bool tell_head(uint16_t status, std::span<const Header> headers, uint64_t length);
  void piece_read(ChunkRef chunk);
  void give_piece();
  void fail_with(FetchError why);
  static void on_retry(void* self);

  const std::shared_ptr<const DirectoryOrigin> origin_;
  HttpContext& http_;
  const SavedRequest saved_;
  const std::string path_;
  FetchSink& sink_;
  std::shared_ptr<Link> link_;
  std::shared_ptr<const Fd> fd_;  // shared with a job that may outlive the fetch
  FileIdentity identity_;
  uint64_t offset_ = 0;
  uint64_t left_ = 0;
  ChunkRef piece_;  // that was read and not yet given
  Timer retry_timer_;
  State state_ = State::opening;
  bool paused_ = false;
  bool* gone_ = nullptr;  // set where it is watched whether a sink destroyed this
};

}  // namespace fce
