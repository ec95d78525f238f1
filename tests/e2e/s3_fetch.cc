// SPDX-License-Identifier: Apache-2.0
// Fetches objects through an S3 origin, as tests say on standard input, and tells what came as one
// line of JSON for each request. An empty line ends it.
//
//   s3-fetch NAME=VALUE...      endpoint, region, bucket, prefix, path_style, forbidden_is_absent,
//                               key_id, secret_file, shared_file, profile; connect: the URL of
//                               the server in place of what the name resolves to
//   < METHOD TARGET [NAME:VALUE...]       separated by tabs
//   s3-fetch --sign TIME REGION SERVICE KEY_ID SECRET METHOD PATH QUERY NAME:VALUE...
//                               prints the value of Authorization alone
#include <uv.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "cache/s3_origin.h"
#include "cache/sigv4.h"
#include "http/context.h"
#include "loop/workers.h"

namespace {

using namespace fce;

[[noreturn]] void give_up(const std::string& why) {
  std::cerr << "s3-fetch: " << why << "\n";
  std::exit(2);
}

std::vector<std::string> split(const std::string& line, char at) {
  std::vector<std::string> parts = {""};
  for (const char c : line) {
    if (c == at)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

// "name:value"
Header header_of(const std::string& text) {
  const size_t colon = text.find(':');
  if (colon == text.npos) give_up("no colon in " + text);
  return {std::string_view(text).substr(0, colon), std::string_view(text).substr(colon + 1)};
}

// Only what has nothing to be escaped but quotes: header fields of a well-formed answer.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// Stops the fetch at each piece, so that it has to go on by itself.
struct Sink final : FetchSink {
  void on_head(uint16_t new_status, std::span<const Header> headers,
               std::optional<uint64_t> new_length) override {
    status = new_status;
    length = new_length;
    for (const Header& header : headers)
      fields += (fields.empty() ? "" : ", ") + quoted(header.name) + ": " + quoted(header.value);
  }
  void on_body(Bytes piece) override {
    body += as_text(piece);
    ++pieces;
    fetch->pause();
    wants_resume = true;
  }
  void on_end(std::span<const Header>) override { over = true; }
  void on_fail(FetchError why) override {
    over = true;
    failed = static_cast<int>(why);
  }

  std::string told() const {
    std::string out = "{\"status\": " + std::to_string(status) +
                      ", \"failed\": " + (failed < 0 ? "null" : std::to_string(failed)) +
                      ", \"length\": " + (length ? std::to_string(*length) : "null");
    out += ", \"pieces\": " + std::to_string(pieces) + ", \"size\": " + std::to_string(body.size());
    out += ", \"sha256\": " + quoted(hex(sha256(body)));
    return out + ", \"headers\": {" + fields + "}}";
  }

  std::unique_ptr<Fetch> fetch;
  uint16_t status = 0;
  std::optional<uint64_t> length;
  std::string fields, body;
  int pieces = 0;
  int failed = -1;
  bool over = false, wants_resume = false;
};

int sign(const std::vector<std::string>& args) {
  if (args.size() < 9) give_up("--sign has too few arguments");
  std::vector<Header> headers;
  for (size_t i = 9; i < args.size(); ++i) headers.push_back(header_of(args[i]));
  const SigV4Scope scope{args[1], args[2], args[3]};
  std::string_view hash = kEmptyPayloadHash;
  for (const Header& header : headers)
    if (header.name == "x-amz-content-sha256") hash = header.value;
  std::cout << sigv4_authorization({args[6], args[7], args[8], headers, hash}, scope, args[4],
                                   sigv4_signing_key(args[5], scope))
            << std::endl;
  return 0;
}

using Values = std::map<std::string, std::string>;

Values values_of(const std::vector<std::string>& args) {
  Values values;
  for (const std::string& arg : args)
    values[arg.substr(0, arg.find('='))] = arg.substr(arg.find('=') + 1);
  return values;
}

S3OriginOptions options_of(Values& values) {
  S3OriginOptions options;
  options.endpoint = values["endpoint"];
  options.region = values["region"];
  options.bucket = values["bucket"];
  options.prefix = values["prefix"];
  options.path_style = values["path_style"] == "true";
  options.forbidden_is_absent = values["forbidden_is_absent"] == "true";
  options.credentials.key_id = values["key_id"];
  options.credentials.secret_file = values["secret_file"];
  options.credentials.shared_file = values["shared_file"];
  options.credentials.profile = values["profile"];
  if (!options.credentials.key_id.empty())
    options.credentials.from = S3CredentialOptions::From::configuration;
  if (!options.credentials.shared_file.empty())
    options.credentials.from = S3CredentialOptions::From::shared_file;
  return options;
}

std::shared_ptr<const Fetcher> make_origin(const S3OriginOptions& options,
                                           const std::string& connect) {
  S3Place place;
  if (S3Place::from(options, &place) != Status::ok) give_up(last_error());
  if (!connect.empty() && OriginUrl::parse(connect, &place.url) != Status::ok)
    give_up(last_error());
  UpstreamOptions like;
  like.name = "s3";
  std::shared_ptr<const Fetcher> server, origin;
  if (make_origin_server(place.url, options.clear_text, like, &server) != Status::ok)
    give_up(last_error());
  if (S3Origin::make(options, server, &origin) != Status::ok) give_up(last_error());
  return origin;
}

void fetch_one(const Fetcher& origin, HttpContext& http, const std::string& line) {
  const std::vector<std::string> parts = split(line, '\t');
  if (parts.size() < 2) give_up("no target in " + line);
  std::vector<Header> headers;
  for (size_t i = 2; i < parts.size(); ++i) headers.push_back(header_of(parts[i]));
  FetchRequest request;
  request.method = parts[0];
  request.target = parts[1];
  request.headers = headers;
  Sink sink;
  sink.fetch = origin.start(http, std::move(request), sink);
  while (!sink.over) {
    uv_run(http.net.loop.uv(), UV_RUN_ONCE);
    if (std::exchange(sink.wants_resume, false) && !sink.over) sink.fetch->resume();
  }
  std::cout << sink.told() << std::endl;
}

}  // namespace

int main(int count, char** values) {
  const std::vector<std::string> args(values + 1, values + count);
  if (!args.empty() && args[0] == "--sign") return sign(args);
  prepare_crypto();
  Values named = values_of(args);
  const S3OriginOptions options = options_of(named);
  Limits limits;
  Counters counters;
  std::atomic<uint64_t> connections{0};
  Loop loop(2000);
  if (loop.open() != Status::ok) give_up(last_error());
  {
    Workers workers(1, 16);
    NetContext net(loop, limits, counters, connections);
    HttpContext http(net);
    http.resolver_workers = &workers;
    {
      const std::shared_ptr<const Fetcher> origin = make_origin(options, named["connect"]);
      for (std::string line; std::getline(std::cin, line) && !line.empty();)
        fetch_one(*origin, http, line);
    }
    std::cerr << "connections made: " << counters.get(Counter::upstream_connects) << "\n";
    http.stop_upstreams();
    while (!net.streams.empty()) uv_run(loop.uv(), UV_RUN_ONCE);
    workers.stop();
    loop.stop();
    loop.run();
  }
  return 0;
}
