// SPDX-License-Identifier: Apache-2.0
// Many tenants with the same channel names and user names, whose payloads bear marks, connect,
// publish to audiences, block, read slowly, resume and leave at random on stepped shards. Every
// message that arrives must bear its tenant's mark, be for that reader, and come after the one
// before; what does not arrive must have been for others, replaced by its key, or told as a gap.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

#include "support.h"

using namespace fce;
using namespace fce::test;

namespace {

using Names = std::vector<std::string>;

// A message as it was published, and as it will be looked for.
struct Sent {
  std::string text;
  Publication::More more;
};

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

struct Who {
  std::string user;
  Names groups;
  Names blocked;

  // The rule of pubsub.h, told anew.
  bool gets(const Sent& sent) const {
    const Audience& audience = sent.more.audience;
    bool in = audience.groups.empty() && audience.users.empty();
    for (const std::string& group : groups) in = in || contains(audience.groups, group);
    if (!user.empty()) {
      in = in || contains(audience.users, user);
      if (contains(audience.exclude, user)) in = false;
    }
    return in && !contains(blocked, sent.more.author);
  }
};

struct Log {
  ChannelKey key;
  bool conflates = false;
  std::vector<Sent> sent;  // [n - 1] is message n

  // Whether a later one with its key had replaced it when the log had `end` messages.
  bool replaced(uint64_t n) const {
    const std::string& key_of_n = sent[n - 1].more.key;
    if (!conflates || key_of_n.empty()) return false;
    return std::any_of(sent.begin() + static_cast<long>(n), sent.end(),
                       [&](const Sent& later) { return later.more.key == key_of_n; });
  }
};

class Client {
 public:
  Client(TestNode& node, uint32_t shard, Log& log, Who who, std::string_view position)
      : log_(log), who_(std::move(who)), next_(0) {
    const FilterRef filter =
        node.hub(shard).filters().get({who_.user, who_.groups, name_hashes(who_.blocked)});
    if (!position.empty()) next_ = std::stoull(std::string(position.substr(2))) + 1;
    reader_ = std::make_unique<Reader>(node, shard, log.key, position, filter);
  }

  Reader& reader() { return *reader_; }
  Log& log() { return log_; }
  const Who& who() const { return who_; }
  std::string position() const { return next_ == 0 ? "" : "1-" + std::to_string(next_ - 1); }

  // "" or what was wrong with what has come.
  std::string check() {
    for (; seen_ < reader_->got.size(); ++seen_) {
      const std::string& line = reader_->got[seen_];
      const uint64_t n = std::stoull(line.substr(line.find('-') + 1));
      if (n > log_.sent.size()) return "from the future: " + line;
      if (line[0] == '1') {
        if (const std::string wrong = check_message(n, line); !wrong.empty()) return wrong;
      } else if (line[0] != 'g') {
        // "ready" or "at": all before was seen, or not for this reader.
        if (const std::string wrong = check_passed(n + 1); !wrong.empty()) return line + wrong;
      }
      next_ = n + 1;
    }
    return "";
  }
  bool at_end() const { return next_ == 0 || check_passed(log_.sent.size() + 1).empty(); }

 private:
  std::string check_message(uint64_t n, const std::string& line) const {
    const Sent& sent = log_.sent[n - 1];
    if (line.substr(line.find(' ') + 1) != sent.text) return "of another channel: " + line;
    if (!who_.gets(sent)) return "not for " + who_.user + ": " + line;
    if (next_ != 0 && n < next_) return "again: " + line;
    const std::string wrong = check_passed(n);
    return wrong.empty() ? wrong : line + wrong;
  }
  std::string check_passed(uint64_t end) const {
    for (uint64_t n = next_; next_ != 0 && n < end; ++n)
      if (who_.gets(log_.sent[n - 1]) && !log_.replaced(n)) return " without " + std::to_string(n);
    return "";
  }

  Log& log_;
  const Who who_;
  std::unique_ptr<Reader> reader_;
  size_t seen_ = 0;
  uint64_t next_;  // the message after all that was seen; 0: not known yet
};

struct Told {
  Log* log;
  Sent sent;
  static void on_published(int status, const char*, void* user) {
    const std::unique_ptr<Told> self(static_cast<Told*>(user));
    if (status == FCE_OK) self->log->sent.push_back(std::move(self->sent));
  }
};

class Churn {
 public:
  explicit Churn(uint32_t seed)
      : random_(seed), shards_(1 + pick(3)), node_(shards_, options(), 1 + pick(8)) {
    Namespace votes;
    votes.name = "votes";
    votes.overflow = Overflow::conflate;
    votes.history.messages_max = 1 + pick(4);
    if (node_.pubsub().namespaces().add(votes) != Status::ok) std::abort();
    for (const char* tenant : {"acme", "globex", "initech"}) {
      for (const char* name : {"news", "votes:1"}) {
        logs_.push_back({key_of(tenant, name), name[0] == 'v', {}});
      }
    }
  }

