// SPDX-License-Identifier: Apache-2.0
// What origins read that others wrote: the first byte says what of. The path of a request becomes a
// key, a file gives credentials, a URL a place, a query is put in order for a signature, and an
// error gives its code. What comes out is checked by what went in.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "cache/origin_url.h"
#include "cache/s3_credentials.h"
#include "cache/s3_fetch.h"
#include "cache/s3_key.h"
#include "cache/sigv4.h"

namespace {

using namespace fce;

void require(bool holds) {
  if (!holds) std::abort();
}

// A key is below its prefix, has no way out of it, and is read again as it is written.
void try_key(std::string_view target) {
  constexpr std::string_view kPrefix = "public/";
  std::string key;
  if (!s3_key_of(target, kPrefix, "index.html", &key)) return;
  require(key.size() <= kS3KeyBytesMax && key.starts_with(kPrefix) && key != kPrefix);
  const std::string within = "/" + key + "/";
  require(within.find("/../") == within.npos && within.find("/./") == within.npos);
  for (const char c : key) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  std::string path = "/", again;
  sigv4_encode(key, true, &path);
  for (const char c : path) require(c > 0x20 && c < 0x7f && c != '?' && c != '#' && c != '+');
  require(s3_key_of(path, "", "", &again) && again == key);
}

void try_credentials(std::string_view text) {
  AwsCredentials credentials;
  if (parse_shared_credentials(text, "default", &credentials) != Status::ok) return;
  if (check_credentials(credentials) != Status::ok) return;
  const std::string written = "[default]\naws_access_key_id=" + credentials.key_id +
                              "\naws_secret_access_key=" + credentials.secret +
                              "\naws_session_token=" + credentials.session_token + "\n";
  AwsCredentials again;
  require(parse_shared_credentials(written, "default", &again) == Status::ok);
  require(again == credentials);
}

void try_url(std::string_view text) {
  OriginUrl url;
  if (OriginUrl::parse(text, &url) != Status::ok) return;
  require(url.server.path.empty() != url.server.host.empty());
  OriginUrl again;
  require(OriginUrl::parse(url.server_url() + url.prefix, &again) == Status::ok);
  require(again.server.host == url.server.host && again.server.port == url.server.port);
  require(again.server.path == url.server.path && again.prefix == url.prefix);
  if (url.locality() == Locality::remote && !url.tls())
    require(check_clear_text(url, false) == Status::invalid);
}

// The third line of a canonical request is a query that is in order already.
std::string canonical_query(std::string_view query) {
  std::string signed_headers;
  const std::string text =
      sigv4_canonical_request({"GET", "/", query, {}, kEmptyPayloadHash}, &signed_headers);
  const size_t begin = text.find('\n', text.find('\n') + 1) + 1;
  return text.substr(begin, text.find('\n', begin) - begin);
}

void try_query(std::string_view query) {
  const std::string once = canonical_query(query);
  require(canonical_query(once) == once);
  for (const char c : once) require(c > 0x20 && c < 0x7f);
}

void try_error(std::string_view xml) {
  const std::string_view code = s3_error_part(xml, "Code");
  require(code.find('<') == code.npos);
  require(code.empty() || (code.data() >= xml.data() && code.size() <= xml.size()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0]) {
    case 'k': try_key(text); break;
    case 'c': try_credentials(text); break;
    case 'u': try_url(text); break;
    case 'q': try_query(text); break;
    case 'e': try_error(text); break;
    default: break;
  }
  return 0;
}
