// SPDX-License-Identifier: Apache-2.0
// The life of a node, with real threads and sockets.
#include "engine/node.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <string>
#include <thread>

#include "base/time.h"
#include "http/route_table.h"

namespace fce {
namespace {

struct TextHandler final : Handler {
  TextHandler(std::string a_text, std::atomic<int>& a_count)
      : text(std::move(a_text)), alive(a_count) {
    ++alive;
  }
  ~TextHandler() override { --alive; }
  void handle(Exchange& exchange) const override {
    exchange.respond(200, {}, Body::copy_of(text + std::to_string(Shard::current()->index())));
  }
  std::string text;
  std::atomic<int>& alive;
};

std::shared_ptr<const RouteTable> routes_to(const std::string& text, std::atomic<int>& alive) {
  auto table = std::make_shared<RouteTable>();
  Route route;
  route.pattern = "/";
  route.methods = {"GET"};
  route.handler = std::make_shared<TextHandler>(text, alive);
  REQUIRE(table->add(std::move(route)) == Status::ok);
  return table;
}

class TempPath {
 public:
  TempPath() {
    std::string pattern = (std::filesystem::temp_directory_path() / "fcedge-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TempPath() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string at(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// A blocking client.
class Client {
 public:
  explicit Client(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  explicit Client(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, sizeof to.sun_path - 1);
    connected = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The body of the answer; "" at the end of the connection.
  std::string get() {
    const std::string request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    if (::send(fd_, request.data(), request.size(), MSG_NOSIGNAL) < 0) return "";
    std::string answer;
    for (;;) {
      const size_t end = answer.find("\r\n\r\n");
      const size_t field = answer.find("content-length: ");
      if (end != answer.npos && field != answer.npos &&
          answer.size() == end + 4 + std::stoul(answer.substr(field + 16)))
        return answer.substr(end + 4);
      char buffer[4096];
      const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
      if (got <= 0) return "";
      answer.append(buffer, static_cast<size_t>(got));
    }
  }
  bool at_end() {
    char byte;
    return ::recv(fd_, &byte, 1, 0) <= 0;
  }
  bool connected;

 private:
  int fd_;
};

fce_node_options two_shards() {
  fce_node_options options{};
  options.size = sizeof options;
  options.shards = 2;
  options.workers = 1;
  return options;
}

Status listen(Node& node, const std::string& address, uint16_t* port = nullptr) {
  fce_listen_options options{};
  options.size = sizeof options;
  options.address = address.c_str();
  return node.listen(options, port);
}

std::map<std::string, uint64_t> counters_of(const Node& node) {
  std::map<std::string, uint64_t> values;
  node.each_counter(
      [](const char* name, const char* help, uint64_t value, void* user) {
        CHECK(std::string(help).size() > 5);
        (*static_cast<std::map<std::string, uint64_t>*>(user))[name] = value;
      },
      &values);
  return values;
}

// Waits for what happens on other threads; false after ten seconds.
template <class Until>
bool wait_until(Until until) {
  const uint64_t end = monotonic_us() + 10'000'000;
  while (!until()) {
    if (monotonic_us() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace

TEST_CASE("node: started, served and stopped, twice in one process") {
  std::atomic<int> alive{0};
  for (int life = 0; life < 2; ++life) {
    Node node;
    REQUIRE(node.create(two_shards()) == Status::ok);
    uint16_t port = 0;
    REQUIRE(listen(node, "127.0.0.1:0", &port) == Status::ok);
    REQUIRE(node.set_routes(routes_to("life ", alive)) == Status::ok);
    REQUIRE(node.start() == Status::ok);
    CHECK(node.start() == Status::bad_state);
    CHECK(listen(node, "127.0.0.1:0") == Status::bad_state);
    Client a(port), b(port);
    for (int i = 0; i < 3; ++i) {
      CHECK(a.get().starts_with("life "));
      CHECK(b.get().starts_with("life "));
    }
    CHECK(node.connections() == 2);
    auto counters = counters_of(node);
    CHECK(counters.size() == static_cast<size_t>(Counter::count_));
    CHECK(counters["fcedge_connections_accepted_total"] == 2);
    CHECK(counters["fcedge_http1_requests_total"] == 6);
    CHECK(counters["fcedge_http_answers_2xx_total"] == 6);
    CHECK(node.stop() == Status::ok);
    CHECK(node.stop() == Status::ok);
    CHECK(a.at_end());
    CHECK(node.connections() == 0);
    CHECK_FALSE(Client(port).connected);
    CHECK(counters_of(node)["fcedge_connections_closed_total"] == 2);
    CHECK(node.start() == Status::bad_state);
    CHECK(node.drain(0) == Status::bad_state);
    CHECK(alive == 0);
  }
}

TEST_CASE("node: made and never started, or stopped before it starts") {
  {
    Node node;
    REQUIRE(node.create(two_shards()) == Status::ok);
    REQUIRE(listen(node, "127.0.0.1:0") == Status::ok);
  }
  {
    Node node;
    REQUIRE(node.create(two_shards()) == Status::ok);
    CHECK(node.drain(0) == Status::bad_state);
    CHECK(node.stop() == Status::ok);
  }
  Node node;  // not even made
}

TEST_CASE("node: what is wrong with the options is said") {
  fce_node_options options = two_shards();
  for (const char* name : {"", "Upper", "a_b", "a b", "\xc3\xa4"}) {
    options.name = name;
    CHECK(Node().create(options) == Status::invalid);
  }
  const std::string long_name(64, 'a');
  options.name = long_name.c_str();
  CHECK(Node().create(options) == Status::invalid);
  options = two_shards();
  options.shards = 257;
  CHECK(Node().create(options) == Status::invalid);
  options = two_shards();
  Node node;
  REQUIRE(node.create(options) == Status::ok);
  CHECK(listen(node, "nonsense") == Status::invalid);
  fce_listen_options tls{};
  tls.size = sizeof tls;
  tls.address = "127.0.0.1:0";
  tls.tls = 1;
  REQUIRE(node.listen(tls, nullptr) == Status::ok);
  CHECK(node.start() == Status::certificate);
}

TEST_CASE("node: two of them do not share a port or a state directory") {
  TempPath directory;
  const std::string path = directory.at("state");
  fce_node_options options = two_shards();
  options.state_dir = path.c_str();
  uint64_t epoch = 0;
  std::string id;
  {
    Node first, second, third;
    REQUIRE(first.create(options) == Status::ok);
    CHECK(second.create(options) == Status::locked);
    REQUIRE(third.create(two_shards()) == Status::ok);
    uint16_t port = 0;
    REQUIRE(listen(first, "127.0.0.1:0", &port) == Status::ok);
    CHECK(listen(third, "127.0.0.1:" + std::to_string(port)) == Status::address_in_use);
    epoch = first.state().epoch();
    id = first.state().id();
    CHECK(id != third.state().id());
  }
  Node again;
  REQUIRE(again.create(options) == Status::ok);
  CHECK(again.state().epoch() == epoch + 1);
  CHECK(again.state().id() == id);
}

TEST_CASE("node: routes are replaced while it runs, and the old ones are released") {
  std::atomic<int> old_alive{0}, new_alive{0};
  Node node;
  REQUIRE(node.create(two_shards()) == Status::ok);
  uint16_t port = 0;
  REQUIRE(listen(node, "127.0.0.1:0", &port) == Status::ok);
  REQUIRE(node.start() == Status::ok);
  Client client(port);
  CHECK(client.get().starts_with("not found"));
  REQUIRE(node.set_routes(routes_to("old ", old_alive)) == Status::ok);
  CHECK(wait_until([&] { return client.get().starts_with("old "); }));
  REQUIRE(node.set_routes(routes_to("new ", new_alive)) == Status::ok);
  CHECK(wait_until([&] { return client.get().starts_with("new "); }));
  CHECK(wait_until([&] { return old_alive == 0; }));
  CHECK(new_alive == 1);
  REQUIRE(node.stop() == Status::ok);
  CHECK(new_alive == 0);
}

TEST_CASE("node: a unix socket is handed round the shards") {
  TempPath directory;
  const std::string path = directory.at("edge.sock");
  std::atomic<int> alive{0};
  Node node;
  REQUIRE(node.create(two_shards()) == Status::ok);
  REQUIRE(listen(node, "unix:" + path) == Status::ok);
  REQUIRE(node.set_routes(routes_to("shard ", alive)) == Status::ok);
  REQUIRE(node.start() == Status::ok);
  std::map<std::string, int> served;
  for (int i = 0; i < 6; ++i) {
    Client client(path);
    ++served[client.get()];
  }
  CHECK(served["shard 0"] == 3);
  CHECK(served["shard 1"] == 3);
  REQUIRE(node.stop() == Status::ok);
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("node: a stop ends also when connections are being handed over") {
  TempPath directory;
  const std::string path = directory.at("edge.sock");
  for (int round = 0; round < 10; ++round) {
    Node node;
    REQUIRE(node.create(two_shards()) == Status::ok);
    REQUIRE(listen(node, "unix:" + path) == Status::ok);
    REQUIRE(node.start() == Status::ok);
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 20; ++i) clients.push_back(std::make_unique<Client>(path));
    REQUIRE(node.stop() == Status::ok);
    CHECK(node.connections() == 0);
  }
}

TEST_CASE("node: a drain closes the listeners and what is idle, then a stop ends it") {
  std::atomic<int> alive{0};
  Node node;
  REQUIRE(node.create(two_shards()) == Status::ok);
  uint16_t port = 0;
  REQUIRE(listen(node, "127.0.0.1:0", &port) == Status::ok);
  REQUIRE(node.set_routes(routes_to("x", alive)) == Status::ok);
  REQUIRE(node.start() == Status::ok);
  Client a(port), b(port);
  a.get();
  b.get();
  REQUIRE(node.drain(0) == Status::ok);
  CHECK(node.drain(0) == Status::ok);
  CHECK(a.at_end());
  CHECK(b.at_end());
  CHECK(wait_until([&] { return node.connections() == 0; }));
  CHECK(wait_until([&] { return !Client(port).connected; }));
  CHECK(node.stop() == Status::ok);
}

TEST_CASE("node: counters, routes and stop from several threads at once") {
  std::atomic<int> alive{0};
  Node node;
  REQUIRE(node.create(two_shards()) == Status::ok);
  uint16_t port = 0;
  REQUIRE(listen(node, "127.0.0.1:0", &port) == Status::ok);
  REQUIRE(node.start() == Status::ok);
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        (void)node.set_routes(routes_to("x", alive));
        node.each_counter([](const char*, const char*, uint64_t, void*) {}, nullptr);
        Client(port).get();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::thread stopper([&] { (void)node.stop(); });
  (void)node.drain(100);
  stopper.join();
  CHECK(node.stop() == Status::ok);
  CHECK(alive == 0);
}

}  // namespace fce
