// SPDX-License-Identifier: Apache-2.0
// The payload of a record, between memory and disk: encrypted if the store is, and checked.
#pragma once

#include "base/bytes.h"
#include "cache/cipher.h"
#include "cache/record.h"

namespace fce {

// Makes what is stored: `payload` has `head->payload_bytes()`, with room for the tag at its end if
// there is a cipher. Sets the head's check. False only if the cipher fails.
bool seal_payload(RecordHead* head, MutableBytes payload, const Cipher* cipher);
// Decrypts in place what was stored. False when it is damaged. Without `check` clear text is taken
// as it is: it was looked at before.
bool open_payload(const RecordHead& head, MutableBytes payload, const Cipher* cipher, bool check);

}  // namespace fce
