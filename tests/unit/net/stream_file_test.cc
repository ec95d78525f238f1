// SPDX-License-Identifier: Apache-2.0
// Parts of files through streams: in clear by sendfile, over TLS by reading them.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "net/stream.h"
#include "net/tls_client.h"
#include "net/tls_node.h"

namespace fce {
namespace {

std::shared_ptr<const Fd> file_of(std::string_view content) {
  Fd fd(::memfd_create("fcedge-test", MFD_CLOEXEC));
  REQUIRE(fd);
  REQUIRE(::write(fd.get(), content.data(), content.size()) ==
          static_cast<ssize_t>(content.size()));
  return std::make_shared<const Fd>(std::move(fd));
}

OutPiece part(std::shared_ptr<const Fd> file, uint64_t offset, size_t size) {
  return {{{}, {static_cast<const uint8_t*>(nullptr), size}}, {std::move(file), offset}};
}

OutPiece text(std::string_view bytes) {
  return {Slice::whole(ChunkRef::copy_of(as_bytes(bytes))), {}};
}

}  // namespace

BOTH_PATHS_CASE("stream: files between bytes, in the order in which they were added") {
  for (const bool tcp : {false, true}) {
    StreamNode node;
    node.tcp = tcp;
    node.open();
    const std::string content = counting_bytes(300'000);
    const auto file = file_of(content);
    auto& pieces = node.owner().pieces;
    pieces.push_back(text("head"));
    pieces.push_back(part(file, 0, 100'000));
    pieces.push_back(part(file, 200'000, 1));
    pieces.push_back(text("middle"));
    pieces.push_back(part(file, 17, 199'000));
    pieces.push_back(text("end"));
    node.owner().send("first ");
    CHECK(node.receive() == "first head" + content.substr(0, 100'000) + content[200'000] +
                                "middle" + content.substr(17, 199'000) + "end");
    CHECK(node.count(Counter::sendfile_bytes) == 299'001);
    CHECK(node.count(Counter::bytes_out) == 299'001 + 19);
    CHECK(file.use_count() == 1);
    node.owner().send("and more");
    CHECK(node.receive() == "and more");
  }
}

BOTH_PATHS_CASE("stream: a slow reader keeps the file and no copy of it") {
  StreamNode node;
  node.buffer_bytes = 10'000;
  node.open();
  const std::string content = counting_bytes(1'000'000);
  auto file = file_of(content);
  node.owner().pieces.push_back(text("head"));
  node.owner().pieces.push_back(part(file, 0, content.size()));
  node.owner().pieces.push_back(text("end"));
  node.owner().send("");
  node.turn();
  CHECK(node.owner().stream->blocked());
  CHECK(file.use_count() == 2);
  const std::weak_ptr<const Fd> watched = file;
  file.reset();  // whoever added it may let go of it
  CHECK(node.receive() == "head" + content + "end");
  CHECK(watched.expired());
  CHECK_FALSE(node.owner().stream->blocked());
}

BOTH_PATHS_CASE("stream: a closing stream sends its file to the end") {
  StreamNode node;
  node.buffer_bytes = 10'000;
  node.open();
  const std::string content = counting_bytes(200'000);
  node.owner().pieces.push_back(part(file_of(content), 0, content.size()));
  node.owner().stream->close();
  CHECK(node.receive() == content);
  CHECK(node.eof);
  CHECK(node.owner().why == Status::ok);
}

BOTH_PATHS_CASE("stream: a file that turns out to be shorter ends the connection") {
  StreamNode node;
  node.open();
  const std::string content = counting_bytes(50'000);
  node.owner().pieces.push_back(part(file_of(content), 0, content.size() + 1));
  node.owner().pieces.push_back(text("never"));
  node.owner().send("");
  CHECK(node.receive() == content);
  CHECK(node.eof);
  CHECK(node.owner().why == Status::io);
}

BOTH_PATHS_CASE("stream: a peer that leaves in the middle of a file is no signal") {
  sigset_t pipe, before;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, &before);  // as all threads of shards have it
  StreamNode node;
  node.buffer_bytes = 10'000;
  node.open();
  const auto file = file_of(counting_bytes(200'000));
  node.owner().pieces.push_back(part(file, 0, 200'000));
  node.owner().send("");
  node.turn();
  CHECK(node.owner().stream->blocked());
  StreamNode::leave(node.clients.back());
  node.turn();
  CHECK(node.owner().closes == 1);
  CHECK(node.owner().why == Status::closed);
  CHECK(file.use_count() == 1);
  const timespec now{};
  while (sigtimedwait(&pipe, nullptr, &now) > 0) {
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

BOTH_PATHS_CASE("tls: parts of files are read and encrypted") {
  TlsNode node;
  node.open();
  TlsClient client({});
  client.exchange(node);
  REQUIRE(client.connected);
  const std::string content = counting_bytes(150'000);
  const auto file = file_of(content);
  auto& pieces = node.owner().pieces;
  pieces.push_back(text("head"));
  pieces.push_back(part(file, 1, 100'000));
  pieces.push_back(text("middle"));
  pieces.push_back(part(file, 100'000, 50'000));
  node.owner().send("first ");
  client.exchange(node);
  CHECK(client.data ==
        "first head" + content.substr(1, 100'000) + "middle" + content.substr(100'000));
  CHECK(node.count(Counter::sendfile_bytes) == 0);
  CHECK(file.use_count() == 1);
  node.owner().pieces.push_back(part(file, 149'999, 2));
  node.owner().send("");
  client.exchange(node);
  CHECK(node.owner().why == Status::io);
}

}  // namespace fce
