// SPDX-License-Identifier: Apache-2.0
#include "engine/internal_call.h"

#include "engine/shard.h"
#include "http/authority.h"
#include "http/context.h"
#include "http/dispatch.h"

namespace fce {

void InternalCall::start(HttpContext& http, Question question) {
  if (http.draining) return refuse(question, Status::canceled);
  auto* call = new InternalCall(http, std::move(question));
  Shard::current()->calls().push_back(call);
  Exchange& exchange = *call->exchange_;
  exchange.ref();
  (void)dispatch_begin(exchange, 0);
  if (!exchange.answered()) dispatch_run(exchange);
  exchange.unref();
}

InternalCall::InternalCall(HttpContext& http, Question question)
    : http_(http), question_(std::move(question)) {
  exchange_ = new Exchange(http, *this, PeerAddress());
  Arena& arena = exchange_->arena;
  auto* fields = arena.allocate_array<Header>(question_.headers.size());
  for (size_t i = 0; i < question_.headers.size(); ++i)
    fields[i] = {question_.headers[i].first, question_.headers[i].second};
  Request& request = exchange_->request;
  request.method = Method::get;
  request.method_text = "GET";
  request.headers = {fields, question_.headers.size()};
  const std::string_view target = question_.target;
  const size_t query = target.find('?');
  request.path = target.substr(0, query);
  if (query != target.npos) request.query = target.substr(query + 1);
  request.authority = question_.host;
  request.host = host_of_authority(request.authority);
}

InternalCall::~InternalCall() {
  if (exchange_) {
    exchange_->detach();
    exchange_->unref();
  }
}

void InternalCall::refuse(const Question& question, Status why) {
  fce_cache_answer answer{};
  answer.error = static_cast<int32_t>(why);
  question.done(&answer, question.user);
}

void InternalCall::on_answer(Exchange& exchange, uint16_t status, std::span<const Header> headers,
                             Body body) {
  status_ = status;
  for (const Header& header : headers) fields_.emplace_back(header.name, header.value);
  body_ = as_text(body.bytes.bytes);
  source_ = std::move(body.source);
  if (source_) source_->set_reader(this);
  if (body_.size() > question_.body_bytes_max ||
      (body.length && *body.length > question_.body_bytes_max))
    error_ = Status::too_big;
  exchange_ = nullptr;
  exchange.unref();
  // Not from within the handler's call.
  http_.net.loop.mark_dirty(*this, Lane::answer);
}

void InternalCall::on_abort(Exchange& exchange) {
  error_ = Status::io;
  exchange_ = nullptr;
  exchange.unref();
  http_.net.loop.mark_dirty(*this, Lane::answer);
}

Status InternalCall::on_upgrade(Exchange&, std::span<const Header>, Upgraded*) {
  return fail(Status::unsupported, "this request comes from the node itself");
}

void InternalCall::on_body_ready(BodySource&, Lane lane) { http_.net.loop.mark_dirty(*this, lane); }

void InternalCall::flush() {
  Gather gather;
  while (source_ && error_ == Status::ok) {
    gather.begin(Gather::kBytesMax);
    const BodySource::Pull pull = source_->pull(gather, Gather::kBytesMax);
    for (size_t i = 0; i < gather.count(); ++i) body_ += as_text(gather[i].bytes);
    if (body_.size() > question_.body_bytes_max) error_ = Status::too_big;
    if (pull == BodySource::Pull::failed) error_ = Status::io;
    if (pull == BodySource::Pull::wait && error_ == Status::ok) return;
    if (pull != BodySource::Pull::more) source_.reset();
  }
  finish(error_);
}

void InternalCall::finish(Status error) {
  if (error != Status::ok) {
    refuse(question_, error);
    delete this;
    return;
  }
  std::vector<fce_header> headers;
  for (const auto& [name, value] : fields_)
    headers.push_back({{name.data(), name.size()}, {value.data(), value.size()}});
  fce_cache_answer answer{};
  answer.status = status_;
  answer.headers = headers.data();
  answer.header_count = headers.size();
  answer.body = {body_.data(), body_.size()};
  question_.done(&answer, question_.user);
  delete this;
}

}  // namespace fce
