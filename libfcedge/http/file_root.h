// SPDX-License-Identifier: Apache-2.0
// Files below one directory, and nothing else: a path that would leave it, by a symlink too, finds
// nothing.
#pragma once

#include <cstdint>
#include <string>

#include "base/fd.h"
#include "base/status.h"

namespace fce {

// What tells one content of a file from another without reading it.
struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;  // of the inode: moves when somebody sets the modification time back
  uint64_t size = 0;

  bool operator==(const FileIdentity&) const = default;
};

class FileRoot {
 public:
  enum class Found : uint8_t {
    file,
    directory,
    absent,  // also what is neither file nor directory, and what lies outside
    denied,
    busy,    // no file descriptors left: later it may work
    failed,  // the disk
  };
  // How a path is kept below the root. `walk` opens each directory of the path by itself and
  // follows no symlinks at all; it is for kernels and sandboxes without openat2.
  enum class Method : uint8_t { openat2, walk };

  // FCE_ENOENT or FCE_EACCES when it is not a readable directory.
  Status open(const std::string& path);
  // Opens a file for reading; `path` is relative, without empty, "." and ".." segments.
  Found open_file(const std::string& path, Fd* fd, FileIdentity* identity) const;
  // The identity of a file that was opened before, without opening it. False when there is none.
  bool stat_file(const std::string& path, FileIdentity* identity) const;
  // Opens the root anew if its path leads to another directory by now (a deployment that switches
  // a symlink). True when it did.
  bool follow();

  Method method() const { return method_; }
  void set_method(Method method) { method_ = method; }

 private:
  int open_below(const char* path) const;
  int walk_to(const char* path) const;

  std::string path_;
  Fd fd_;
  uint64_t device_ = 0;
  uint64_t inode_ = 0;
  Method method_ = Method::openat2;
};

// Reads the identity of an open file again.
bool stat_open(const Fd& fd, FileIdentity* identity);

}  // namespace fce
