// SPDX-License-Identifier: Apache-2.0
// One immutable set of certificates: a wolfSSL context each, and the names that it is for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

struct WOLFSSL_CTX;

namespace fce {

class CertificateSet {
 public:
  CertificateSet() = default;
  ~CertificateSet();
  CertificateSet(const CertificateSet&) = delete;
  CertificateSet& operator=(const CertificateSet&) = delete;

  // Adds a chain and its key, both PEM. The paths are for error sentences.
  Status add(std::string_view chain_pem, std::string_view key_pem, const std::string& chain_path,
             const std::string& key_path);

  // The context for a server name; "" or an unknown name gets the first.
  WOLFSSL_CTX* select(std::string_view server_name) const;

 private:
  struct Entry {
    WOLFSSL_CTX* context;
    std::vector<std::string> names;  // dNSName entries in lower case
  };
  std::vector<Entry> entries_;
};

// RFC 6125 section 6.4: equal without case, or one left-most label "*".
bool certificate_name_matches(std::string_view pattern, std::string_view server_name);

// The dNSName entries of a PEM chain's leaf, in lower case.
Status certificate_names(std::string_view chain_pem, std::vector<std::string>* names);

}  // namespace fce
