// SPDX-License-Identifier: Apache-2.0
// Random publishing, subscribing, disconnecting, slow reading and resuming on stepped shards with
// tiny rings and mailboxes, against a model that is a plain list: nothing may be lost, doubled or
// reordered without a gap, and no gap may be told where none was needed.
#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>

#include "support.h"

using namespace fce;
using namespace fce::test;

namespace {

struct Model {
  uint32_t ring_max;
  std::map<std::string, std::vector<std::string>> logs;  // by channel: [n - 1] is message n
};

// What a client sees of one channel, over all its connections.
class Client {
 public:
  Client(Model& model, const ChannelKey& key) : model_(model), key_(key) {}

  void connect(TestNode& node, uint32_t shard, std::string_view position) {
    reader_.reset();
    seen_ = 0;
    ready_ = gap_ = false;
    fresh_ = position.empty();
    garbled_ = !position.empty() && position != "0" && position[0] != '1';
    if (position == "0") next_ = 0;
    from_whole_ = position == "0";
    reader_ = std::make_unique<Reader>(node, shard, key_, position);
  }
  void disconnect() { reader_.reset(); }
  bool connected() const { return reader_ != nullptr; }
  Reader& reader() { return *reader_; }
  bool has_position() const { return next_ > 0; }
  std::string position() const { return short_id({1, next_ - 1}); }
  uint64_t next() const { return next_; }
  bool ready() const { return ready_; }

  // Checks what has come; "" when it is right.
  std::string check() {
    if (!reader_) return "";
    for (; seen_ < reader_->got.size(); ++seen_) {
      const std::string& line = reader_->got[seen_];
      const bool right = line[0] == 'g'   ? take_gap(line)
                         : line[0] == 'r' ? take_ready(line)
                                          : take_message(line);
      if (!right) return "unexpected: " + line + ", wanted " + std::to_string(next_);
    }
    return "";
  }

 private:
  const std::vector<std::string>& log() { return model_.logs[std::string(key_.name())]; }
  static uint64_t number(const std::string& line) {
    return std::stoull(line.substr(line.find('-') + 1));
  }
  // The place of the cursor is known from here on.
  void move(uint64_t next) {
    next_ = next;
    fresh_ = from_whole_ = false;
  }

  bool take_message(const std::string& line) {
    const uint64_t n = number(line);
    if (fresh_) return false;  // live only: `ready` comes first
    if (!from_whole_ && n != next_) return false;
    if (n > log().size() || log()[n - 1] != line.substr(line.find(' ') + 1)) return false;
    move(n + 1);
    return true;
  }
  bool take_ready(const std::string& line) {
    if (ready_) return false;
    ready_ = true;
    const uint64_t reached = number(line);
    const bool known = !fresh_ && !from_whole_;
    if (known && reached + 1 != next_) return false;
    move(reached + 1);
    return reached <= log().size();
  }
  bool take_gap(const std::string& line) {
    const uint64_t reached = number(line);
    if (reached > log().size()) return false;
    if (line.rfind("gap invalid", 0) == 0) {
      if (!garbled_ || gap_ || ready_) return false;
    } else {
      const bool expired = line.rfind("gap expired", 0) == 0;
      if (!expired && line.rfind("gap overflow", 0) != 0) return false;
      if (expired && (seen_ != 0 || fresh_ || from_whole_)) return false;
      // Only when the ring no longer has what is next: `whole` begins anywhere, so it may overflow.
      const uint64_t from = fresh_ || from_whole_ ? 1 : next_;
      if (reached + 1 < from || log().size() < from + model_.ring_max) return false;
    }
    gap_ = true;
    move(reached + 1);
    return true;
  }

