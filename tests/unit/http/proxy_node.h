// SPDX-License-Identifier: Apache-2.0
// A node with a reverse proxy at /p/, towards an upstream that does what the test says.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "http/h1_node.h"
#include "http/h2_node.h"
#include "http/mock_fetcher.h"
#include "http/proxy.h"

namespace fce {

inline const std::vector<std::string> kProxyMethods = {"GET",    "POST",    "PUT",
                                                       "DELETE", "OPTIONS", "TRACE"};

inline std::shared_ptr<const Handler> make_mock_proxy(const ProxyOptions& options,
                                                      const std::shared_ptr<MockFetcher>& fetcher) {
  std::shared_ptr<const Handler> proxy;
  REQUIRE(ReverseProxy::make(options, fetcher, &proxy) == Status::ok);
  return proxy;
}

// Without the fields that a proxy adds.
inline ProxyOptions plain_proxy() {
  ProxyOptions options;
  options.via = "";
  options.x_forwarded = false;
  return options;
}

struct H1Proxy : H1Node {
  explicit H1Proxy(const ProxyOptions& options = plain_proxy()) {
    add_route("/p/{rest...}", make_mock_proxy(options, fetcher), kProxyMethods, 1u << 30);
    open();
  }
  MockFetcher::Call& call() { return fetcher->last(); }
  std::shared_ptr<MockFetcher> fetcher = std::make_shared<MockFetcher>();
};

struct H2Proxy : H2Node {
  explicit H2Proxy(const ProxyOptions& options = plain_proxy()) {
    add_route("/p/{rest...}", make_mock_proxy(options, fetcher), kProxyMethods, 1u << 30);
    client = &open();
  }
  MockFetcher::Call& call() { return fetcher->last(); }
  std::shared_ptr<MockFetcher> fetcher = std::make_shared<MockFetcher>();
  H2Client* client;
};

}  // namespace fce
