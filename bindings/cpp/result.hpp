// SPDX-License-Identifier: Apache-2.0
//
// What calls give back: a Status, or a Result with a value in it. See fcedge.hpp.
#ifndef FCEDGE_CPP_RESULT_HPP_
#define FCEDGE_CPP_RESULT_HPP_

#include <fcedge/fcedge.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

// The two modes are two namespaces, so that one program may have files of both.
#ifdef FCEDGE_EXCEPTIONS
#define FCEDGE_BEGIN \
  namespace fcedge { \
  inline namespace raised {
#define FCEDGE_STATUS
#else
#define FCEDGE_BEGIN \
  namespace fcedge { \
  inline namespace returned {
#define FCEDGE_STATUS [[nodiscard]]
#endif
#define FCEDGE_END \
  }                \
  }

FCEDGE_BEGIN

// What went wrong in the last call of this thread that failed, until its next one that does.
inline std::string_view last_error() noexcept { return fce_last_error(); }

inline std::string_view version() noexcept { return fce_version(); }

// FCE_OK or one of FCE_E*.
class FCEDGE_STATUS Status {
 public:
  constexpr Status() noexcept = default;
  constexpr explicit Status(int code) noexcept : code_(code) {}

  constexpr bool ok() const noexcept { return code_ == FCE_OK; }
  constexpr explicit operator bool() const noexcept { return ok(); }
  constexpr int code() const noexcept { return code_; }
  // "FCE_EINVAL", and the sentence that is the same for all of them.
  std::string_view name() const noexcept { return fce_status_name(code_); }
  std::string_view text() const noexcept { return fce_status_text(code_); }

  friend constexpr bool operator==(Status a, int code) noexcept { return a.code_ == code; }
  friend constexpr bool operator!=(Status a, int code) noexcept { return a.code_ != code; }

 private:
  int code_ = FCE_OK;
};

#ifdef FCEDGE_EXCEPTIONS
// A call that failed; `what` is its last_error.
class Error : public std::exception {
 public:
  explicit Error(int code)
      : status_(code), sentence_(*fce_last_error() ? fce_last_error() : fce_status_text(code)) {}
  Status status() const noexcept { return status_; }
  int code() const noexcept { return status_.code(); }
  const char* what() const noexcept override { return sentence_.c_str(); }

 private:
  Status status_;
  std::string sentence_;
};
#endif

namespace detail {

// Every code that the library gives back comes through here.
inline Status check(int code) {
#ifdef FCEDGE_EXCEPTIONS
  if (code != FCE_OK) throw Error(code);
#endif
  return Status(code);
}

// Nobody looked whether there is a value, and there is none.
[[noreturn]] inline void no_value(Status status) {
#ifdef FCEDGE_EXCEPTIONS
  throw Error(status.code());
#else
  std::fprintf(stderr, "fcedge: the value of a call that failed: %s: %s\n",
               fce_status_name(status.code()), fce_last_error());
  std::abort();
#endif
}

}  // namespace detail

// A value, or why there is none. To take the value of one that failed ends the program, or with
// FCEDGE_EXCEPTIONS throws.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) noexcept : value_(std::move(value)) {}
  Result(Status failed) noexcept : status_(failed) {}

  bool ok() const noexcept { return status_.ok(); }
  explicit operator bool() const noexcept { return ok(); }
  Status status() const noexcept { return status_; }

  T& value() & {
    if (!ok()) detail::no_value(status_);
    return value_;
  }
  const T& value() const& {
    if (!ok()) detail::no_value(status_);
    return value_;
  }
  T&& value() && {
    if (!ok()) detail::no_value(status_);
    return std::move(value_);
  }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }

 private:
  Status status_;
  T value_{};
};

FCEDGE_END

#endif  // FCEDGE_CPP_RESULT_HPP_
