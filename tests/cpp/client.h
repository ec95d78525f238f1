// SPDX-License-Identifier: Apache-2.0
//
// For the tests of the C++ wrapper: a client of plain sockets, and something that tells when it is
// destroyed.
#ifndef FCEDGE_TESTS_CPP_CLIENT_H_
#define FCEDGE_TESTS_CPP_CLIENT_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <string>
#include <utility>

inline int dial(uint16_t port, int type = SOCK_STREAM) {
  const int fd = socket(AF_INET, type, 0);
  const timeval limit{20, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return fd;
  close(fd);
  return -1;
}

// Reads until `mark` is there, or the other side closes.
inline std::string hear(int fd, const std::string& mark = {}) {
  std::string heard;
  char piece[4096];
  while (mark.empty() || heard.find(mark) == std::string::npos) {
    const ssize_t got = recv(fd, piece, sizeof piece, 0);
    if (got <= 0) break;
    heard.append(piece, static_cast<size_t>(got));
  }
  return heard;
}

inline void say(int fd, const std::string& text) {
  (void)!send(fd, text.data(), text.size(), MSG_NOSIGNAL);
}

// One request on a connection of its own; the whole answer.
inline std::string ask(uint16_t port, const std::string& line, const std::string& fields = {},
                       const std::string& body = {}) {
  const int fd = dial(port);
  say(fd,
      line + " HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n" + fields + "\r\n" + body);
  std::string answer = hear(fd);
  close(fd);
  return answer;
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// What another thread tells; a test that would hang fails.
template <class T>
T await(std::future<T> future) {
  if (future.wait_for(std::chrono::seconds(20)) == std::future_status::ready) return future.get();
  return T{};
}

// Counts how many of those that were made and not moved from have been destroyed.
class Witness {
 public:
  explicit Witness(std::atomic<int>& gone) : gone_(&gone) {}
  Witness(Witness&& other) noexcept : gone_(std::exchange(other.gone_, nullptr)) {}
  Witness& operator=(Witness&&) = delete;
  ~Witness() {
    if (gone_) gone_->fetch_add(1);
  }

 private:
  std::atomic<int>* gone_;
};

#endif  // FCEDGE_TESTS_CPP_CLIENT_H_
