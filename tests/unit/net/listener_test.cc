// SPDX-License-Identifier: Apache-2.0
#include "net/listener.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fstream>
#include <thread>

#include "net/stream_node.h"
#include "net/tls_node.h"

namespace fce {
namespace {

ListenAddress address_of(const std::string& text) {
  ListenAddress address;
  REQUIRE(ListenAddress::parse(text, &address) == Status::ok);
  return address;
}

Status bind_to(const std::string& text, BoundAddress* out, BoundAddress::Options options = {}) {
  return BoundAddress::bind(address_of(text), options, out);
}

sockaddr_in loopback(uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return to;
}

// A socket of somebody else.
class Other {
 public:
  Other(bool reuse_port, bool listens, uint16_t port = 0, uint32_t ip = INADDR_LOOPBACK)
      : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const int on = 1;
    ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (reuse_port) ::setsockopt(fd_, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    sockaddr_in at = loopback(port);
    at.sin_addr.s_addr = htonl(ip);
    bound_ = ::bind(fd_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0;
    if (listens) bound_ = bound_ && ::listen(fd_, 1) == 0;
    socklen_t size = sizeof at;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
  }
  ~Other() { ::close(fd_); }
  uint16_t port() const { return port_; }
  bool bound() const { return bound_; }

 private:
  int fd_;
  uint16_t port_ = 0;
  bool bound_;
};

int connect_to(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in to = loopback(port);
  REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  return fd;
}

int connect_to(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  path.copy(to.sun_path, sizeof to.sun_path - 1);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return fd;
  ::close(fd);
  return -1;
}

bool exists(const std::string& path) {
  struct stat info;
  return ::lstat(path.c_str(), &info) == 0;
}

}  // namespace

TEST_CASE("bound address: port 0 takes a free one, the same for all shards") {
  BoundAddress bound;
  REQUIRE(bind_to("127.0.0.1:0", &bound, {.shards = 3}) == Status::ok);
  CHECK(bound.port() > 0);
  CHECK_FALSE(bound.is_unix());
  for (uint32_t shard = 0; shard < 3; ++shard) {
    const int fd = bound.take(shard);
    REQUIRE(fd >= 0);
    sockaddr_in at{};
    socklen_t size = sizeof at;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
    CHECK(ntohs(at.sin_port) == bound.port());
    ::close(fd);
    CHECK(bound.take(shard) == -1);
  }
  CHECK(bound.take(3) == -1);
}

TEST_CASE("bound address: a taken port is an error, also one that would be shared") {
  for (const bool reuse_port : {false, true}) {
    CAPTURE(reuse_port);
    const Other other(reuse_port, true);
    BoundAddress bound;
    const std::string text = "127.0.0.1:" + std::to_string(other.port());
    CHECK(bind_to(text, &bound) == Status::address_in_use);
    CHECK(std::string(last_error()).find(text) != std::string::npos);
    CHECK(bind_to(":" + std::to_string(other.port()), &bound) == Status::address_in_use);
    CHECK(bound.take(0) == -1);
  }
  const Other everywhere(true, true, 0, INADDR_ANY);
  BoundAddress bound;
  CHECK(bind_to("127.0.0.1:" + std::to_string(everywhere.port()), &bound) ==
        Status::address_in_use);
}

TEST_CASE("bound address: ours is taken for others too, and free when it goes") {
  uint16_t port;
  {
    BoundAddress first, second;
    REQUIRE(bind_to("127.0.0.1:0", &first, {.shards = 2}) == Status::ok);
    port = first.port();
    CHECK(bind_to("127.0.0.1:" + std::to_string(port), &second) == Status::address_in_use);
    CHECK_FALSE(Other(false, true, port).bound());
    BoundAddress moved(std::move(first));
    CHECK(moved.port() == port);
    CHECK(first.take(0) == -1);
    CHECK(bind_to("127.0.0.1:" + std::to_string(port), &second) == Status::address_in_use);
    second = std::move(moved);
    CHECK(bind_to("127.0.0.1:" + std::to_string(port), &first) == Status::address_in_use);
  }
  BoundAddress again;
  CHECK(bind_to("127.0.0.1:" + std::to_string(port), &again) == Status::ok);
}

TEST_CASE("bound address: an address that this machine does not have") {
  BoundAddress bound;
  CHECK(bind_to("192.0.2.1:0", &bound) == Status::address_unavailable);
}

TEST_CASE("bound address: all addresses, both families") {
  BoundAddress bound;
  REQUIRE(bind_to(":0", &bound) == Status::ok);
  ::close(connect_to(bound.port()));
}

TEST_CASE("bound address: a unix socket, its mode, and its end") {
  CertificateFiles files;
  const std::string path = files.at("edge.sock");
  {
    BoundAddress bound;
    REQUIRE(bind_to("unix:" + path, &bound, {.shards = 2, .unix_mode = 0600}) == Status::ok);
    CHECK(bound.is_unix());
    CHECK(bound.port() == 0);
    struct stat info;
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    BoundAddress second;
    CHECK(bind_to("unix:" + path, &second) == Status::address_in_use);
    const int client = connect_to(path);
    CHECK(client >= 0);
    ::close(client);
    CHECK(bound.take(1) == -1);
    const int fd = bound.take(0);
    CHECK(fd >= 0);
    ::close(fd);
    CHECK(exists(path));
  }
  CHECK_FALSE(exists(path));
}

TEST_CASE("bound address: a socket file that nobody listens on is replaced, nothing else is") {
  CertificateFiles files;
  const std::string path = files.at("edge.sock");
  {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    path.copy(at.sun_path, sizeof at.sun_path - 1);
    REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
    ::close(fd);  // as a crash leaves it
  }
  {
    BoundAddress bound;
    CHECK(bind_to("unix:" + path, &bound) == Status::ok);
  }
  const std::string file = files.write("file", "precious");
  BoundAddress bound;
  CHECK(bind_to("unix:" + file, &bound) == Status::address_in_use);
  CHECK(exists(file));
  CHECK(bind_to("unix:" + files.at("no/such/directory"), &bound) == Status::not_found);
}

TEST_CASE("bound address: a live unix socket whose queue is full does not hold us up") {
  CertificateFiles files;
  const std::string path = files.at("edge.sock");
  BoundAddress bound, second;
  REQUIRE(bind_to("unix:" + path, &bound, {.backlog = 1}) == Status::ok);
  std::vector<int> waiting;
  for (int i = 0; i < 8; ++i) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, sizeof to.sun_path - 1);
    (void)::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to);
    waiting.push_back(fd);
  }
  CHECK(bind_to("unix:" + path, &second) == Status::address_in_use);
  for (const int fd : waiting) ::close(fd);
}

