// SPDX-License-Identifier: Apache-2.0
//
// Objects of the library as values that move, and callables as its callbacks.
#ifndef FCEDGE_CPP_HANDLE_HPP_
#define FCEDGE_CPP_HANDLE_HPP_

#include <cstring>
#include <memory>
#include <new>

#include "views.hpp"

FCEDGE_BEGIN

// An object of the library. Empty when it was moved from; freed when it goes.
template <class T, void (*Free)(T*)>
class Handle {
 public:
  constexpr Handle() noexcept = default;
  constexpr explicit Handle(T* object) noexcept : object_(object) {}
  Handle(Handle&& other) noexcept : object_(other.release()) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~Handle() { reset(); }

  constexpr explicit operator bool() const noexcept { return object_ != nullptr; }
  // For the C ABI; `release` also gives it away, `reset` takes another.
  constexpr T* get() const noexcept { return object_; }
  T* release() noexcept { return std::exchange(object_, nullptr); }
  void reset(T* object = nullptr) noexcept {
    T* old = std::exchange(object_, object);
    if (old) Free(old);
  }

 private:
  T* object_ = nullptr;
};

namespace detail {

// A callable as the `void* user` of a callback. One without state, or with no more than a pointer
// or a reference captured, is in that pointer itself; others are allocated. A lambda that changes
// what it captured (`mutable`) is always allocated: calls of the former are calls of a copy.
template <class F, class... Args>
class Callback {
  static constexpr bool kEmpty = std::is_empty_v<F> && std::is_trivially_copyable_v<F>;
  static constexpr bool kSmall = sizeof(F) <= sizeof(void*) && alignof(F) <= alignof(void*) &&
                                 std::is_trivially_copyable_v<F> &&
                                 std::is_trivially_destructible_v<F> &&
                                 std::is_invocable_v<const F&, Args...>;

 public:
  // False: memory is exhausted.
  template <class G>
  static bool make(G&& callable, void*& user) {
    user = nullptr;
    if constexpr (kSmall) {
      if constexpr (!kEmpty) std::memcpy(&user, std::addressof(callable), sizeof(F));
      return true;
    } else {
      user = new (std::nothrow) F(std::forward<G>(callable));
      return user != nullptr;
    }
  }

  static void free(void* user) noexcept {
    if constexpr (!kSmall) delete static_cast<F*>(user);
    (void)user;
  }

  static decltype(auto) call(void* user, Args... args) {
    if constexpr (kSmall) {
      alignas(F) unsigned char bytes[sizeof(F)];
      std::memcpy(bytes, &user, sizeof bytes);
      return (*std::launder(reinterpret_cast<const F*>(bytes)))(std::forward<Args>(args)...);
    } else {
      return (*static_cast<F*>(user))(std::forward<Args>(args)...);
    }
  }

  // What the library calls: an exception must not get into it.
  static void run(Args... args, void* user) noexcept { call(user, std::forward<Args>(args)...); }

  // For what is called exactly once.
  static void run_once(Args... args, void* user) noexcept {
    call(user, std::forward<Args>(args)...);
    free(user);
  }
};

// What is called before a call returns need not be copied.
template <class F>
void* address(F& callable) noexcept {
  return const_cast<void*>(static_cast<const void*>(std::addressof(callable)));
}

inline std::string_view text(const char* text) noexcept {
  return text ? std::string_view(text) : std::string_view();
}

// Gives a callable to `give(user)`, which calls the library; takes it back when that has failed.
template <class C, class F, class Give>
int hand_over(F&& callable, Give give) {
  void* user = nullptr;
  if (!C::make(std::forward<F>(callable), user)) return FCE_ENOMEM;
  const int code = give(user);
  if (code != FCE_OK) C::free(user);
  return code;
}

}  // namespace detail

FCEDGE_END

#endif  // FCEDGE_CPP_HANDLE_HPP_