  std::string go() {
    for (int i = 0; i < 120; ++i) {
      act();
      for (auto& client : clients_)
        if (const std::string wrong = client->check(); !wrong.empty()) return wrong;
    }
    for (auto& client : clients_) client->reader().set_room(SIZE_MAX);
    for (uint32_t turn = 0; turn < 3 * shards_; ++turn) {
      node_.pass_ms(turn % shards_, 500);
      node_.settle();
    }
    for (auto& client : clients_) {
      if (const std::string wrong = client->check(); !wrong.empty()) return wrong;
      if (!client->at_end()) return "not at the end";
    }
    return "";
  }

 private:
  uint32_t pick(uint32_t below) { return static_cast<uint32_t>(random_() % below); }
  PubSubOptions options() {
    PubSubOptions options;
    options.common.history.messages_max = 1 + pick(8);
    return options;
  }
  Names some(std::initializer_list<const char*> names) {
    Names chosen;
    for (const char* name : names)
      if (pick(4) == 0) chosen.emplace_back(name);
    return chosen;
  }

  void act() {
    switch (pick(10)) {
      case 0:
      case 1:
      case 2:
      case 3: return publish();
      case 4: return node_.step(pick(shards_));
      case 5: return node_.settle();
      case 6: return node_.pass_ms(pick(shards_), pick(4) == 0 ? 20'000 : 500);
      case 7: return connect();
      case 8: return reconnect();
      case 9:
        if (!clients_.empty()) any().reader().set_room(pick(3) == 0 ? SIZE_MAX : pick(3));
    }
  }
  Client& any() { return *clients_[pick(static_cast<uint32_t>(clients_.size()))]; }

  void publish() {
    Log& log = logs_[pick(static_cast<uint32_t>(logs_.size()))];
    Sent sent;
    sent.text = std::string(log.key.tenant()) + "/" + std::string(log.key.name()) + "/" +
                std::to_string(++published_);
    sent.more.audience = {some({"staff", "mods"}), some({"ann", "bob"}), some({"ann", "eve"})};
    if (pick(3) == 0) sent.more.author = pick(2) == 0 ? "troll" : "ann";
    if (pick(2) == 0) sent.more.key = std::to_string(pick(3));
    auto* told = new Told{&log, sent};
    const Publication publication{as_bytes(sent.text), &sent.more};
    const Status status = node_.pubsub().publish(log.key, publication, &Told::on_published, told);
    if (status != Status::ok) delete told;
  }
  void connect() {
    if (clients_.size() >= 12) {
      std::swap(clients_[pick(12)], clients_.back());
      clients_.pop_back();
    }
    static const char* const kUsers[] = {"", "ann", "bob", "eve"};
    Who who{kUsers[pick(4)], some({"staff", "mods"}), some({"troll", "ann"})};
    Log& log = logs_[pick(static_cast<uint32_t>(logs_.size()))];
    clients_.push_back(std::make_unique<Client>(node_, pick(shards_), log, std::move(who), ""));
  }
  // The same client on another shard, from where it was.
  void reconnect() {
    if (clients_.empty()) return;
    auto& client = clients_[pick(static_cast<uint32_t>(clients_.size()))];
    const std::string position = client->position();
    Log& log = client->log();
    const Who who = client->who();
    client.reset();
    client = std::make_unique<Client>(node_, pick(shards_), log, who, position);
  }

  std::mt19937 random_;
  const uint32_t shards_;
  TestNode node_;
  std::vector<Log> logs_;
  std::vector<std::unique_ptr<Client>> clients_;
  uint64_t published_ = 0;
};

}  // namespace

TEST_CASE("churn: every byte bears its tenant's mark and is for its reader") {
  for (uint32_t seed = 1; seed <= 3000; ++seed) {
    const std::string wrong = Churn(seed).go();
    CAPTURE(seed);
    REQUIRE(wrong == "");
  }
}
