// SPDX-License-Identifier: Apache-2.0
#include "pubsub/presence_desk.h"

#include <utility>

#include "pubsub/hub.h"

namespace fce {
namespace {

class ReportMail final : public Mail {
 public:
  ReportMail(Hub& to, uint32_t shard) : to_(to), shard_(shard) {}
  void add(PresenceDesk::Report report) { reports_.push_back(std::move(report)); }
  void deliver() override { to_.presence().on_reports(shard_, std::move(reports_)); }

 private:
  Hub& to_;
  const uint32_t shard_;
  std::vector<PresenceDesk::Report> reports_;
};

class WatchMail final : public Mail {
 public:
  WatchMail(Hub& to, const ChannelKey& key, uint32_t shard) : to_(to), key_(key), shard_(shard) {}
  void deliver() override { to_.presence().on_watch(key_, shard_); }

 private:
  Hub& to_;
  const ChannelKey key_;
  const uint32_t shard_;
};

class SnapshotMail final : public Mail {
 public:
  SnapshotMail(Hub& to, const ChannelKey& key, const Roster& roster)
      : to_(to), key_(key), count_(roster.count()), members_(roster.members()) {}
  void deliver() override { to_.presence().on_snapshot(key_, count_, std::move(members_)); }

 private:
  Hub& to_;
  const ChannelKey key_;
  const uint32_t count_;
  std::vector<std::string> members_;
};

class ChangeMail final : public Mail {
 public:
  ChangeMail(Hub& to, const ChannelKey& key, const PresenceChange& change)
      : to_(to), key_(key), change_(change) {}
  void deliver() override { to_.presence().on_change(key_, change_); }

 private:
  Hub& to_;
  const ChannelKey key_;
  const PresenceChange change_;
};

}  // namespace

PresenceDesk::PresenceDesk(Hub& hub) : hub_(hub), timer_(&on_tick, this) {}

void PresenceDesk::stop() {
  timer_.cancel();
  while (marked_.pop_front()) {
  }
}

void PresenceDesk::mark(ChannelPresence& presence) {
  if (presence.linked()) return;
  marked_.push_back(&presence);
  if (!timer_.armed()) timer_.arm(hub_.loop().timers(), kTickMs);
}

void PresenceDesk::on_tick(void* self) { static_cast<PresenceDesk*>(self)->tick(); }

PresenceDesk::Report PresenceDesk::report_of(Channel& channel) {
  return {channel.key(), channel.subscribers(), channel.presence()->take_deltas()};
}

void PresenceDesk::tick() {
  std::vector<std::unique_ptr<ReportMail>> mails(hub_.shards());
  List<ChannelPresence, PresenceTick> now;
  now.splice_back(marked_);
  while (ChannelPresence* presence = now.pop_front()) {
    Channel& channel = presence->channel();
    if (HomeChannel* home = hub_.find_home(channel.key())) {
      tick_home(*home, *presence);
      continue;
    }
    auto& mail = mails[channel.key().home(hub_.shards())];
    if (!mail) mail = std::make_unique<ReportMail>(hub_.home_of(channel.key()), hub_.shard());
    mail->add(report_of(channel));
  }
  for (uint32_t shard = 0; shard < mails.size(); ++shard)
    if (mails[shard]) hub_.peer(shard).loop().post_always(std::move(mails[shard]));
}

void PresenceDesk::tick_home(HomeChannel& channel, ChannelPresence& presence) {
  const Report own = report_of(channel);
  apply(channel, hub_.shard(), own.count, own.deltas);
  Roster& roster = *presence.roster();
  PresenceChange change;
  if (roster.tick(hub_.loop().now_ms(), &change)) {
    hub_.counters().add(Counter::presence_joins, change.join.size());
    hub_.counters().add(Counter::presence_leaves, change.leave.size());
    hub_.counters().add(Gauge::presence_members, static_cast<int64_t>(change.join.size()) -
                                                     static_cast<int64_t>(change.leave.size()));
    presence.take_change(change);
    channel.for_each_watching_shard([&](uint32_t shard) {
      Hub& to = hub_.peer(shard);
      to.loop().post_always(std::make_unique<ChangeMail>(to, channel.key(), change));
    });
  }
  if (roster.waits()) mark(presence);
}

void PresenceDesk::apply(HomeChannel& channel, uint32_t shard, uint32_t count,
                         const ChannelPresence::Deltas& deltas) {
  Roster& roster = *channel.presence()->roster();
  roster.set_count(shard, count);
  for (const auto& [user, came] : deltas) {
    if (!came)
      roster.leave(user, shard, hub_.loop().now_ms());
    else if (!roster.join(user, shard))
      hub_.counters().add(Counter::limit_presence);
  }
}

void PresenceDesk::on_reports(uint32_t shard, std::vector<Report> reports) {
  for (const Report& report : reports) {
    HomeChannel* home = hub_.find_home(report.key);
    if (!home || !home->presence()) continue;
    apply(*home, shard, report.count, report.deltas);
    mark(*home->presence());
  }
}

void PresenceDesk::on_replica_ends(ReplicaChannel& channel) {
  if (!channel.presence()) return;
  Hub& home = hub_.home_of(channel.key());
  auto mail = std::make_unique<ReportMail>(home, hub_.shard());
  mail->add(report_of(channel));
  home.loop().post_always(std::move(mail));
}

void PresenceDesk::on_shard_left(HomeChannel& channel, uint32_t shard) {
  if (!channel.presence()) return;
  channel.presence()->roster()->set_count(shard, 0);
  mark(*channel.presence());
}

bool PresenceDesk::watch(Channel& channel, PresenceWatcher& watcher) {
  ChannelPresence* presence = channel.presence();
  if (!presence) return false;
  const bool first = !presence->watched();
  presence->watch(watcher);
  const ChannelKey& key = channel.key();
  if (Roster* roster = presence->roster()) {
    // The next tick tells the rest.
    if (presence->blank()) presence->take_snapshot(roster->count(), roster->members());
  } else if (first) {
    Hub& home = hub_.home_of(key);
    home.loop().post_always(std::make_unique<WatchMail>(home, key, hub_.shard()));
  }
  return true;
}

void PresenceDesk::on_watch(const ChannelKey& key, uint32_t shard) {
  HomeChannel* home = hub_.find_home(key);
  if (!home || !home->presence()) return;
  home->set_watching(shard);
  Hub& to = hub_.peer(shard);
  to.loop().post_always(std::make_unique<SnapshotMail>(to, key, *home->presence()->roster()));
}

void PresenceDesk::on_snapshot(const ChannelKey& key, uint32_t count,
                               std::vector<std::string> members) {
  ReplicaChannel* replica = hub_.find_replica(key);
  if (replica && replica->presence()) replica->presence()->take_snapshot(count, std::move(members));
}

void PresenceDesk::on_change(const ChannelKey& key, const PresenceChange& change) {
  ReplicaChannel* replica = hub_.find_replica(key);
  if (replica && replica->presence() && !replica->presence()->blank())
    replica->presence()->take_change(change);
}

void PresenceDesk::answer(const ChannelKey& key, PresenceQuery& query) {
  HomeChannel* home = hub_.find_home(key);
  ChannelPresence* presence = home ? home->presence() : nullptr;
  const bool with_members = hub_.policy_of(key).presence == PresenceMode::members;
  std::vector<std::string> members;
  if (presence) members = presence->roster()->members();
  query.on_presence(presence ? presence->roster()->count() : 0, with_members ? &members : nullptr);
}

}  // namespace fce
