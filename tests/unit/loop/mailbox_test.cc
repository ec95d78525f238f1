// SPDX-License-Identifier: Apache-2.0
#include "loop/mailbox.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

#include "loop/mails.h"

namespace fce {
namespace {

Mailbox::Post post(Mailbox& box, std::unique_ptr<Mail> mail, bool always = false) {
  return box.post(mail, always);
}

}  // namespace

TEST_CASE("mailbox: in the order of posting, and only the first rings") {
  Mailbox box(100);
  MailFates fates;
  std::string order;
  CHECK(post(box, test_mail(fates, [&] { order += 'a'; })) == Mailbox::Post::first);
  CHECK(post(box, test_mail(fates, [&] { order += 'b'; })) == Mailbox::Post::more);
  CHECK(post(box, test_mail(fates, [&] { order += 'c'; })) == Mailbox::Post::more);
  CHECK(order.empty());
  box.drain();
  CHECK(order == "abc");
  CHECK(fates.destroyed == 3);
  box.drain();
  CHECK(order == "abc");
  CHECK(post(box, test_mail(fates, [&] { order += 'd'; })) == Mailbox::Post::first);
  box.drain();
  CHECK(order == "abcd");
}

TEST_CASE("mailbox: a full box takes nothing, the mail stays the caller's") {
  Mailbox box(2);
  MailFates fates;
  CHECK(post(box, test_mail(fates)) == Mailbox::Post::first);
  CHECK(post(box, test_mail(fates)) == Mailbox::Post::more);
  std::unique_ptr<Mail> mail = test_mail(fates);
  CHECK(box.post(mail) == Mailbox::Post::full);
  REQUIRE(mail != nullptr);
  CHECK(box.post(mail, true) == Mailbox::Post::more);
  CHECK(mail == nullptr);
  box.drain();
  CHECK(fates.delivered == 3);
  CHECK(post(box, test_mail(fates)) == Mailbox::Post::first);
  CHECK(post(box, test_mail(fates)) == Mailbox::Post::more);
  CHECK(post(box, test_mail(fates)) == Mailbox::Post::full);
  Mailbox none(0);
  CHECK(post(none, test_mail(fates)) == Mailbox::Post::full);
  CHECK(post(none, test_mail(fates), true) == Mailbox::Post::first);
}

TEST_CASE("mailbox: what is posted while it is drained waits for the next time") {
  Mailbox box(10);
  MailFates fates;
  std::string order;
  post(box, test_mail(fates, [&] {
         order += 'a';
         // The bell has to ring again: this is the first of a new lot.
         CHECK(post(box, test_mail(fates, [&] { order += 'c'; })) == Mailbox::Post::first);
       }));
  post(box, test_mail(fates, [&] { order += 'b'; }));
  box.drain();
  CHECK(order == "ab");
  box.drain();
  CHECK(order == "abc");
}

TEST_CASE("mailbox: undelivered mail is destroyed, not delivered") {
  MailFates fates;
  {
    Mailbox box(10);
    post(box, test_mail(fates));
    post(box, test_mail(fates));
  }
  CHECK(fates.delivered == 0);
  CHECK(fates.destroyed == 2);
}

TEST_CASE("mailbox: many threads post, one takes: nothing lost, each in its own order") {
  constexpr int kThreads = 4, kMails = 5000;
  Mailbox box(256);
  MailFates fates;
  std::vector<int> next(kThreads, 0);  // read and written by the taker only
  bool in_order = true;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int n = 0; n < kMails; ++n) {
        std::unique_ptr<Mail> mail = test_mail(fates, [&, t, n] {
          if (next[t] != n) in_order = false;
          next[t] = n + 1;
        });
        while (box.post(mail) == Mailbox::Post::full) std::this_thread::yield();
      }
    });
  }
  while (fates.delivered < kThreads * kMails) {
    box.drain();
    std::this_thread::yield();
  }
  for (auto& thread : threads) thread.join();
  CHECK(in_order);
  CHECK(next == std::vector<int>(kThreads, kMails));
  CHECK(fates.destroyed == kThreads * kMails);
}

}  // namespace fce
