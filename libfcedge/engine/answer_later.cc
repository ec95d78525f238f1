// SPDX-License-Identifier: Apache-2.0
#include "engine/answer_later.h"

#include <utility>

#include "engine/shard.h"

fce_exchange::fce_exchange(fce::Exchange& the_exchange, std::shared_ptr<fce_exchange_gate> the_gate)
    : exchange(the_exchange), gate(std::move(the_gate)) {
  exchange.ref();
}

fce_exchange::~fce_exchange() { exchange.unref(); }

namespace fce {
namespace {

void answer_now(Exchange& exchange, LaterAnswer& answer) {
  if (answer.abort) return exchange.abort();
  std::vector<Header> headers;
  headers.reserve(answer.headers.size());
  for (const auto& [name, value] : answer.headers) headers.push_back({name, value});
  Body body = answer.body ? Body::of(Slice::whole(std::move(answer.body))) : Body::none();
  exchange.respond(answer.status, headers, std::move(body));
}

// Destroyed without delivery when the shard has ended: then the exchange is only freed.
class AnswerMail final : public Mail {
 public:
  AnswerMail(fce_exchange* exchange, LaterAnswer answer)
      : exchange_(exchange), answer_(std::move(answer)) {}
  void deliver() override { answer_now(exchange_->exchange, answer_); }

 private:
  std::unique_ptr<fce_exchange> exchange_;
  LaterAnswer answer_;
};

}  // namespace

LaterAnswers::LaterAnswers(Loop& loop) : gate_(std::make_shared<fce_exchange_gate>()) {
  gate_->loop = &loop;
}

LaterAnswers::~LaterAnswers() { shut(); }

fce_exchange* LaterAnswers::give_out(Exchange& exchange) {
  auto* given = new fce_exchange(exchange, gate_);
  out_.push_back(given);
  return given;
}

void LaterAnswers::shut() {
  const std::lock_guard lock(gate_->mutex);
  gate_->loop = nullptr;
  // They belong to their handlers; only the shard's list forgets them, and the shard's timers.
  while (fce_exchange* exchange = out_.pop_front()) exchange->exchange.abort();
}

Status LaterAnswers::give_back(fce_exchange* given, LaterAnswer answer) {
  const auto gate = given->gate;
  const Shard* here = Shard::current();
  std::unique_lock lock(gate->mutex);
  if (!gate->loop) {
    delete given;
    return fail(Status::canceled, "the node has stopped");
  }
  if (here && &const_cast<Shard*>(here)->loop() == gate->loop) {
    lock.unlock();
    const std::unique_ptr<fce_exchange> owned(given);
    if (given->exchange.client_gone()) return fail(Status::canceled, "the client has left");
    answer_now(given->exchange, answer);
    return Status::ok;
  }
  gate->loop->post_always(std::make_unique<AnswerMail>(given, std::move(answer)));
  return Status::ok;
}

}  // namespace fce
