// SPDX-License-Identifier: Apache-2.0
//
// The demo's comments in one SQLite file. Blocking; used by one thread.
#ifndef FCEDGE_EXAMPLES_EDGE_COMMENT_STORE_H_
#define FCEDGE_EXAMPLES_EDGE_COMMENT_STORE_H_

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace edge {

// SQLite's own sentence on what went wrong.
class StoreError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A thread belongs to a tenant; there is no way to ask for a thread alone.
struct ThreadKey {
  std::string tenant;
  std::string thread;

  auto operator<=>(const ThreadKey&) const = default;
};

struct Comment {
  int64_t id = 0;  // grows with each comment of the file
  int64_t created_ms = 0;
  std::string author;
  std::string text;
  std::string client_id;  // chosen by the client; the same one twice is the same comment
};

// Which comments of a thread: the newest `max` with after < id < before.
struct Range {
  int64_t after = 0;
  int64_t before = INT64_MAX;
  uint32_t max = 0;

  auto operator<=>(const Range&) const = default;
};

class CommentStore {
 public:
  // Opens the file or makes it. Throws StoreError, as all functions here do.
  explicit CommentStore(const std::string& file);
  ~CommentStore();
  CommentStore(const CommentStore&) = delete;
  CommentStore& operator=(const CommentStore&) = delete;

  // One commit for many comments costs one write to the disk. What was added is stored, and not
  // before, when commit returns.
  void begin();
  void commit();
  void roll_back() noexcept;

  // Stores the comment and sets its id; false when its client_id was stored before, and then
  // `comment` becomes the one that was.
  bool add(const ThreadKey& key, Comment* comment);

  // Oldest first. `older` tells whether the thread has comments before the first one given.
  std::vector<Comment> list(const ThreadKey& key, const Range& range, bool* older);

 private:
  struct Closer {
    void operator()(sqlite3* db) const;
    void operator()(sqlite3_stmt* statement) const;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Closer>;

  void execute(const char* sql);
  Statement prepare(const char* sql);
  [[noreturn]] void fail() const;

  std::unique_ptr<sqlite3, Closer> db_;
  Statement find_;
  Statement insert_;
  Statement list_;
};

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_COMMENT_STORE_H_
