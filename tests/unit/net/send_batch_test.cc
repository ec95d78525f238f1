// SPDX-License-Identifier: Apache-2.0
#include "net/send_batch.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include "net/tls_client.h"
#include "net/tls_node.h"

namespace fce {
namespace {

// Sends what others send too: pieces of chunks that somebody else holds.
struct HerdMember final : StreamOwner {
  Stream* stream = nullptr;
  std::vector<ChunkRef>* messages = nullptr;
  size_t next = 0;
  std::string before;  // a copy of its own in front
  std::function<void()> flush_hook = [] {};
  int closes = 0;
  Status why = Status::ok;

  void on_data(Bytes) override {}
  void on_eof() override { stream->close(); }
  bool on_flush(Gather& out) override {
    CHECK(closes == 0);
    out.copy(std::exchange(before, {}));
    for (; next < messages->size(); ++next) {
      if (out.full()) return true;
      out.add((*messages)[next].bytes(), (*messages)[next].get());
    }
    flush_hook();
    return false;
  }
  void on_closed(Status reason) override {
    ++closes;
    why = reason;
  }
};

struct Herd : StreamNode {
  std::vector<ChunkRef> messages;
  std::vector<std::unique_ptr<HerdMember>> members;

  explicit Herd(size_t size) {
    rlimit files;
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = std::min<rlim_t>(files.rlim_max, 4096);
    ::setrlimit(RLIMIT_NOFILE, &files);
    for (size_t i = 0; i < size; ++i) join();
  }
  HerdMember& join() {
    open();
    auto member = std::make_unique<HerdMember>();
    member->stream = owner().stream;
    member->messages = &messages;
    owner().closes = 1;  // replaced
    member->stream->set_owner(member.get());
    members.push_back(std::move(member));
    return *members.back();
  }
  ~Herd() {
    for (const auto& member : members)
      if (member->closes == 0) member->stream->abort(Status::canceled);
    turn();
    for (const auto& member : members) CHECK(member->closes == 1);
  }
  void publish(std::string_view text) {
    messages.push_back(ChunkRef::copy_of(as_bytes(text)));
    for (const auto& member : members)
      if (member->closes == 0) member->stream->want_flush(Lane::fanout);
  }
  std::string take(size_t i) {
    std::string out(1 << 20, '\0');
    const ssize_t got = ::recv(clients[i], out.data(), out.size(), 0);
    out.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return out;
  }
  // All that comes, with turns between.
  std::string take_all(size_t i) {
    std::string out;
    for (;;) {
      const std::string more = take(i);
      turn(3);
      if (more.empty()) return out;
      out += more;
    }
  }
  bool uring() const { return net.batch.has_uring(); }
};

void stop_and_go(bool tcp) {
  Herd herd(0);
  herd.tcp = tcp;
  herd.buffer_bytes = 4096;
  for (int i = 0; i < 12; ++i) herd.join();
  std::string all;
  std::string got[12];
  for (int i = 0; i < 200; ++i) {
    const std::string text = counting_bytes(static_cast<size_t>(100 + i * (tcp ? 60 : 7)));
    all += text;
    herd.publish(text);
    if (i % 5 == 0) herd.members[3]->before = "own";
    herd.turn(1);
    // Some read at once, some now and then, some not at all until the end.
    for (size_t k = 0; k < 8; ++k)
      if (k < 4 || i % 20 == 0) got[k] += herd.take(k);
  }
  size_t own = 0;
  for (size_t k = 0; k < 12; ++k) {
    got[k] += herd.take_all(k);
    if (k == 3) {
      for (size_t at; (at = got[k].find("own")) != std::string::npos; ++own) got[k].erase(at, 3);
    }
    CHECK(herd.members[k]->closes == 0);
    CHECK((got[k] == all));
  }
  CHECK(own > 0);
  CHECK(herd.count(Counter::short_passes) > 0);
  if (herd.uring()) CHECK(herd.count(Counter::uring_short) > 0);
}

}  // namespace

BOTH_PATHS_CASE("batch: more connections than the ring has entries, one piece") {
  Herd herd(Uring::kEntries + 90);
  herd.publish("one message for all");
  herd.turn();
  for (size_t i = 0; i < herd.members.size(); ++i) CHECK(herd.take(i) == "one message for all");
  CHECK(herd.count(Counter::bytes_out) == herd.members.size() * 19);
  CHECK(herd.count(Counter::uring_sends) == (herd.uring() ? herd.members.size() : 0));
  CHECK(herd.count(Counter::uring_batches) <= 6);
  CHECK(herd.count(Counter::uring_short) == 0);
}

BOTH_PATHS_CASE("batch: several pieces, some members with something of their own") {
  Herd herd(40);
  std::string all;
  for (int i = 0; i < 16; ++i) {
    herd.publish("message " + std::to_string(i) + ";");
    all += "message " + std::to_string(i) + ";";
  }
  for (size_t i = 0; i < 40; i += 3) herd.members[i]->before = "own " + std::to_string(i) + ";";
  herd.members[20]->next = 8;
  herd.turn();
  for (size_t i = 0; i < 40; ++i) {
    const std::string own = i % 3 == 0 ? "own " + std::to_string(i) + ";" : "";
    CHECK(herd.take(i) == own + (i == 20 ? all.substr(all.find("message 8")) : all));
  }
}

BOTH_PATHS_CASE("batch: what readers get that stop and go on is complete and in order") {
  stop_and_go(false);
  stop_and_go(true);
}

BOTH_PATHS_CASE("batch: one that is blocked is not in it, the others are") {
  Herd herd(0);
  herd.buffer_bytes = 4096;
  for (int i = 0; i < 8; ++i) herd.join();
  std::string all;
  for (int i = 0; i < 30; ++i) {
    const std::string text = counting_bytes(1000) + std::to_string(i);
    all += text;
    herd.publish(text);
    herd.turn(2);
    for (size_t k = 1; k < 8; ++k) CHECK(herd.take(k) == text);
  }
  CHECK(herd.members[0]->stream->blocked());
  CHECK((herd.take_all(0) == all));
}

BOTH_PATHS_CASE("batch: a peer that is gone ends its stream and no other") {
  Herd herd(9);
  herd.members[4]->stream->stop_reading();
  StreamNode::leave(herd.clients[4]);
  herd.publish("text");
  herd.turn();
  CHECK(herd.members[4]->closes == 1);
  CHECK(herd.members[4]->why == Status::closed);
  for (size_t i = 0; i < 9; ++i)
    if (i != 4) CHECK(herd.take(i) == "text");
  CHECK(herd.count(Counter::bytes_out) == 8 * 4);
}

BOTH_PATHS_CASE("batch: a stream that is aborted in the same turn was sent what it had added") {
  Herd herd(6);
  int pair[2] = {-1, -1};
  // The descriptor is free at once, and somebody else gets it.
  herd.members[3]->flush_hook = [&] {
    herd.members[1]->stream->abort(Status::protocol);
    herd.members[5]->stream->abort(Status::protocol);
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
  };
  herd.publish("text");
  herd.turn();
  for (size_t i = 0; i < 5; ++i) CHECK(herd.take(i) == "text");
  CHECK(herd.take(5).empty());
  CHECK(herd.members[1]->closes == 1);
  CHECK(herd.members[5]->closes == 1);
  char byte;
  for (const int fd : pair) CHECK(::recv(fd, &byte, 1, 0) < 0);
  for (int& fd : pair) StreamNode::leave(fd);
}

BOTH_PATHS_CASE("batch: a stream that is closed in the same turn") {
  Herd herd(0);
  herd.buffer_bytes = 4096;
  for (int i = 0; i < 4; ++i) herd.join();
  // Within its own flush, before and behind it; each has more than its socket takes. Once, as a
  // stream may be gone by the next flush.
  bool closed = false;
  herd.members[1]->flush_hook = [&] {
    if (std::exchange(closed, true)) return;
    for (size_t i = 0; i < 3; ++i) herd.members[i]->stream->close(i == 1);
  };
  const std::string text = counting_bytes(12'000);
  herd.publish(text);
  herd.turn();
  for (size_t i = 0; i < 4; ++i) CHECK((herd.take_all(i) == text));
  for (size_t i = 0; i < 3; ++i) {
    StreamNode::leave(herd.clients[i]);
    herd.turn();
    CHECK(herd.members[i]->closes == 1);
    CHECK(herd.members[i]->why == Status::ok);
  }
  CHECK(herd.members[3]->closes == 0);
}

BOTH_PATHS_CASE("batch: a log may let go of what was added to the batch") {
  Herd herd(6);
  for (const char* text : {"first;", "second;"}) herd.publish(text);
  herd.members[2]->flush_hook = [&] {
    if (herd.messages.size() == 1) return;
    herd.messages.clear();
    herd.publish("third;");
    for (const auto& member : herd.members) member->next = 0;
  };
  herd.turn();
  for (size_t i = 0; i < 6; ++i) CHECK(herd.take(i) == (i <= 2 ? "first;second;third;" : "third;"));
}

BOTH_PATHS_CASE("batch: flushed in both lanes of one turn, and with a buffer that changes") {
  struct Both final : StreamOwner {
    void on_data(Bytes) override {}
    void on_eof() override {}
    bool on_flush(Gather& out) override {
      text = "part " + std::to_string(++flushes) + ";";
      out.add(as_bytes(text));
      if (flushes == 1) stream->want_flush(Lane::fanout);
      return false;
    }
    void on_closed(Status) override {}
    Stream* stream = nullptr;
    std::string text;
    int flushes = 0;
  } both;
  StreamNode node;
  node.open();
  both.stream = node.owner().stream;
  node.owner().closes = 1;  // replaced
  both.stream->set_owner(&both);
  both.stream->want_flush(Lane::answer);
  node.turn(1);
  char text[64] = {};
  CHECK(::recv(node.client(), text, sizeof text, 0) == 14);
  CHECK(std::string(text) == "part 1;part 2;");
}

BOTH_PATHS_CASE("batch: over TLS, with readers that stop") {
  TlsNode node;
  node.buffer_bytes = 8192;
  std::vector<std::unique_ptr<TlsClient>> clients;
  for (int i = 0; i < 6; ++i) {
    node.open();
    clients.push_back(std::make_unique<TlsClient>(TlsClient::Options{}));
    clients.back()->exchange(node);
    REQUIRE(clients.back()->connected);
  }
  std::string all;
  for (int i = 0; i < 60; ++i) {
    const std::string text = counting_bytes(700) + std::to_string(i);
    all += text;
    for (const auto& owner : node.owners) {
      owner->output += text;
      owner->stream->want_flush(Lane::fanout);
    }
    node.turn(1);
  }
  int blocked = 0;
  for (const auto& owner : node.owners) blocked += owner->stream->blocked();
  CHECK(blocked == 6);
  // What waits for slow readers is not encrypted yet but for the first time.
  for (const auto& owner : node.owners) CHECK(owner->output.size() > 20'000);
  for (size_t i = 0; i < clients.size(); ++i) {
    std::swap(node.clients[i], node.clients.back());
    for (int k = 0; k < 40; ++k) clients[i]->exchange(node);
    std::swap(node.clients[i], node.clients.back());
    CHECK((clients[i]->data == all));
  }
  CHECK(node.count(Counter::short_passes) >= 6 * (30'000 / 4096));
  if (node.net.batch.has_uring()) CHECK(node.count(Counter::uring_sends) >= 60);
}

BOTH_PATHS_CASE("batch: who was once slow gets small passes in the fan-out lane only") {
  StreamNode node;
  node.buffer_bytes = 8192;
  node.open();
  TestOwner& owner = node.owner();
  owner.output = counting_bytes(20'000);
  owner.stream->want_flush(Lane::answer);
  node.turn();
  CHECK(owner.stream->blocked());
  CHECK(owner.room_most > 200'000);
  CHECK(node.count(Counter::short_passes) == 0);
  CHECK(node.receive() == counting_bytes(20'000));
  owner.room_most = 0;
  owner.output = counting_bytes(30'000);
  owner.stream->want_flush(Lane::fanout);
  CHECK(node.receive() == counting_bytes(30'000));
  CHECK(owner.room_most == 4096);
  CHECK(node.count(Counter::short_passes) == 8);
  owner.send("an answer");
  CHECK(node.receive() == "an answer");
  CHECK(owner.room_most > 200'000);
  CHECK(node.count(Counter::short_passes) == 8);
}

BOTH_PATHS_CASE("batch: fan-out takes little more than there is room for, so that little is kept") {
  StreamNode node;
  node.buffer_bytes = 16'384;
  node.open();
  TestOwner& owner = node.owner();
  owner.output = counting_bytes(100'000);
  owner.stream->want_flush(Lane::fanout);
  node.turn(20);
  CHECK(owner.stream->blocked());
  CHECK(owner.output.size() > 20'000);
  CHECK(owner.room_most <= 32'768);
  CHECK(node.receive() == counting_bytes(100'000));
  // More than small passes where there was room.
  CHECK(owner.room_most > 4096);
}

}  // namespace fce
