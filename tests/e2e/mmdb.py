# SPDX-License-Identifier: Apache-2.0
"""Writes small databases of MaxMind's format (MaxMind DB File Format Specification 2.0)."""

import ipaddress
import struct

RECORD_BYTES = 3


def encode(value):
    """A value of the data section: text, float, bool, whole numbers of 32 bits, dict."""
    if isinstance(value, str):
        return head(2, len(value.encode())) + value.encode()
    if isinstance(value, bool):
        return head(14, int(value))
    if isinstance(value, float):
        return head(3, 8) + struct.pack(">d", value)
    if isinstance(value, int):
        return head(6, 4) + struct.pack(">I", value)
    return head(7, len(value)) + b"".join(encode(key) + encode(each)
                                          for key, each in value.items())


def head(kind, size):
    more = bytes([size - 29]) if size >= 29 else b""
    low = min(size, 29)
    return (bytes([kind << 5 | low]) if kind <= 7 else bytes([low, kind - 7])) + more


def city(country, latitude, longitude):
    """As MaxMind's City databases have it."""
    return {"country": {"iso_code": country},
            "location": {"latitude": float(latitude), "longitude": float(longitude)}}


def write(path, networks, kind="Test-City"):
    """`networks`: records by their networks, all of one family, none within another."""
    nodes, data = [[None, None]], b""
    version = ipaddress.ip_network(next(iter(networks))).version
    for text, record in networks.items():
        network = ipaddress.ip_network(text)
        bits = f"{int(network.network_address):0{network.max_prefixlen}b}"[:network.prefixlen]
        at = 0
        for bit in bits[:-1]:
            if nodes[at][int(bit)] is None:
                nodes.append([None, None])
                nodes[at][int(bit)] = len(nodes) - 1
            at = nodes[at][int(bit)]
        nodes[at][int(bits[-1])] = ("data", len(data))
        data += encode(record)

    def number(link):
        if link is None:
            return len(nodes)
        return link if isinstance(link, int) else len(nodes) + 16 + link[1]

    tree = b"".join(number(link).to_bytes(RECORD_BYTES, "big") for node in nodes for link in node)
    told = {"node_count": len(nodes), "record_size": 8 * RECORD_BYTES, "ip_version": version,
            "database_type": kind, "binary_format_major_version": 2,
            "binary_format_minor_version": 0, "build_epoch": 1_700_000_000}
    path.write_bytes(tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + encode(told))