TEST_CASE("listener: accepts, and closes what waits when it goes") {
  StreamNode node;
  BoundAddress bound;
  REQUIRE(bind_to("127.0.0.1:0", &bound) == Status::ok);
  {
    Listener listener(node.net, nullptr, node);
    REQUIRE(listener.open(bound.take(0)) == Status::ok);
    node.clients.push_back(connect_to(bound.port()));
    node.clients.push_back(connect_to(bound.port()));
    while (node.owners.size() < 2) node.turn(1);
    CHECK(node.count(Counter::accepted) == 2);
    CHECK(node.owner().stream->peer().text() == "127.0.0.1");
    CHECK(node.owner().stream->peer().port > 0);
    node.send("through TCP");
    while (node.owners[0]->data.empty() && node.owners[1]->data.empty()) node.turn(1);
    listener.close();
    listener.close();
  }
  // Open connections stay.
  node.turn();
  CHECK(node.connections.load() == 2);
  const sockaddr_in to = loopback(bound.port());
  const int late = ::socket(AF_INET, SOCK_STREAM, 0);
  CHECK(::connect(late, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0);
  ::close(late);
}

TEST_CASE("listener: too many connections are closed at once, and counted") {
  StreamNode node;
  node.limits.connections_max = 2;
  BoundAddress bound;
  REQUIRE(bind_to("127.0.0.1:0", &bound) == Status::ok);
  Listener listener(node.net, nullptr, node);
  REQUIRE(listener.open(bound.take(0)) == Status::ok);
  for (int i = 0; i < 3; ++i) {
    node.clients.push_back(connect_to(bound.port()));
    while (node.count(Counter::accepted) < static_cast<uint64_t>(i + 1)) node.turn(1);
  }
  char byte;
  CHECK(::recv(node.client(), &byte, 1, 0) == 0);
  CHECK(node.count(Counter::limit_connections) == 1);
  CHECK(node.connections.load() == 2);
  CHECK(node.owners.size() == 2);
}

TEST_CASE("listener: it hands descriptors out where one says so") {
  CertificateFiles files;
  StreamNode node;
  BoundAddress bound;
  const std::string path = files.at("edge.sock");
  REQUIRE(bind_to("unix:" + path, &bound) == Status::ok);
  Listener listener(node.net, nullptr, node);
  std::vector<int> handed;
  listener.set_hand_out([&](int fd) { handed.push_back(fd); });
  REQUIRE(listener.open(bound.take(0)) == Status::ok);
  const int client = connect_to(path);
  node.turn();
  REQUIRE(handed.size() == 1);
  CHECK(node.owners.empty());
  listener.adopt(handed[0], PeerAddress());
  CHECK(node.owners.size() == 1);
  CHECK(node.count(Counter::accepted) == 1);
  node.clients.push_back(client);
}

TEST_CASE("listener: out of descriptors it pauses instead of spinning, and goes on later") {
  StreamNode node;
  BoundAddress bound;
  REQUIRE(bind_to("127.0.0.1:0", &bound) == Status::ok);
  Listener listener(node.net, nullptr, node);
  REQUIRE(listener.open(bound.take(0)) == Status::ok);
  node.clients.push_back(connect_to(bound.port()));
  rlimit before;
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const int next = ::dup(0);
  ::close(next);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(next);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  node.turn(20);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(node.owners.empty());
  node.turn(20);
  CHECK(node.owners.empty());  // it waits
  node.pass_time(300);
  while (node.owners.empty()) node.turn(1);
  CHECK(node.count(Counter::accepted) == 1);
}

}  // namespace fce
