// SPDX-License-Identifier: Apache-2.0
#include "pubsub/feed_format.h"

#include <charconv>

#include "http/field_list.h"
#include "http/query.h"
#include "pubsub/line_feed.h"
#include "pubsub/target.h"

namespace fce {
namespace {

using Kind = FeedChoice::Kind;

// The most specific range that covers a type decides about it.
struct Rank {
  int specific = 0;
  int weight = 0;  // in thousandths

  bool admitted() const { return weight > 0; }
  bool over(const Rank& other) const {
    return weight != other.weight ? weight > other.weight : specific > other.specific;
  }
};

// The weight of a media range, whose parameters follow. One that is malformed counts as whole.
int weight_of(std::string_view parameters) {
  int weight = 1000;
  while (!parameters.empty()) {
    const size_t end = parameters.find(';');
    const std::string_view parameter = trim_blanks(parameters.substr(0, end));
    if (parameter.size() > 2 && equals_ignoring_case(parameter.substr(0, 2), "q=")) {
      const int given = parse_weight(parameter.substr(2));
      if (given >= 0) weight = given;
    }
    parameters.remove_prefix(end == std::string_view::npos ? parameters.size() : end + 1);
  }
  return weight;
}

void weigh(std::string_view member, std::string_view type, std::string_view all_of_kind,
           Rank* best) {
  const size_t end = member.find(';');
  const std::string_view range = trim_blanks(member.substr(0, end));
  int specific = 0;
  if (equals_ignoring_case(range, type))
    specific = 3;
  else if (equals_ignoring_case(range, all_of_kind))
    specific = 2;
  else if (range == "*/*")
    specific = 1;
  if (specific <= best->specific) return;
  const bool plain = end == std::string_view::npos;
  *best = {specific, plain ? 1000 : weight_of(member.substr(end + 1))};
}

struct Ranks {
  Rank sse;
  Rank lines;
};

Ranks read_accept(const Request& request) {
  Ranks ranks;
  bool present = false;
  for (const Header& header : request.headers) {
    if (header.name != "accept") continue;
    present = true;
    std::string_view list = header.value;
    std::string_view member;
    while (next_member(&list, &member)) {
      weigh(member, "text/event-stream", "text/*", &ranks.sse);
      weigh(member, "application/x-ndjson", "application/*", &ranks.lines);
    }
  }
  if (!present) ranks.sse.weight = ranks.lines.weight = 1;
  return ranks;
}

// What the query or the Accept fields say; false: the query's format is none of ours.
bool read_ranks(const Request& request, Ranks* ranks) {
  const std::string_view format = query_value(request.query, "format");
  if (format.empty()) {
    *ranks = read_accept(request);
  } else if (format == "sse") {
    ranks->sse.weight = 1;
  } else if (format == "ndjson") {
    ranks->lines.weight = 1;
  } else {
    return false;
  }
  return true;
}

FeedChoice refused(uint16_t status, std::string_view why) {
  FeedChoice choice;
  choice.status = status;
  choice.why = why;
  return choice;
}

FeedChoice choose_poll(std::string_view text, const FeedForms& forms, const Ranks& ranks) {
  FeedChoice choice;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, choice.poll_s);
  if (read.ec != std::errc() || read.ptr != end || choice.poll_s < 1 ||
      choice.poll_s > LinePoll::kSecondsMax)
    return refused(400, "poll is 1 to 60 seconds");
  if (!forms.poll) return refused(406, "this feed has no long poll");
  if (!ranks.lines.admitted()) return refused(406, "a long poll is application/x-ndjson");
  choice.kind = Kind::poll;
  return choice;
}

}  // namespace

FeedChoice choose_feed(const Request& request, const FeedForms& forms) {
  Ranks ranks;
  if (!read_ranks(request, &ranks)) return refused(400, "format is sse or ndjson");
  const std::string_view poll = query_value(request.query, "poll");
  if (!poll.empty()) return choose_poll(poll, forms, ranks);
  const bool sse = forms.sse && ranks.sse.admitted();
  const bool lines = forms.stream && ranks.lines.admitted();
  FeedChoice choice;
  if (sse && !(lines && ranks.lines.over(ranks.sse))) {
    choice.kind = Kind::sse;
  } else if (lines) {
    choice.kind = Kind::stream;
  } else if (forms.sse && forms.stream) {
    return refused(406, "this feed is text/event-stream or application/x-ndjson");
  } else if (forms.sse || forms.stream) {
    return refused(
        406, forms.sse ? "this feed is text/event-stream" : "this feed is application/x-ndjson");
  } else {
    return refused(406, forms.poll ? "this feed is for WebSocket and long polls only"
                                   : "this feed is for WebSocket only");
  }
  return choice;
}

}  // namespace fce
