// SPDX-License-Identifier: Apache-2.0
//
// How text, bytes and lists go in and out. Nothing here owns anything.
#ifndef FCEDGE_CPP_VIEWS_HPP_
#define FCEDGE_CPP_VIEWS_HPP_

#include <fcedge/http.h>

#include <initializer_list>
#include <type_traits>

#include "result.hpp"

FCEDGE_BEGIN

// A NUL-terminated string, or NULL: what a call takes that has read it when it returns.
class Text {
 public:
  constexpr Text() noexcept = default;
  constexpr Text(std::nullptr_t) noexcept {}
  constexpr Text(const char* text) noexcept : text_(text) {}
  Text(const std::string& text) noexcept : text_(text.c_str()) {}
  constexpr const char* c_str() const noexcept { return text_; }

 private:
  const char* text_ = nullptr;
};

// The same as a member of options, which may be kept for a while: so no string that is about to go.
class Field {
 public:
  constexpr Field() noexcept = default;
  constexpr Field(std::nullptr_t) noexcept {}
  constexpr Field(const char* text) noexcept : text_(text) {}
  Field(const std::string& text) noexcept : text_(text.c_str()) {}
  Field(std::string&&) = delete;
  constexpr const char* c_str() const noexcept { return text_; }

 private:
  const char* text_ = nullptr;
};

// Bytes with their length. One that is not there (an absent header field) has no data.
class View {
 public:
  constexpr View() noexcept = default;
  constexpr View(const char* text) noexcept : View(std::string_view(text)) {}
  constexpr View(std::string_view text) noexcept : data_(text.data()), size_(text.size()) {}
  View(const std::string& text) noexcept : data_(text.data()), size_(text.size()) {}
  constexpr View(fce_str text) noexcept : data_(text.data), size_(text.len) {}

  constexpr const char* data() const noexcept { return data_; }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr bool empty() const noexcept { return size_ == 0; }
  constexpr bool present() const noexcept { return data_ != nullptr; }
  constexpr std::string_view text() const noexcept { return {data_, size_}; }
  constexpr operator std::string_view() const noexcept { return text(); }
  constexpr operator fce_str() const noexcept { return {data_, size_}; }

  friend constexpr bool operator==(View a, const char* b) noexcept { return a.text() == b; }
  friend constexpr bool operator!=(View a, const char* b) noexcept { return a.text() != b; }

 private:
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

// A header field of an answer or a request: `Header{"content-type", "text/plain"}`.
struct Header {
  View name;
  View value;

  constexpr operator fce_header() const noexcept { return {name, value}; }
};

// Elements in a row that somebody else keeps: an array, a vector, a std::span.
template <class T>
class List {
 public:
  constexpr List() noexcept = default;
  constexpr List(const T* data, std::size_t size) noexcept : data_(data), size_(size) {}
  template <std::size_t N>
  constexpr List(const T (&array)[N]) noexcept : data_(array), size_(N) {}
  template <class C, class = std::enable_if_t<
                         std::is_convertible_v<decltype(std::declval<C&>().data()), const T*> &&
                         !std::is_base_of_v<List, std::remove_cv_t<C>>>>
  constexpr List(C& container) noexcept : data_(container.data()), size_(container.size()) {}

  constexpr const T* data() const noexcept { return data_; }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr bool empty() const noexcept { return size_ == 0; }
  constexpr const T* begin() const noexcept { return data_; }
  constexpr const T* end() const noexcept { return data_ + size_; }
  constexpr const T& operator[](std::size_t index) const noexcept { return data_[index]; }

 protected:
  const T* data_ = nullptr;
  std::size_t size_ = 0;
};

// The same where a call takes it: so it may also be written there, `{Header{...}, ...}`, or go when
// the call is over.
template <class T>
class Items : public List<T> {
 public:
  using List<T>::List;
  constexpr Items() noexcept = default;
  constexpr Items(List<T> list) noexcept : List<T>(list) {}
  template <class C,
            class = std::enable_if_t<
                std::is_convertible_v<decltype(std::declval<const C&>().data()), const T*> &&
                !std::is_base_of_v<List<T>, C>>>
  constexpr Items(const C& container) noexcept : List<T>(container.data(), container.size()) {}
  Items(std::initializer_list<T> items) noexcept : List<T>(items.begin(), items.size()) {}
};

using Headers = Items<fce_header>;

FCEDGE_END

#endif  // FCEDGE_CPP_VIEWS_HPP_
