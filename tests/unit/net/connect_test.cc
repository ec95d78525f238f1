// SPDX-License-Identifier: Apache-2.0
#include "net/connect.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>

#include "net/stream_node.h"

namespace fce {
namespace {

// A port of the loopback that does what is wanted of it.
class Port {
 public:
  enum class Kind { accepts, refuses, silent };
  explicit Port(Kind kind) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* any = reinterpret_cast<sockaddr*>(&at);
    REQUIRE(::bind(fd_, any, sizeof at) == 0);
    socklen_t size = sizeof at;
    ::getsockname(fd_, any, &size);
    address.family = PeerAddress::Family::ipv4;
    address.port = ntohs(at.sin_port);
    std::memcpy(address.ip.data(), &at.sin_addr, 4);
    if (kind != Kind::refuses) REQUIRE(::listen(fd_, kind == Kind::silent ? 0 : 16) == 0);
    // With its queue full the kernel answers nobody.
    if (kind == Kind::silent) fill(any, sizeof at);
  }
  ~Port() {
    for (const int fd : fillers_) ::close(fd);
    ::close(fd_);
  }
  PeerAddress address;

 private:
  void fill(const sockaddr* at, socklen_t size) {
    for (int i = 0; i < 4; ++i) {
      fillers_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      (void)::connect(fillers_.back(), at, size);
    }
  }
  int fd_;
  std::vector<int> fillers_;
};

struct Dial final : StreamNode, Connector::Owner {
  ~Dial() {
    if (fd >= 0) ::close(fd);
    connector.reset();
    turn();
  }
  void on_connected(int connected, const PeerAddress& peer) override {
    CHECK(started);
    ++calls;
    fd = connected;
    to = peer;
    connector.reset();
  }
  void on_connect_failed(bool was_late, int why) override {
    CHECK(started);
    ++calls;
    failed = true;
    late = was_late;
    error = why;
    connector.reset();
  }
  void start(const std::vector<PeerAddress>& addresses, uint32_t each_ms = 1000) {
    connector->start(addresses, each_ms);
    started = true;
  }

  std::unique_ptr<Connector> connector = std::make_unique<Connector>(net, *this);
  bool started = false;
  int calls = 0;
  int fd = -1;
  PeerAddress to;
  bool failed = false;
  bool late = false;
  int error = 0;
};

PeerAddress v6(uint8_t last) {
  PeerAddress out;
  out.family = PeerAddress::Family::ipv6;
  out.ip[15] = last;
  return out;
}
PeerAddress v4(uint8_t last) {
  PeerAddress out;
  out.family = PeerAddress::Family::ipv4;
  out.ip[3] = last;
  return out;
}

}  // namespace

TEST_CASE("connect: the first address that answers is taken") {
  Port open(Port::Kind::accepts), closed(Port::Kind::refuses);
  Dial one;
  one.start({open.address});
  one.turn();
  CHECK(one.calls == 1);
  CHECK(one.fd >= 0);
  CHECK(one.to.port == open.address.port);
  Dial second;
  second.start({closed.address, open.address});
  second.turn();
  CHECK(second.calls == 1);
  CHECK(second.to.port == open.address.port);
}

TEST_CASE("connect: when all fail it says so once") {
  Port closed(Port::Kind::refuses);
  Dial dial;
  dial.start({closed.address, closed.address});
  dial.turn();
  CHECK(dial.calls == 1);
  CHECK(dial.failed);
  CHECK_FALSE(dial.late);
  CHECK(dial.error == ECONNREFUSED);
  Dial nothing;
  nothing.start({});
  CHECK(nothing.calls == 0);
  nothing.turn();
  CHECK(nothing.failed);
}

TEST_CASE("connect: who does not answer is not waited for") {
  Port silent(Port::Kind::silent), open(Port::Kind::accepts);
  Dial dial;
  dial.start({silent.address, open.address}, 10'000);
  dial.turn();
  CHECK(dial.calls == 0);
  dial.pass_time(500);
  CHECK(dial.calls == 1);
  CHECK(dial.to.port == open.address.port);
}

TEST_CASE("connect: each address has its time") {
  Port silent(Port::Kind::silent);
  Dial dial;
  dial.start({silent.address, silent.address}, 1000);
  dial.pass_time(500);  // the second begins
  dial.pass_time(700);  // the first is given up
  CHECK(dial.calls == 0);
  dial.pass_time(500);
  CHECK(dial.calls == 1);
  CHECK(dial.failed);
  CHECK(dial.late);
}

TEST_CASE("connect: giving up leaves nothing behind") {
  Port silent(Port::Kind::silent);
  Dial dial;
  dial.start({silent.address, silent.address}, 1000);
  dial.turn();
  dial.connector.reset();
  dial.pass_time(5000);
  CHECK(dial.calls == 0);
  Port closed(Port::Kind::refuses);
  Dial other;
  other.start({});
  other.connector.reset();
  other.turn();
  CHECK(other.calls == 0);
}

TEST_CASE("connect: unix sockets") {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("fcedge-connect-" + std::to_string(getpid())))
          .string();
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  std::memcpy(at.sun_path, path.data(), path.size());
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
  REQUIRE(::listen(listener, 4) == 0);
  {
    Dial dial;
    dial.connector->start_unix(path, 1000);
    dial.started = true;
    dial.turn();
    CHECK(dial.fd >= 0);
    CHECK(dial.to.family == PeerAddress::Family::unix_socket);
  }
  ::close(listener);
  ::unlink(path.c_str());
  for (const std::string& bad : {path, std::string(200, 'x')}) {
    Dial dial;
    dial.connector->start_unix(bad, 1000);
    CHECK(dial.calls == 0);
    dial.started = true;
    dial.turn();
    CHECK(dial.failed);
    CHECK(dial.error == (bad == path ? ENOENT : ENAMETOOLONG));
  }
}

TEST_CASE("connect: the families take turns") {
  const std::vector<PeerAddress> given = {v6(1), v6(2), v6(3), v4(4), v4(5)};
  std::string order;
  for (const PeerAddress& one : by_turns(given))
    order += std::to_string(one.family == PeerAddress::Family::ipv6 ? one.ip[15] : one.ip[3]);
  CHECK(order == "14253");
  CHECK(by_turns({}).empty());
}

}  // namespace fce
