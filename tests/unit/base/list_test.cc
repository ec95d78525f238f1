// SPDX-License-Identifier: Apache-2.0
#include "base/list.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

namespace fce {
namespace {

struct Other {};

struct Item : ListNode<Item>, ListNode<Other> {
  explicit Item(char a_name) : name(a_name) {}
  char name;
};

template <class L>
std::string names(L& list) {
  std::string out;
  list.for_each([&](Item* item) { out += item->name; });
  return out;
}

bool stands(const Item& item) { return static_cast<const ListNode<Item>&>(item).linked(); }

}  // namespace

TEST_CASE("list: order, and an item that stands in it moves") {
  List<Item> list;
  Item a('a'), b('b'), c('c');
  CHECK(list.empty());
  CHECK(list.front() == nullptr);
  CHECK(list.pop_front() == nullptr);
  list.push_back(&b);
  list.push_back(&c);
  list.push_front(&a);
  CHECK(names(list) == "abc");
  list.push_back(&a);
  CHECK(names(list) == "bca");
  list.push_back(&a);
  CHECK(names(list) == "bca");
  list.push_front(&a);
  CHECK(names(list) == "abc");
  list.push_front(&a);
  CHECK(names(list) == "abc");
  CHECK(list.pop_front() == &a);
  CHECK_FALSE(stands(a));
  CHECK(stands(b));
}

TEST_CASE("list: the only item may be put where it is") {
  List<Item> list;
  Item a('a');
  list.push_front(&a);
  list.push_front(&a);
  CHECK(names(list) == "a");
  list.push_back(&a);
  CHECK(names(list) == "a");
}

TEST_CASE("list: an item moves between lists, and stands in one per tag") {
  List<Item> list, more;
  List<Item, Other> others;
  Item a('a');
  list.push_back(&a);
  others.push_back(&a);
  more.push_back(&a);
  CHECK(list.empty());
  CHECK(names(more) == "a");
  CHECK(names(others) == "a");
}

TEST_CASE("list: what is destroyed leaves, and a list that goes lets its items go") {
  Item stays('s');
  {
    List<Item> list;
    auto gone = std::make_unique<Item>('g');
    list.push_back(gone.get());
    list.push_back(&stays);
    gone.reset();
    CHECK(names(list) == "s");
  }
  CHECK_FALSE(stands(stays));
  static_cast<ListNode<Item>&>(stays).unlink();
}

TEST_CASE("list: splice takes all, behind what is there") {
  List<Item> list, more;
  Item a('a'), b('b'), c('c'), d('d');
  list.splice_back(more);
  CHECK(list.empty());
  more.push_back(&c);
  more.push_back(&d);
  list.push_back(&a);
  list.push_back(&b);
  list.splice_back(more);
  CHECK(names(list) == "abcd");
  CHECK(more.empty());
  more.splice_back(list);
  CHECK(names(more) == "abcd");
  CHECK(list.empty());
}

TEST_CASE("list: each may unlink its own item") {
  List<Item> list;
  Item a('a'), b('b'), c('c');
  for (Item* item : {&a, &b, &c}) list.push_back(item);
  list.for_each([](Item* item) {
    if (item->name != 'b') static_cast<ListNode<Item>*>(item)->unlink();
  });
  CHECK(names(list) == "b");
}

}  // namespace fce
