// SPDX-License-Identifier: Apache-2.0
// wolfSSL's headers change with the options that it was built with: this comes before each of them.
#pragma once

#ifdef FCE_WOLFSSL_SYSTEM
#include <wolfssl/options.h>
#endif
