// SPDX-License-Identifier: Apache-2.0
// The expected signatures are those that AWS publishes: in its Signature Version 4 test suite
// (aws-sig-v4-test-suite; the cases keep their names) and in the examples of the S3 API reference,
// "Signature Calculations for the Authorization Header". None was computed by this code.
#include "cache/sigv4.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/crypto.h"

namespace fce {
namespace {

constexpr std::string_view kSuiteSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr std::string_view kSuiteTime = "20150830T123600Z";
constexpr std::string_view kS3Secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
constexpr std::string_view kS3Time = "20130524T000000Z";
constexpr std::string_view kS3Host = "examplebucket.s3.amazonaws.com";

struct Case {
  const char* name;
  const char* method;
  const char* path;  // not encoded
  const char* query;
  std::vector<Header> headers;  // besides Host and X-Amz-Date
  const char* signed_headers;
  const char* signature;
};

const std::vector<Case> kSuite = {
    {"get-vanilla",
     "GET",
     "/",
     "",
     {},
     "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"post-vanilla",
     "POST",
     "/",
     "",
     {},
     "host;x-amz-date",
     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
    {"get-vanilla-query-order-key-case",
     "GET",
     "/",
     "Param2=value2&Param1=value1",
     {},
     "host;x-amz-date",
     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
    {"get-vanilla-query-order-key",
     "GET",
     "/",
     "Param1=value2&Param1=Value1",
     {},
     "host;x-amz-date",
     "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1"},
    {"get-vanilla-query-order-encoded",
     "GET",
     "/",
     "Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
     {},
     "host;x-amz-date",
     "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"},
    {"get-vanilla-empty-query-key",
     "GET",
     "/",
     "Param1=value1",
     {},
     "host;x-amz-date",
     "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
    {"get-vanilla-query-unreserved",
     "GET",
     "/",
     "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz="
     "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
     {},
     "host;x-amz-date",
     "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
    {"get-vanilla-utf8-query",
     "GET",
     "/",
     "\u1234=bar",
     {},
     "host;x-amz-date",
     "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
    {"get-utf8",
     "GET",
     "/\u1234",
     "",
     {},
     "host;x-amz-date",
     "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
    {"get-space-unnormalized",
     "GET",
     "/example space/",
     "",
     {},
     "host;x-amz-date",
     "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
    {"get-unreserved",
     "GET",
     "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
     "",
     {},
     "host;x-amz-date",
     "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
    {"get-slashes-unnormalized",
     "GET",
     "//example//",
     "",
     {},
     "host;x-amz-date",
     "87cca117541a147f6df867677d98a7d80dff226d2bfca9e4ffa899665623c7e5"},
    {"get-slash-dot-slash-unnormalized",
     "GET",
     "/./",
     "",
     {},
     "host;x-amz-date",
     "68714168e6557f8f2de0ef956fc24dc2593a4bd2961f8df51898d8a134695145"},
    {"get-relative-relative-unnormalized",
     "GET",
     "/example1/example2/../..",
     "",
     {},
     "host;x-amz-date",
     "dc33e0856fd4baca4d7aa2146c38958283844764f38c74252a333df5e613003b"},
    {"get-header-key-duplicate",
     "GET",
     "/",
     "",
     {{"my-header1", "value2"}, {"my-header1", "value2"}, {"my-header1", "value1"}},
     "host;my-header1;x-amz-date",
     "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
    {"get-header-value-order",
     "GET",
     "/",
     "",
     {{"my-header1", "value4"},
      {"my-header1", "value1"},
      {"my-header1", "value3"},
      {"my-header1", "value2"}},
     "host;my-header1;x-amz-date",
     "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
    {"get-header-value-trim",
     "GET",
     "/",
     "",
     {{"my-header1", " value1"}, {"my-header2", " \"a   b   c\""}},
     "host;my-header1;my-header2;x-amz-date",
     "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
    {"post-header-value-case",
     "POST",
     "/",
     "",
     {{"my-header1", "VALUE1"}},
     "host;my-header1;x-amz-date",
     "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
    {"get-vanilla-with-session-token",
     "GET",
     "/",
     "",
     {{"x-amz-security-token", "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"}},
     "host;x-amz-date;x-amz-security-token",
     "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"},
};

// The example of the S3 API reference, signed with `headers` besides Host and X-Amz-Date.
std::string s3_example(std::string_view method, std::string_view key, std::string_view query,
                       std::vector<Header> headers, std::string_view payload_hash) {
  headers.push_back({"x-amz-date", kS3Time});
  headers.push_back({"host", kS3Host});
  headers.push_back({"x-amz-content-sha256", payload_hash});
  std::string path;
  sigv4_encode(key, true, &path);
  const SigV4Scope scope{kS3Time, "us-east-1", "s3"};
  return sigv4_authorization({method, path, query, headers, payload_hash}, scope,
                             "AKIAIOSFODNN7EXAMPLE", sigv4_signing_key(kS3Secret, scope));
}

std::string s3_expected(std::string_view signed_headers, std::string_view signature) {
  return "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
         "SignedHeaders=" +
         std::string(signed_headers) + ", Signature=" + std::string(signature);
}

}  // namespace

TEST_CASE("requests are signed as in AWS's test suite") {
  const SigV4Scope scope{kSuiteTime, "us-east-1", "service"};
  const SigV4Key key = sigv4_signing_key(kSuiteSecret, scope);
  for (const Case& each : kSuite) {
    CAPTURE(each.name);
    std::vector<Header> headers = each.headers;
    headers.push_back({"x-amz-date", kSuiteTime});
    headers.insert(headers.begin(), {"host", "example.amazonaws.com"});
    std::string path;
    sigv4_encode(each.path, true, &path);
    const SigV4Request request{each.method, path, each.query, headers, kEmptyPayloadHash};
    CHECK(sigv4_authorization(request, scope, "AKIDEXAMPLE", key) ==
          "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
          "SignedHeaders=" +
              std::string(each.signed_headers) + ", Signature=" + each.signature);
  }
}

TEST_CASE("requests are signed as in the examples of S3's API reference") {
  CHECK(s3_example("GET", "/test.txt", "", {{"range", "bytes=0-9"}}, kEmptyPayloadHash) ==
        s3_expected("host;range;x-amz-content-sha256;x-amz-date",
                    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));
  CHECK(s3_example("GET", "/", "lifecycle", {}, kEmptyPayloadHash) ==
        s3_expected("host;x-amz-content-sha256;x-amz-date",
                    "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
  CHECK(s3_example("GET", "/", "prefix=J&max-keys=2", {}, kEmptyPayloadHash) ==
        s3_expected("host;x-amz-content-sha256;x-amz-date",
                    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
  const std::string payload_hash = hex(sha256("Welcome to Amazon S3."));
  CHECK(s3_example("PUT", "/test$file.text", "",
                   {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
                    {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                   payload_hash) ==
        s3_expected("date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                    "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
}

TEST_CASE("the steps in between are those of S3's API reference") {
  const std::vector<Header> headers = {{"host", kS3Host},
                                       {"range", "bytes=0-9"},
                                       {"x-amz-content-sha256", kEmptyPayloadHash},
                                       {"x-amz-date", kS3Time}};
  std::string signed_headers;
  const std::string canonical = sigv4_canonical_request(
      {"GET", "/test.txt", "", headers, kEmptyPayloadHash}, &signed_headers);
  CHECK(signed_headers == "host;range;x-amz-content-sha256;x-amz-date");
  CHECK(canonical ==
        "GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\nrange:bytes=0-9\n"
        "x-amz-content-sha256:" +
            std::string(kEmptyPayloadHash) +
            "\nx-amz-date:20130524T000000Z\n\nhost;range;x-amz-content-sha256;x-amz-date\n" +
            std::string(kEmptyPayloadHash));
  CHECK(sigv4_string_to_sign({kS3Time, "us-east-1", "s3"}, canonical) ==
        "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n"
        "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972");
}

TEST_CASE("the hash of nothing is what it is said to be") {
  CHECK(hex(sha256("")) == kEmptyPayloadHash);
}

TEST_CASE("times are written in the basic form of ISO 8601") {
  const auto text = [](int64_t seconds) {
    const auto time = sigv4_time(seconds);
    return std::string(time.data(), time.size());
  };
  CHECK(text(0) == "19700101T000000Z");
  CHECK(text(1'369'353'600) == "20130524T000000Z");
  CHECK(text(1'440'938'160) == "20150830T123600Z");
  CHECK(text(4'102'444'799) == "20991231T235959Z");
}

TEST_CASE("only unreserved characters stay as they are") {
  std::string all, out;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  sigv4_encode(all, false, &out);
  size_t kept = 0;
  for (size_t i = 0; i < out.size(); ++i) {
    if (out[i] == '%')
      i += 2;
    else
      ++kept;
  }
  CHECK(kept == 26 + 26 + 10 + 4);
  out.clear();
  sigv4_encode("a/b c+d%20~", true, &out);
  CHECK(out == "a/b%20c%2Bd%2520~");
  out.clear();
  sigv4_encode("a/b", false, &out);
  CHECK(out == "a%2Fb");
}

TEST_CASE("a signer follows the day and the credentials") {
  const SigV4Signer signer("us-east-1", "s3");
  const std::vector<Header> headers = {{"host", "h"}};
  const SigV4Request request{"GET", "/", "", headers, kEmptyPayloadHash};
  const auto expected = [&](std::string_view time, std::string_view secret) {
    const SigV4Scope scope{time, "us-east-1", "s3"};
    return sigv4_authorization(request, scope, "ID", sigv4_signing_key(secret, scope));
  };
  for (const std::string_view time : {"20130524T000000Z", "20130524T235959Z", "20130525T000000Z"})
    for (const std::string_view secret : {"one", "two", "one"})
      CHECK(signer.sign(request, time, {"ID", std::string(secret), ""}) == expected(time, secret));
  CHECK(expected("20130524T000000Z", "one") != expected("20130524T000000Z", "two"));
  CHECK(expected("20130524T000000Z", "one") != expected("20130525T000000Z", "one"));
}

TEST_CASE("shards sign with one signer at the same time") {
  const SigV4Signer signer("us-east-1", "s3");
  const std::vector<Header> headers = {{"host", "h"}};
  const SigV4Request request{"GET", "/", "", headers, kEmptyPayloadHash};
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (size_t i = 0; i < wrong.size(); ++i) {
    threads.emplace_back([&, i] {
      const std::string secret = i % 2 ? "odd" : "even";
      const SigV4Scope scope{kS3Time, "us-east-1", "s3"};
      const std::string good =
          sigv4_authorization(request, scope, "ID", sigv4_signing_key(secret, scope));
      for (int turn = 0; turn < 200; ++turn)
        wrong[i] += signer.sign(request, kS3Time, {"ID", secret, ""}) != good;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4));
}

}  // namespace fce
