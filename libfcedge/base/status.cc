// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"

#include <cerrno>
#include <utility>

namespace fce {
namespace {

thread_local std::string t_last_error;

}  // namespace

const char* status_name(Status status) {
  switch (status) {
    case Status::ok: return "FCE_OK";
#define FCE_STATUS_NAME_(name, word, value, text) \
  case Status::word: return "FCE_" #name;
      FCE_STATUS_MAP(FCE_STATUS_NAME_)
#undef FCE_STATUS_NAME_
  }
  return "FCE_?";
}

const char* status_text(Status status) {
  switch (status) {
    case Status::ok: return "success";
#define FCE_STATUS_TEXT_(name, word, value, text) \
  case Status::word: return text;
      FCE_STATUS_MAP(FCE_STATUS_TEXT_)
#undef FCE_STATUS_TEXT_
  }
  return "an unknown status";
}

Status status_from_errno(int error) {
  switch (error) {
    case 0: return Status::ok;
    case EINVAL: return Status::invalid;
    case ENOMEM: return Status::no_memory;
    case ENOENT:
    case ENOTDIR: return Status::not_found;
    case EEXIST: return Status::exists;
    case EACCES:
    case EPERM:
    case EROFS: return Status::denied;
    case EADDRINUSE: return Status::address_in_use;
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT: return Status::address_unavailable;
    case ETIMEDOUT: return Status::timed_out;
    case EPIPE:
    case ECONNRESET: return Status::closed;
    default: return Status::io;
  }
}

Status fail(Status status, std::string sentence) {
  t_last_error = std::move(sentence);
  return status;
}

const char* last_error() { return t_last_error.c_str(); }

}  // namespace fce
