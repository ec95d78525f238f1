// SPDX-License-Identifier: Apache-2.0
// Intrusive doubly linked list. An object that is a `ListNode<Tag>` can stand in one list per tag
// without an allocation, and leaves it when it is destroyed.
#pragma once

#include <cstddef>

namespace fce {

template <class Tag>
class ListNode {
 public:
  ListNode() = default;
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;
  ~ListNode() { unlink(); }

  bool linked() const { return next_ != nullptr; }
  void unlink() {
    if (!next_) return;
    prev_->next_ = next_;
    next_->prev_ = prev_;
    next_ = prev_ = nullptr;
  }

 private:
  template <class T, class U>
  friend class List;
  ListNode* prev_ = nullptr;
  ListNode* next_ = nullptr;
};

// A list of `T`, which derives from ListNode<Tag>.
template <class T, class Tag = T>
class List {
  using Node = ListNode<Tag>;

 public:
  List() { head_.prev_ = head_.next_ = &head_; }
  ~List() {
    while (!empty()) head_.next_->unlink();
    head_.next_ = nullptr;  // so that the head's own destructor finds itself unlinked
  }
  List(const List&) = delete;
  List& operator=(const List&) = delete;

  bool empty() const { return head_.next_ == &head_; }
  T* front() { return empty() ? nullptr : static_cast<T*>(head_.next_); }
  T* pop_front() {
    T* item = front();
    if (item) static_cast<Node*>(item)->unlink();
    return item;
  }
  // Appends; an item that stands in a list already moves.
  void push_back(T* item) { insert_before(&head_, item); }
  void push_front(T* item) {
    static_cast<Node*>(item)->unlink();  // before one looks who is first: it may be the item
    insert_before(head_.next_, item);
  }
  // Moves all items of `other` to the end of this list.
  void splice_back(List& other) {
    if (other.empty()) return;
    Node* first = other.head_.next_;
    Node* last = other.head_.prev_;
    other.head_.next_ = other.head_.prev_ = &other.head_;
    first->prev_ = head_.prev_;
    head_.prev_->next_ = first;
    last->next_ = &head_;
    head_.prev_ = last;
  }
  // Calls `each(T*)`, which may unlink its own item but no other.
  template <class F>
  void for_each(F&& each) {
    for (Node* node = head_.next_; node != &head_;) {
      Node* next = node->next_;
      each(static_cast<T*>(node));
      node = next;
    }
  }

 private:
  void insert_before(Node* position, T* item) {
    Node* node = item;
    node->unlink();
    node->prev_ = position->prev_;
    node->next_ = position;
    position->prev_->next_ = node;
    position->prev_ = node;
  }
  Node head_;
};

}  // namespace fce
