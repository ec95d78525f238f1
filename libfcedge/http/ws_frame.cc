// SPDX-License-Identifier: Apache-2.0
#include "http/ws_frame.h"

#include <algorithm>
#include <vector>

#include "http/utf8.h"
#include "http/ws_deflate.h"

namespace fce {

namespace {

// The first reserved bit, which permessage-deflate gives a meaning (RFC 7692 section 6).
constexpr int kCompressed = 0x40;

}  // namespace

// What is there only while a frame or a message is half received.
struct WsParser::Partial {
  std::vector<uint8_t> message;  // the fragments so far, unmasked
  uint64_t taken = 0;            // of the frame's payload
  Frame frame;
  Utf8Validator utf8;
  bool in_frame = false;    // the header is complete
  bool in_message = false;  // a fragmented or half received message is open
  bool text = false;
  bool compressed = false;
  bool delivered = false;  // the message was handed out: free it on the next call
  uint8_t header_bytes = 0;
  uint8_t header[14];
  uint8_t control[kWsControlBytesMax];
};

void WsParser::Free::operator()(Partial* partial) const { delete partial; }

size_t ws_frame_header(WsOpcode opcode, uint64_t payload_bytes, uint8_t* out, bool compressed) {
  out[0] = static_cast<uint8_t>(0x80 | (compressed ? kCompressed : 0) | static_cast<int>(opcode));
  if (payload_bytes <= 125) {
    out[1] = static_cast<uint8_t>(payload_bytes);
    return 2;
  }
  const int count = payload_bytes <= 0xFFFF ? 2 : 8;
  out[1] = count == 2 ? 126 : 127;
  for (int i = 0; i < count; ++i)
    out[2 + i] = static_cast<uint8_t>(payload_bytes >> (8 * (count - 1 - i)));
  return static_cast<size_t>(2 + count);
}

bool ws_close_code_valid(uint16_t code) {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

size_t ws_close_payload(uint16_t code, std::string_view reason, uint8_t* out) {
  if (code == WsClose::no_status) return 0;
  if (!ws_close_code_valid(code)) code = WsClose::normal;
  out[0] = static_cast<uint8_t>(code >> 8);
  out[1] = static_cast<uint8_t>(code & 0xFF);
  Bytes text = as_bytes(reason);
  if (!is_utf8(text)) return 2;
  if (text.size() > kWsControlBytesMax - 2) {
    size_t size = kWsControlBytesMax - 2;
    while (size > 0 && (text[size] & 0xC0) == 0x80) --size;
    text = text.first(size);
  }
  std::copy(text.begin(), text.end(), out + 2);
  return 2 + text.size();
}

void ws_unmask(Bytes in, uint8_t* out, const uint8_t (&mask)[4], uint64_t offset) {
  uint8_t key[8];
  for (size_t i = 0; i < sizeof key; ++i) key[i] = mask[(offset + i) % 4];
  uint64_t wide_key;
  std::memcpy(&wide_key, key, sizeof wide_key);
  size_t i = 0;
  for (; i + 8 <= in.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, in.data() + i, sizeof word);
    word ^= wide_key;
    std::memcpy(out + i, &word, sizeof word);
  }
  for (; i < in.size(); ++i) out[i] = static_cast<uint8_t>(in[i] ^ key[i % 8]);
}

WsParser::Step WsParser::fail(uint16_t code) {
  error_ = code;
  partial_.reset();
  return Step::failed;
}

WsParser::Partial& WsParser::partial() {
  if (!partial_) partial_.reset(new Partial);
  return *partial_;
}

// Reserved bits are zero (section 5.2), but for the one that marks a compressed message on its
// first frame, where that was agreed on.
bool WsParser::check_first_byte(uint8_t byte, Frame* frame) {
  const int opcode = byte & 0x0F;
  if ((byte & 0x30) != 0 || (opcode > 2 && opcode < 8) || opcode > 10) return false;
  frame->fin = (byte & 0x80) != 0;
  frame->opcode = static_cast<WsOpcode>(opcode);
  frame->compressed = (byte & kCompressed) != 0;
  const bool may_compress = deflate_ && !frame->control() && opcode != 0;
  if (frame->compressed && !may_compress) return false;
  if (frame->control()) return frame->fin;
  const bool in_message = partial_ && partial_->in_message;
  return (frame->opcode == WsOpcode::continuation) == in_message;
}

// `form` is the 7-bit length: 126 and 127 announce a longer field, which must have been needed.
bool WsParser::check_length(const Frame& frame, int form) {
  const bool minimal = form == 127   ? frame.payload_bytes > 0xFFFF
                       : form == 126 ? frame.payload_bytes > 125
                                     : true;
  if (!minimal || frame.payload_bytes >> 63 != 0) {
    fail(WsClose::protocol_error);
    return false;
  }
  const uint64_t before = partial_ ? partial_->message.size() : 0;
  if (!frame.control() && frame.payload_bytes > message_bytes_max_ - before) {
    fail(WsClose::too_big);
    return false;
  }
  return true;
}

// The size of the header that `in` begins with; 0 when more bytes are needed to tell; -1 when it is
// refused. Each byte is judged as soon as it is there, so the outcome does not depend on how the
// input is cut.
int WsParser::read_header(Bytes in, Frame* frame) {
  if (in.empty()) return 0;
  bool good = check_first_byte(in[0], frame);
  if (good && in.size() > 1) {
    const bool masked = (in[1] & 0x80) != 0;
    good = masked && !(frame->control() && (in[1] & 0x7F) > kWsControlBytesMax);
  }
  if (!good) {
    fail(WsClose::protocol_error);
    return -1;
  }
  if (in.size() < 2) return 0;
  const int form = in[1] & 0x7F;
  const size_t length_bytes = form == 127 ? 8 : form == 126 ? 2 : 0;
  if (in.size() < 2 + length_bytes) return 0;
  frame->payload_bytes = length_bytes == 0 ? static_cast<uint64_t>(form) : 0;
  for (size_t i = 0; i < length_bytes; ++i)
    frame->payload_bytes = frame->payload_bytes << 8 | in[2 + i];
  if (!check_length(*frame, form)) return -1;
  if (in.size() < 2 + length_bytes + 4) return 0;
  std::memcpy(frame->mask, in.data() + 2 + length_bytes, 4);
  return static_cast<int>(2 + length_bytes + 4);
}

WsParser::Step WsParser::finish_control(WsOpcode opcode, Bytes payload, Item* item) {
  item->opcode = opcode;
  item->payload = payload;
  if (opcode != WsOpcode::close) return Step::control;
  item->close_code = WsClose::no_status;
  if (payload.empty()) return Step::control;
  if (payload.size() == 1) return fail(WsClose::protocol_error);
  item->close_code = static_cast<uint16_t>(payload[0] << 8 | payload[1]);
  item->payload = payload.subspan(2);
  if (!ws_close_code_valid(item->close_code)) return fail(WsClose::protocol_error);
  if (!is_utf8(item->payload)) return fail(WsClose::invalid_payload);
  return Step::control;
}

WsParser::Step WsParser::finish_compressed(WsOpcode opcode, Bytes payload, Item* item) {
  item->opcode = opcode;
  item->payload = {};
  if (!inflates_) return Step::message;
  item->inflated = true;
  switch (ws_inflate_message(payload, message_bytes_max_, &item->payload)) {
    case WsInflated::done: break;
    case WsInflated::too_big: inflated_too_big_ = true; return fail(WsClose::too_big);
    case WsInflated::broken: return fail(WsClose::invalid_payload);
  }
  if (opcode == WsOpcode::text && !is_utf8(item->payload)) return fail(WsClose::invalid_payload);
  return Step::message;
}

// The usual case, one whole frame in the input: nothing is allocated. False when it is not that;
// then nothing was taken.
bool WsParser::read_whole(Bytes* in, MutableBytes scratch, Item* item, Step* step) {
  Frame frame;
  const int header_bytes = read_header(*in, &frame);
  if (header_bytes < 0) {
    *step = Step::failed;
    return true;
  }
  const auto skip = static_cast<size_t>(header_bytes);
  if (header_bytes == 0 || !frame.fin || frame.payload_bytes > in->size() - skip ||
      frame.payload_bytes > scratch.size())
    return false;
  const auto size = static_cast<size_t>(frame.payload_bytes);
  const Bytes payload = scratch.first(size);
  ws_unmask(in->subspan(skip, size), scratch.data(), frame.mask, 0);
  *in = in->subspan(skip + size);
  if (frame.control()) {
    *step = finish_control(frame.opcode, payload, item);
  } else if (frame.compressed) {
    *step = finish_compressed(frame.opcode, payload, item);
  } else if (frame.opcode == WsOpcode::text && !is_utf8(payload)) {
    *step = fail(WsClose::invalid_payload);
  } else {
    item->opcode = frame.opcode;
    item->payload = payload;
    *step = Step::message;
  }
  return true;
}

// False when the header is not complete yet, or refused.
bool WsParser::collect_header(Bytes* in) {
  Partial& part = *partial_;
  while (!in->empty()) {
    part.header[part.header_bytes++] = in->front();
    *in = in->subspan(1);
    const int size = read_header({part.header, part.header_bytes}, &part.frame);
    if (size < 0) return false;
    if (size == 0) continue;
    part.header_bytes = 0;
    part.in_frame = true;
    part.taken = 0;
    if (!part.frame.control() && !part.in_message) {
      part.in_message = true;
      part.text = part.frame.opcode == WsOpcode::text;
      part.compressed = part.frame.compressed;
    }
    return true;
  }
  return false;
}

// Takes what there is of the frame's payload; `message` here means that the frame is complete.
WsParser::Step WsParser::take_payload(Bytes* in) {
  Partial& part = *partial_;
  const uint64_t left = part.frame.payload_bytes - part.taken;
  const Bytes piece = in->first(static_cast<size_t>(std::min<uint64_t>(left, in->size())));
  *in = in->subspan(piece.size());
  if (part.frame.control()) {
    ws_unmask(piece, part.control + part.taken, part.frame.mask, part.taken);
  } else {
    const size_t before = part.message.size();
    part.message.insert(part.message.end(), piece.begin(), piece.end());
    const MutableBytes added(part.message.data() + before, piece.size());
    ws_unmask(added, added.data(), part.frame.mask, part.taken);
    if (part.text && !part.compressed && !part.utf8.feed(added))
      return fail(WsClose::invalid_payload);
  }
  part.taken += piece.size();
  if (part.taken < part.frame.payload_bytes) return Step::more;
  part.in_frame = false;
  return Step::message;
}

WsParser::Step WsParser::read_parts(Bytes* in, Item* item) {
  Partial& part = partial();
  for (;;) {
    if (!part.in_frame && !collect_header(in)) return error_ != 0 ? Step::failed : Step::more;
    const Step step = take_payload(in);
    if (step != Step::message) return step;
    if (part.frame.control()) {
      part.delivered = !part.in_message;
      const auto size = static_cast<size_t>(part.frame.payload_bytes);
      return finish_control(part.frame.opcode, {part.control, size}, item);
    }
    if (!part.frame.fin) continue;
    const WsOpcode opcode = part.text ? WsOpcode::text : WsOpcode::binary;
    part.delivered = true;
    item->payload = {part.message.data(), part.message.size()};
    if (part.compressed) return finish_compressed(opcode, item->payload, item);
    if (part.text && !part.utf8.complete()) return fail(WsClose::invalid_payload);
    item->opcode = opcode;
    return Step::message;
  }
}

WsParser::Step WsParser::next(Bytes* in, MutableBytes scratch, Item* item) {
  if (error_ != 0) return Step::failed;
  item->inflated = false;
  if (partial_ && partial_->delivered) partial_.reset();
  if (in->empty()) return Step::more;
  Step step;
  if (!partial_ && read_whole(in, scratch, item, &step)) return step;
  return read_parts(in, item);
}

}  // namespace fce
