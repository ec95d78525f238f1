// SPDX-License-Identifier: Apache-2.0
// Authenticator: tells a route who its client is. The door of the room.
//
// A request may bring a token as `Authorization: Bearer TOKEN` or, where a browser cannot set
// fields (WebSocket, EventSource), as `?token=TOKEN`. Without one it may have an anonymous session:
// a cookie, the field X-Fcedge-Session or `?session=`. What a client sends never reaches the log.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "auth/identity.h"
#include "auth/jwt.h"
#include "auth/key_file.h"
#include "auth/refusal.h"
#include "auth/session_secrets.h"
#include "base/status.h"
#include "http/message.h"
#include "metrics/counters.h"

namespace fce {

struct AuthOptions {
  std::string key_file;  // "": no token is accepted
  JwtPolicy tokens;
  bool anonymous = false;           // sessions are issued and accepted
  std::string session_secret_file;  // "": a random secret of this process
  uint32_t session_ttl_s = 30 * 24 * 3600;
};

// What a route wants.
struct AuthPolicy {
  enum class Mode : uint8_t {
    none,      // nobody is asked, and nothing is read
    optional,  // with or without an identity; a token that is bad is refused all the same
    required,  // an identity; an anonymous one counts where the route has sessions
  };
  Mode mode = Mode::none;
  bool anonymous = false;   // sessions are used, if the node has them
  std::string_view tenant;  // whose route it is: others' tokens are refused. Borrowed
};

// Both clocks, since nothing here reads one: seconds since 1970, and monotonic milliseconds.
struct AuthTime {
  int64_t wall_s = 0;
  uint64_t monotonic_ms = 0;
};

struct AuthOutcome {
  bool refused() const { return refusal != Refusal::none; }

  Refusal refusal = Refusal::none;
  std::shared_ptr<const Identity> identity;  // null: refused, or nobody
  // The token of a session that was issued or renewed just now, for clients whose cookies are
  // blocked, and the Set-Cookie field that the answer must have then; else both are "".
  std::string session;
  std::string set_cookie;
};

// Made once and shared by all shards.
class Authenticator {
 public:
  // Errors are those of the files.
  static Status make(const AuthOptions& options, std::shared_ptr<const Authenticator>* out);

  AuthOutcome authenticate(const Request& request, const AuthPolicy& policy, const AuthTime& time,
                           Counters& counters) const;

  // A token alone, as a client on an open connection refreshes its identity. Whether the new
  // identity may take the place of the old one is for the caller to say.
  Refusal verify(std::string_view token, std::string_view tenant, const AuthTime& time,
                 Counters& counters, std::shared_ptr<const Identity>* out) const;

  // What is wrong with the files, if they were changed for the worse; "" when they are good.
  std::string last_error() const;

 private:
  explicit Authenticator(const AuthOptions& options);
  void use_session(const Request& request, const AuthPolicy& policy, const AuthTime& time,
                   Counters& counters, AuthOutcome* out) const;

  const AuthOptions options_;
  const std::unique_ptr<KeyFile> keys_;               // null: no token is accepted
  const std::unique_ptr<SessionSecretFile> secrets_;  // null: no sessions
};

}  // namespace fce
