// SPDX-License-Identifier: Apache-2.0
#include "comment_store.h"

#include <sqlite3.h>

#include <algorithm>

namespace edge {
namespace {

constexpr int kFormatVersion = 1;
constexpr int kBusyMs = 2000;

// AUTOINCREMENT keeps ids growing even after the newest comment is deleted by hand.
constexpr const char* kSchema = R"(
  CREATE TABLE comments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    thread TEXT NOT NULL,
    author TEXT NOT NULL,
    text TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    client_id TEXT NOT NULL,
    UNIQUE (tenant, thread, client_id)
  ) STRICT;
  CREATE INDEX comments_by_thread ON comments (tenant, thread, id);
)";

constexpr const char* kColumns = "SELECT id, created_ms, author, text, client_id FROM comments ";

void bind(sqlite3_stmt* statement, int index, const std::string& text) {
  // The text outlives the step that reads it.
  sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

std::string column_text(sqlite3_stmt* statement, int index) {
  const unsigned char* text = sqlite3_column_text(statement, index);
  const int size = sqlite3_column_bytes(statement, index);
  return std::string(reinterpret_cast<const char*>(text), static_cast<size_t>(size));
}

Comment read_row(sqlite3_stmt* statement) {
  Comment comment;
  comment.id = sqlite3_column_int64(statement, 0);
  comment.created_ms = sqlite3_column_int64(statement, 1);
  comment.author = column_text(statement, 2);
  comment.text = column_text(statement, 3);
  comment.client_id = column_text(statement, 4);
  return comment;
}

// A statement that is not reset keeps its read transaction open.
struct Reset {
  explicit Reset(sqlite3_stmt* used) : statement(used) {}
  ~Reset() {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
  }
  Reset(const Reset&) = delete;
  Reset& operator=(const Reset&) = delete;
  sqlite3_stmt* statement;
};

}  // namespace

void CommentStore::Closer::operator()(sqlite3* db) const { sqlite3_close_v2(db); }
void CommentStore::Closer::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

CommentStore::CommentStore(const std::string& file) {
  sqlite3* db = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int status = sqlite3_open_v2(file.c_str(), &db, flags, nullptr);
  db_.reset(db);
  if (status != SQLITE_OK) fail();
  sqlite3_busy_timeout(db, kBusyMs);
  // FULL makes a comment that was answered 201 survive a power cut, not only a crash.
  execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");

  int version = 0;
  {
    const Statement query = prepare("PRAGMA user_version");
    if (sqlite3_step(query.get()) != SQLITE_ROW) fail();
    version = sqlite3_column_int(query.get(), 0);
  }
  if (version == 0) {
    begin();
    execute(kSchema);
    execute(("PRAGMA user_version = " + std::to_string(kFormatVersion)).c_str());
    commit();
  } else if (version != kFormatVersion) {
    throw StoreError("the comments are of format " + std::to_string(version) +
                     ", this program knows format " + std::to_string(kFormatVersion));
  }
  const std::string columns = kColumns;
  find_ = prepare((columns + "WHERE tenant = ? AND thread = ? AND client_id = ?").c_str());
  insert_ = prepare(
      "INSERT INTO comments (tenant, thread, author, text, created_ms, client_id) "
      "VALUES (?, ?, ?, ?, ?, ?)");
  list_ = prepare((columns + "WHERE tenant = ? AND thread = ? AND id > ? AND id < ? "
                             "ORDER BY id DESC LIMIT ?")
                      .c_str());
}

CommentStore::~CommentStore() = default;

void CommentStore::fail() const {
  throw StoreError(db_ != nullptr ? sqlite3_errmsg(db_.get()) : "memory is exhausted");
}

void CommentStore::execute(const char* sql) {
  if (sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

CommentStore::Statement CommentStore::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(db_.get(), sql, -1, &statement, nullptr) != SQLITE_OK) fail();
  return Statement(statement);
}

void CommentStore::begin() { execute("BEGIN IMMEDIATE"); }
void CommentStore::commit() { execute("COMMIT"); }

void CommentStore::roll_back() noexcept {
  // It fails only where SQLite has rolled back by itself.
  sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

bool CommentStore::add(const ThreadKey& key, Comment* comment) {
  {
    const Reset found(find_.get());
    bind(found.statement, 1, key.tenant);
    bind(found.statement, 2, key.thread);
    bind(found.statement, 3, comment->client_id);
    const int status = sqlite3_step(found.statement);
    if (status == SQLITE_ROW) {
      *comment = read_row(found.statement);
      return false;
    }
    if (status != SQLITE_DONE) fail();
  }
  const Reset added(insert_.get());
  bind(added.statement, 1, key.tenant);
  bind(added.statement, 2, key.thread);
  bind(added.statement, 3, comment->author);
  bind(added.statement, 4, comment->text);
  sqlite3_bind_int64(added.statement, 5, comment->created_ms);
  bind(added.statement, 6, comment->client_id);
  if (sqlite3_step(added.statement) != SQLITE_DONE) fail();
  comment->id = sqlite3_last_insert_rowid(db_.get());
  return true;
}

std::vector<Comment> CommentStore::list(const ThreadKey& key, const Range& range, bool* older) {
  const Reset rows(list_.get());
  bind(rows.statement, 1, key.tenant);
  bind(rows.statement, 2, key.thread);
  sqlite3_bind_int64(rows.statement, 3, range.after);
  sqlite3_bind_int64(rows.statement, 4, range.before);
  // One more than asked for tells whether there are older ones.
  sqlite3_bind_int64(rows.statement, 5, int64_t{range.max} + 1);
  std::vector<Comment> comments;
  int status = SQLITE_ROW;
  while ((status = sqlite3_step(rows.statement)) == SQLITE_ROW) {
    comments.push_back(read_row(rows.statement));
  }
  if (status != SQLITE_DONE) fail();
  *older = comments.size() > range.max;
  if (*older) comments.pop_back();
  std::reverse(comments.begin(), comments.end());
  return comments;
}

}  // namespace edge
