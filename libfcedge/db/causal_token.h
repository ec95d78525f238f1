// SPDX-License-Identifier: Apache-2.0
// Causal tokens: what a write gives back, so that a later read, also from a near member and also
// through another node, sees it. Opaque to clients, signed by us. Pure code.
//
// A token is base64url of: version (1), mark of the replica set (16 bytes: the begin of the SHA-256
// of its id), operation time and cluster time (each seconds and increment, 4 bytes big endian), 1
// or 0 for whether a signature of the cluster time follows, that (20 bytes and 8 of its key's
// number, big endian), and the HMAC-SHA256 of all of it under a purpose of its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "db/topology.h"

namespace fce {

constexpr size_t kCausalTokenBytesMax = 126;

// What a server signs its cluster time with, so that no client winds up the clock of a set. Absent
// where servers ask for no authentication.
struct ClusterTimeSignature {
  std::array<uint8_t, 20> hash{};
  int64_t key_id = 0;

  bool operator==(const ClusterTimeSignature&) const = default;
};

struct CausalToken {
  // What is read has to contain: the write itself. Never zero.
  OperationTime operation;
  // What the server that is read from has to have heard of before; as late as `operation`, or
  // later.
  OperationTime cluster;
  std::optional<ClusterTimeSignature> signature;  // of `cluster`

  bool operator==(const CausalToken&) const = default;
};

// Status::invalid for times that no server gives, and for a key's number or a set's id that is not
// there. The first secret signs.
Status sign_causal_token(const CausalToken& token, std::string_view replica_set,
                         std::span<const std::string> secrets, std::string* out);

enum class TokenCheck : uint8_t {
  good,
  too_big,
  malformed,
  version,    // of a node that is newer, or older, than we can read
  signature,  // not ours, or of a secret that is gone
  foreign,    // of another replica set, whose times mean nothing here
};
const char* token_check_name(TokenCheck check);

// Nothing in a token is believed before its signature is good. All secrets verify. What is not good
// proves nothing: a read that has to be causal then goes to the primary.
TokenCheck verify_causal_token(std::string_view text, std::string_view replica_set,
                               std::span<const std::string> secrets, CausalToken* out);

// One that is good for whatever either is good for: of a client that wrote twice, say.
CausalToken later(const CausalToken& a, const CausalToken& b);

}  // namespace fce