  Model& model_;
  const ChannelKey key_;
  std::unique_ptr<Reader> reader_;
  size_t seen_ = 0;    // lines of this connection that were checked
  uint64_t next_ = 0;  // the message that has to come next; 0: none is known
  bool fresh_ = true;  // connected without a position, nothing came yet
  bool from_whole_ = false;
  bool garbled_ = false;
  bool ready_ = false;
  bool gap_ = false;
};

struct Published {
  Model* model;
  std::string channel;
  std::string payload;
  static void on_published(int status, const char* id, void* user) {
    const std::unique_ptr<Published> self(static_cast<Published*>(user));
    if (status != FCE_OK) return;
    auto& log = self->model->logs[self->channel];
    log.push_back(self->payload);
    // Ids are dense: the model's list is in the order in which they were told.
    CHECK(std::string(id) == id_text({1, log.size()}));
  }
};

class Run {
 public:
  explicit Run(uint32_t seed)
      : random_(seed),
        model_{1 + pick(6), {}},
        shards_(1 + pick(3)),
        node_(shards_, options(), 1 + pick(6)) {
    // By home and not by name: names hash differently in each process.
    for (int i = 0; i < 2; ++i) keys_.push_back(key_at(pick(shards_), shards_, i));
    for (uint32_t i = 0; i < 6; ++i) clients_.emplace_back(model_, keys_[i % keys_.size()]);
  }

  // "" or what went wrong.
  std::string go() {
    for (int i = 0; i < 150; ++i) {
      act();
      for (Client& client : clients_)
        if (const std::string wrong = client.check(); !wrong.empty()) return wrong;
    }
    return finish();
  }

 private:
  uint32_t pick(uint32_t below) { return static_cast<uint32_t>(random_() % below); }
  PubSubOptions options() const {
    PubSubOptions options;
    options.common.history.messages_max = model_.ring_max;
    return options;
  }

  void act() {
    Client& client = clients_[pick(static_cast<uint32_t>(clients_.size()))];
    switch (pick(12)) {
      case 0:
      case 1:
      case 2:
      case 3: publish(); break;
      case 4:
      case 5: node_.step(pick(shards_)); break;
      case 6: node_.settle(); break;
      case 7: node_.pass_ms(pick(shards_), pick(4) == 0 ? 20'000 : 500); break;
      case 8:
      case 9: connect(client); break;
      case 10: client.disconnect(); break;
      case 11:
        if (client.connected()) client.reader().set_room(pick(3) == 0 ? SIZE_MAX : pick(3));
        break;
    }
  }
  void publish() {
    const ChannelKey& key = keys_[pick(static_cast<uint32_t>(keys_.size()))];
    auto* publication =
        new Published{&model_, std::string(key.name()), std::to_string(++published_)};
    const Bytes payload = as_bytes(publication->payload);
    if (node_.pubsub().publish(key, {payload, nullptr}, &Published::on_published, publication) !=
        Status::ok)
      delete publication;
  }
  void connect(Client& client) {
    const uint32_t how = pick(8);
    std::string position;
    if (how == 0)
      position = "0";
    else if (how == 1)
      position = "nonsense";
    else if (how > 2 && client.has_position())
      position = client.position();
    client.connect(node_, pick(shards_), position);
  }

  std::string finish() {
    for (Client& client : clients_)
      if (client.connected()) client.reader().set_room(SIZE_MAX);
    node_.settle();
    // A shard that tries again may find the same mailbox full once more.
    for (uint32_t turn = 0; turn < 3 * shards_; ++turn) {
      node_.pass_ms(turn % shards_, 500);
      node_.settle();
    }
    size_t index = 0;
    for (Client& client : clients_) {
      const ChannelKey& key = keys_[index++ % keys_.size()];
      if (!client.connected()) continue;
      if (const std::string wrong = client.check(); !wrong.empty()) return wrong;
      if (!client.ready()) return "never ready";
      const uint64_t end = model_.logs[std::string(key.name())].size();
      if (client.next() != end + 1) return "ends at " + std::to_string(client.next());
    }
    return "";
  }

  std::mt19937 random_;
  Model model_;
  const uint32_t shards_;
  TestNode node_;
  std::vector<ChannelKey> keys_;
  std::vector<Client> clients_;
  uint64_t published_ = 0;
};

}  // namespace

TEST_CASE("resume model: nothing lost, doubled or reordered without a gap") {
  for (uint32_t seed = 1; seed <= 2000; ++seed) {
    const std::string wrong = Run(seed).go();
    CAPTURE(seed);
    REQUIRE(wrong == "");
  }
}
