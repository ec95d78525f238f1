/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How we build wolfSSL 5.5.4: TLS 1.2 and 1.3 with modern suites, small sessions, the x86 assembly
 * chosen at run time. The assembler reads this file too, so it holds nothing but #define.
 */
#ifndef FCEDGE_WOLFSSL_USER_SETTINGS_H
#define FCEDGE_WOLFSSL_USER_SETTINGS_H

/* ---- machine ---- */

#if defined(__x86_64__) && !defined(FCEDGE_WOLFSSL_NO_ASM)
/* Each routine asks cpuid once and has a plain C version behind it: never an illegal instruction.
 * No GCM table here, since every session would carry two of 512 bytes that AES-NI never reads. */
#define WOLFSSL_X86_64_BUILD
#define USE_INTEL_SPEEDUP
#define WOLFSSL_AESNI
#define WOLFSSL_SP_X86_64
#define WOLFSSL_SP_X86_64_ASM
#else
#define GCM_TABLE_4BIT
#endif

#define SIZEOF_LONG 8
#define SIZEOF_LONG_LONG 8
#if defined(__SIZEOF_LONG__) && __SIZEOF_LONG__ == 4
#undef SIZEOF_LONG
#define SIZEOF_LONG 4
#endif

#if defined(__SIZEOF_INT128__)
#define HAVE___UINT128_T 1
#endif

/* ---- big numbers: own code for the sizes in use, the general one for the rest ---- */

#define WOLFSSL_SP_MATH_ALL
#define WOLFSSL_HAVE_SP_ECC
#define WOLFSSL_HAVE_SP_RSA
#define WOLFSSL_SP_384
#define WOLFSSL_SP_4096
#define SP_INT_BITS 4096

/* ---- hardening ---- */

#define TFM_TIMING_RESISTANT
#define ECC_TIMING_RESISTANT
#define WC_RSA_BLINDING

/* All random bytes come straight from getrandom(2). A handshake asks four times, which costs less
 * than to seed and test a generator for each session; there is no state that a fork or a snapshot
 * could double, no descriptor to run out of, and no trust in RDRAND alone. */
#define CUSTOM_RAND_GENERATE_BLOCK fce_wolfssl_random
#define WC_NO_HASHDRBG

/* ---- protocol ---- */

#define WOLFSSL_TLS13
#define NO_OLD_TLS
#define WOLFSSL_AEAD_ONLY
#define HAVE_TLS_EXTENSIONS
#define HAVE_SUPPORTED_CURVES
#define HAVE_EXTENDED_MASTER
#define HAVE_SNI
#define HAVE_ALPN
/* OpenSSL 3 refuses a TLS 1.2 server that does not say that it knows RFC 5746. We only say so:
 * renegotiation itself is not compiled. */
#define HAVE_SERVER_RENEGOTIATION_INFO
/* Clients in compatibility mode (browsers) expect RFC 8446 D.4's dummy ChangeCipherSpec. */
#define WOLFSSL_TLS13_MIDDLEBOX_COMPAT
/* Tickets are the only resumption of a server, and their keys are ours: no default callback. The
 * session cache is compiled as small as it goes, because without it the calls with which a client
 * resumes are missing too; a server context turns it off: wolfSSL_CTX_set_session_cache_mode. */
#define HAVE_SESSION_TICKET
#define WOLFSSL_NO_DEF_TICKET_ENC_CB
#define MICRO_SESSION_CACHE
#define NO_SESSION_CACHE_REF
#define NO_CLIENT_CACHE
#define NO_PSK
/* The verify callback sees every certificate, also good ones: mesh identity is decided there. */
#define WOLFSSL_ALWAYS_VERIFY_CB

/* ---- algorithms ---- */

#define HAVE_AESGCM
#define NO_AES_CBC
#define HAVE_CHACHA
#define HAVE_POLY1305
#define HAVE_ONE_TIME_AUTH
#define HAVE_ECC
#define HAVE_ECC384
#define ECC_USER_CURVES
#define ECC_SHAMIR
#define HAVE_CURVE25519
#define HAVE_ED25519
#define WC_RSA_PSS
#define HAVE_HKDF
#define WOLFSSL_SHA384
#define WOLFSSL_SHA512
#define WOLFSSL_SIPHASH
#define WOLFSSL_BASE64_ENCODE

#define NO_DH
#define NO_DSA
#define NO_DES3
#define NO_RC4
#define NO_MD4
#define NO_MD5
#define NO_PWDBASED
#define NO_PKCS7
#define NO_PKCS12

/* ---- certificates ---- */

#define WOLFSSL_ASN_TEMPLATE
#define WOLFSSL_PUBLIC_ASN
#define WOLFSSL_IP_ALT_NAME
/* A chain is good when it leads from the leaf to a CA that is trusted, whatever else it holds: many
 * servers still send an old cross-signed root. */
#define WOLFSSL_ALT_CERT_CHAINS
#define WOLFSSL_PEM_TO_DER
#define HAVE_PKCS8

/* ---- surroundings: our sockets, our files, no printf ---- */

#define WOLFSSL_USER_IO
#define NO_FILESYSTEM
#define NO_WRITEV
#define NO_MULTIBYTE_PRINT
#define WOLFSSL_IGNORE_FILE_WARN

#endif
