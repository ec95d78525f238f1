// SPDX-License-Identifier: Apache-2.0
#include "http/file_root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>

namespace fce {
namespace {

// A FIFO would block the shard until somebody writes to it, hence O_NONBLOCK.
constexpr int kReadFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
constexpr int kDirectoryFlags = O_PATH | O_DIRECTORY | O_CLOEXEC;

int call_openat2(int directory, const char* path, int flags) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  // EAGAIN: somebody renamed a directory meanwhile, so the kernel could not vouch for the path.
  for (int attempt = 0;; ++attempt) {
    const long fd = syscall(SYS_openat2, directory, path, &how, sizeof how);
    if (fd >= 0 || attempt == 8 || (errno != EAGAIN && errno != EINTR)) return static_cast<int>(fd);
  }
}

int64_t nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileIdentity identity_of(const struct stat& info) {
  return {static_cast<uint64_t>(info.st_dev), static_cast<uint64_t>(info.st_ino),
          nanoseconds(info.st_mtim), nanoseconds(info.st_ctim),
          static_cast<uint64_t>(info.st_size)};
}

FileRoot::Found found_from_errno(int error) {
  switch (error) {
    case EACCES:
    case EPERM: return FileRoot::Found::denied;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN: return FileRoot::Found::busy;
    case EIO:
    case ESTALE: return FileRoot::Found::failed;
    default: return FileRoot::Found::absent;  // ENOENT, ENOTDIR, EXDEV, ELOOP, ENAMETOOLONG...
  }
}

}  // namespace

Status FileRoot::open(const std::string& path) {
  // The walk needs to search the directory only, but one that cannot be read is a mistake.
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat info;
  if (!fd || fstat(fd.get(), &info) != 0) {
    const int error = errno;
    return fail(status_from_errno(error),
                "cannot read the directory " + path + ": " + std::strerror(error));
  }
  path_ = path;
  fd_ = std::move(fd);
  device_ = static_cast<uint64_t>(info.st_dev);
  inode_ = static_cast<uint64_t>(info.st_ino);
  const Fd probe(call_openat2(fd_.get(), ".", kDirectoryFlags));
  if (!probe && (errno == ENOSYS || errno == EPERM)) method_ = Method::walk;
  return Status::ok;
}

int FileRoot::walk_to(const char* path) const {
  Fd held;
  int directory = fd_.get();
  for (;;) {
    const char* slash = std::strchr(path, '/');
    if (!slash) return ::openat(directory, path, kReadFlags | O_NOFOLLOW);
    char name[NAME_MAX + 1];
    const auto size = static_cast<size_t>(slash - path);
    if (size > NAME_MAX) {
      errno = ENAMETOOLONG;
      return -1;
    }
    std::memcpy(name, path, size);
    name[size] = '\0';
    Fd next(::openat(directory, name, kDirectoryFlags | O_NOFOLLOW));
    if (!next) return -1;
    held = std::move(next);
    directory = held.get();
    path = slash + 1;
  }
}

int FileRoot::open_below(const char* path) const {
  return method_ == Method::walk ? walk_to(path) : call_openat2(fd_.get(), path, kReadFlags);
}

FileRoot::Found FileRoot::open_file(const std::string& path, Fd* fd, FileIdentity* identity) const {
  Fd opened(open_below(path.c_str()));
  if (!opened) return found_from_errno(errno);
  struct stat info;
  if (fstat(opened.get(), &info) != 0) return found_from_errno(errno);
  if (S_ISDIR(info.st_mode)) return Found::directory;
  if (!S_ISREG(info.st_mode)) return Found::absent;
  *identity = identity_of(info);
  *fd = std::move(opened);
  return Found::file;
}

bool FileRoot::stat_file(const std::string& path, FileIdentity* identity) const {
  // This may look outside by a symlink that was put there since, but then the identity differs, and
  // the file is opened anew by the rules.
  struct stat info;
  if (fstatat(fd_.get(), path.c_str(), &info, 0) != 0 || !S_ISREG(info.st_mode)) return false;
  *identity = identity_of(info);
  return true;
}

bool FileRoot::follow() {
  struct stat info;
  if (::stat(path_.c_str(), &info) != 0) return false;
  if (static_cast<uint64_t>(info.st_dev) == device_ && static_cast<uint64_t>(info.st_ino) == inode_)
    return false;
  const Method method = method_;
  if (open(path_) != Status::ok) return false;
  method_ = method;
  return true;
}

bool stat_open(const Fd& fd, FileIdentity* identity) {
  struct stat info;
  if (fstat(fd.get(), &info) != 0) return false;
  *identity = identity_of(info);
  return true;
}

}  // namespace fce
