// SPDX-License-Identifier: Apache-2.0
#include "net/stream.h"

#include <doctest/doctest.h>

#include "net/stream_node.h"

namespace fce {

BOTH_PATHS_CASE("stream: bytes both ways") {
  StreamNode node;
  node.open();
  CHECK(node.connections.load() == 1);
  node.send("hello");
  CHECK(node.owner().data == "hello");
  node.owner().send("world");
  CHECK(node.receive() == "world");
  CHECK(node.count(Counter::bytes_in) == 5);
  CHECK(node.count(Counter::bytes_out) == 5);
  CHECK_FALSE(node.owner().stream->is_tls());
  CHECK(node.owner().stream->alpn() == Alpn::none);
  CHECK(node.owner().stream->peer().text() == "unix");
  CHECK(node.owner().flushes == 1);
}

BOTH_PATHS_CASE("stream: a peer that does not read holds output back, nothing is lost or moved") {
  StreamNode node;
  node.buffer_bytes = 8192;
  node.open();
  const std::string all = counting_bytes(3'000'000);
  node.owner().send(all);
  node.turn(20);
  CHECK(node.owner().stream->blocked());
  const int flushes = node.owner().flushes;
  // What is asked for meanwhile waits for the socket.
  node.owner().send("the end");
  node.turn(20);
  CHECK(node.owner().flushes == flushes);
  CHECK(node.receive() == all + "the end");
  CHECK_FALSE(node.owner().stream->blocked());
  CHECK(node.count(Counter::bytes_out) == all.size() + 7);
}

BOTH_PATHS_CASE("stream: what the socket did not take lives by itself") {
  StreamNode node;
  node.buffer_bytes = 4096;
  node.open();
  struct Mixed final : StreamOwner {
    void on_data(Bytes) override {}
    void on_eof() override {}
    bool on_flush(Gather& out) override {
      if (sent) return false;
      sent = true;
      out.copy(counting_bytes(50'000));
      out.add(as_bytes(borrowed));
      out.add(Slice::whole(ChunkRef::copy_of(as_bytes(counting_bytes(20'000)))));
      held = ChunkRef::copy_of(as_bytes(counting_bytes(10'000)));
      out.add(held.bytes(), held.get());
      out.copy("end");
      return false;
    }
    void on_closed(Status) override {}
    std::string borrowed = counting_bytes(30'000);
    ChunkRef held;
    bool sent = false;
  } mixed;
  Stream& stream = *node.owner().stream;
  node.owner().closes = 1;  // replaced
  stream.set_owner(&mixed);
  stream.want_flush(Lane::fanout);
  node.turn();
  CHECK(stream.blocked());
  mixed.borrowed.assign(30'000, '!');
  mixed.held = {};
  CHECK(node.receive() == counting_bytes(50'000) + counting_bytes(30'000) + counting_bytes(20'000) +
                              counting_bytes(10'000) + "end");
}

BOTH_PATHS_CASE(
    "stream: a peer that takes nothing for write_ms is cut off, one that takes some is not") {
  StreamNode node;
  node.buffer_bytes = 8192;
  node.limits.write_ms = 1000;
  node.open();
  const std::string all = counting_bytes(400'000);
  node.owner().send(all);
  node.turn();
  std::string got;
  for (int i = 0; i < 8; ++i) {
    node.pass_time(900);
    got += node.receive(20'000);
  }
  CHECK(node.owner().closes == 0);
  CHECK(got == all.substr(0, got.size()));
  node.pass_time(1300);
  CHECK(node.owner().closes == 1);
  CHECK(node.owner().why == Status::timed_out);
  CHECK(node.count(Counter::limit_write_time) == 1);
}

BOTH_PATHS_CASE("stream: nobody is timed who has nothing to take") {
  StreamNode node;
  node.limits.write_ms = 1000;
  node.buffer_bytes = 8192;
  node.open();
  node.owner().send(counting_bytes(100'000));
  node.receive();
  node.pass_time(60'000);
  CHECK(node.owner().closes == 0);
  CHECK(node.count(Counter::limit_write_time) == 0);
}

BOTH_PATHS_CASE("stream: a pass is at most as large as one says") {
  StreamNode node;
  node.open();
  node.owner().stream->set_pass_bytes_max(1000);
  const std::string all = counting_bytes(20'000);
  node.owner().send(all);
  CHECK(node.receive() == all);
  CHECK(node.owner().room_most == 1000);
  CHECK(node.owner().flushes >= 20);
}

BOTH_PATHS_CASE("stream: close sends what is left, then says so once") {
  StreamNode node;
  node.buffer_bytes = 8192;
  node.open();
  const std::string all = counting_bytes(500'000);
  node.owner().send(all);
  node.owner().stream->close();
  node.owner().stream->close(true);  // the first one counts
  CHECK(node.owner().stream->closing());
  node.turn();
  CHECK(node.owner().closes == 0);
  CHECK(node.receive() == all);
  CHECK(node.eof);
  node.turn();
  CHECK(node.owner().closes == 1);
  CHECK(node.owner().why == Status::ok);
}

BOTH_PATHS_CASE("stream: a closing peer that does not read is cut off in time too") {
  StreamNode node;
  node.buffer_bytes = 8192;
  node.limits.write_ms = 1000;
  node.open();
  node.owner().send(counting_bytes(500'000));
  node.owner().stream->close(true);
  node.turn();
  node.pass_time(1300);
  CHECK(node.owner().closes == 1);
  CHECK(node.owner().why == Status::timed_out);
  CHECK(node.count(Counter::limit_write_time) == 1);
}

BOTH_PATHS_CASE("stream: nothing is delivered after close") {
  StreamNode node;
  node.open();
  node.owner().send("bye");
  node.owner().stream->close(true);
  node.send("more");
  CHECK(node.owner().data.empty());
  CHECK(node.receive() == "bye");
}

BOTH_PATHS_CASE("stream: lingering, it drops what still comes until the peer has closed") {
  StreamNode node;
  int& client = node.open();
  node.owner().send("too large");
  node.owner().stream->close(true);
  CHECK(node.receive() == "too large");
  CHECK(node.eof);
  node.send(std::string(300'000, 'x'));
  CHECK(node.owner().closes == 0);
  node.leave(client);
  node.turn();
  CHECK(node.owner().closes == 1);
  CHECK(node.owner().why == Status::ok);
}

BOTH_PATHS_CASE("stream: lingering ends after two seconds") {
  StreamNode node;
  node.open();
  node.owner().stream->close(true);
  node.turn();
  node.pass_time(1500);
  node.send("x");
  CHECK(node.owner().closes == 0);
  node.pass_time(800);
  CHECK(node.owner().closes == 1);
}

BOTH_PATHS_CASE("stream: a peer that has ended its side is not lingered for") {
  StreamNode node;
  node.open();
  ::shutdown(node.client(), SHUT_WR);
  node.turn();
  node.owner().send("answer");
  node.owner().stream->close(true);
  CHECK(node.receive() == "answer");
  CHECK(node.owner().closes == 1);
}

BOTH_PATHS_CASE("stream: the end of the peer's side is told once, and output still flows") {
  StreamNode node;
  node.buffer_bytes = 8192;
  node.open();
  node.send("request");
  ::shutdown(node.client(), SHUT_WR);
  node.turn();
  CHECK(node.owner().eofs == 1);
  const std::string all = counting_bytes(200'000);
  node.owner().send(all);
  CHECK(node.receive() == all);
  CHECK(node.owner().eofs == 1);
  node.owner().stream->close();
  node.turn();
  CHECK(node.owner().closes == 1);
}

BOTH_PATHS_CASE("stream: a peer that is gone is told by the next write, or by a reset") {
  StreamNode node;
  int& client = node.open();
  node.owner().eof_hook = [&] { node.owner().send("are you there"); };
  node.leave(client);
  node.turn();
  CHECK(node.owner().closes == 1);
  CHECK(node.owner().why == Status::closed);

  StreamNode other;
  int& unread = other.open();
  other.owner().send("unread");
  other.turn();
  other.leave(unread);
  other.turn();
  CHECK(other.owner().eofs == 0);
  CHECK(other.owner().closes == 1);
  CHECK(other.owner().why == Status::closed);
}

BOTH_PATHS_CASE("stream: abort within each callback ends it, and nothing is called but on_closed") {
  for (const std::string where : {"stream", "data", "eof", "flush"}) {
    CAPTURE(where);
    StreamNode node;
    if (where == "stream") node.stream_hook = [](Stream& s) { s.abort(Status::protocol); };
    node.open();
    TestOwner& owner = node.owner();
    const auto abort = [&owner] {
      Stream* stream = owner.stream;
      stream->abort(Status::protocol);
      stream->abort(Status::io);
      CHECK(owner.closes == 0);
      stream->want_flush(Lane::answer);
      stream->close(true);
      stream->start_reading();
    };
    if (where == "data") owner.data_hook = abort;
    if (where == "eof") owner.eof_hook = abort;
    if (where == "flush") owner.flush_hook = abort;
    if (owner.stream && where != "stream") {
      owner.send("out");
      node.turn();
      ::send(node.client(), "in", 2, MSG_NOSIGNAL);
      ::shutdown(node.client(), SHUT_WR);
    }
    node.turn();
    CHECK(owner.closes == 1);
    CHECK(owner.why == Status::protocol);
    CHECK(node.connections.load() == 0);
    CHECK(node.count(Counter::closed) == 1);
    if (where == "flush") CHECK(node.receive().empty());
  }
}

BOTH_PATHS_CASE("stream: close within each callback") {
  for (const std::string where : {"stream", "data", "eof", "flush"}) {
    CAPTURE(where);
    StreamNode node;
    if (where == "stream") node.stream_hook = [](Stream& s) { s.close(); };
    node.open();
    TestOwner& owner = node.owner();
    const auto close = [&owner] { owner.stream->close(); };
    if (where == "data") owner.data_hook = close;
    if (where == "eof") owner.eof_hook = close;
    if (where == "flush") owner.flush_hook = close;
    owner.output = "out";
    if (where == "flush") owner.stream->want_flush(Lane::fanout);
    if (where == "data" || where == "eof") node.send("in");
    if (where == "eof") ::shutdown(node.client(), SHUT_WR);
    CHECK(node.receive() == "out");
    CHECK(owner.closes == 1);
    CHECK(owner.why == Status::ok);
  }
}

BOTH_PATHS_CASE("stream: reading stops and starts again") {
  StreamNode node;
  node.open();
  node.owner().data_hook = [&] { node.owner().stream->stop_reading(); };
  node.send("a");
  node.send("b");
  CHECK(node.owner().data == "a");
  node.owner().send("out");  // writing goes on
  CHECK(node.receive() == "out");
  node.owner().stream->start_reading();
  node.turn();
  CHECK(node.owner().data == "ab");
  node.send("c");
  CHECK(node.owner().data == "ab");
}

BOTH_PATHS_CASE("stream: another owner takes over within on_data") {
  StreamNode node;
  node.open();
  TestOwner first = node.owner();
  TestOwner second;
  second.stream = node.owner().stream;
  node.owner().data_hook = [&] { second.stream->set_owner(&second); };
  node.send("one");
  node.send("two");
  second.send("three");
  CHECK(node.owner().data == "one");
  CHECK(second.data == "two");
  CHECK(node.receive() == "three");
  second.stream->close();
  node.turn();
  CHECK(second.closes == 1);
  CHECK(node.owner().closes == 0);
  node.owner().closes = 1;
}

BOTH_PATHS_CASE("stream: output without end leaves room for others") {
  StreamNode node;
  node.open();
  TestOwner& endless = node.owner();
  const std::string block(100'000, 'x');
  endless.flush_hook = [&] { endless.output = block; };
  node.open();
  TestOwner& small = node.owner();
  endless.send(block);
  // The peer of the first reads whatever it can, the second one's answer comes all the same.
  const int reader = node.clients.front();
  char buffer[200'000];
  for (int i = 0; i < 50; ++i) {
    node.turn(1);
    while (::recv(reader, buffer, sizeof buffer, 0) > 0) {
    }
  }
  small.send("answer");
  const int before = endless.flushes;
  node.turn(1);
  CHECK(small.output.empty());
  CHECK(endless.flushes - before <= 8);
  endless.flush_hook = [] {};
  endless.output.clear();
}

}  // namespace fce
