// SPDX-License-Identifier: Apache-2.0
// HttpOrigin: another server. What a request to it has beyond what was asked: its own name as Host,
// a prefix before the path, and fields of the operator's.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "cache/origin_url.h"
#include "http/fetch.h"

namespace fce {

struct HttpOriginOptions {
  std::string url;
  std::string host;  // for Host; "": that of the URL; "*": what the client asked for
  std::vector<std::pair<std::string, std::string>> headers;  // set in every request
  std::string prefix;       // goes before each path, behind that of the URL
  bool clear_text = false;  // may use http: to somewhere else than this machine
};

class HttpOrigin final : public Fetcher {
 public:
  // `server` reaches the place of the URL (make_origin_server).
  static Status make(const HttpOriginOptions& options, std::shared_ptr<const Fetcher> server,
                     std::shared_ptr<const Fetcher>* out);

  std::unique_ptr<Fetch> start(HttpContext& http, FetchRequest&& request,
                               FetchSink& sink) const override;

 private:
  HttpOrigin(const HttpOriginOptions& options, const OriginUrl& url,
             std::shared_ptr<const Fetcher> server);

  std::vector<std::pair<std::string, std::string>> headers_;
  const std::string host_;
  std::string prefix_;
  const std::shared_ptr<const Fetcher> server_;
};

}  // namespace fce
