#!/usr/bin/env python3
"""Writes the first inputs of the targets of negotiated messages: the golden bytes of
docs/protocol.md and the exchanges that it describes. Run it in the root after the wire has got
something new; what fuzzing has found besides stays where it is."""

import pathlib

import msgpack

CUTS = (b"\xff" * 8, b"\x03\x50\x09\x28\x00\x31\x12\x06", bytes(range(8)))
FEATURES = ["goaway", "meta", "errors", "cancel"]
HELLO = {"v": 1, "feat": FEATURES, "max_msg": 4096, "name": "x", "token": "t"}

SERVER = {
    "hello": [[0, 1, "$/hello", [HELLO]], [0, 2, "add", [1, 2]]],
    "budget": [[0, 1, "$/hello", [HELLO]], [0, 2, "add", [1, 2], {"t": 200}],
               [0, 3, "echo", ["x"], {"t": 1, "tenant": "blue", "traceparent": "00-1-2-01"}]],
    "cancel": [[0, 1, "$/hello", [HELLO]], [0, 2, "late", []], [2, "$/cancel", [2]],
               [0, 3, "late", [], {"t": 5}], [2, "$/cancel", [3]], [2, "$/cancel", [4]]],
    "errors": [[0, 1, "$/hello", [HELLO]], [0, 2, "fail", ["no"]], [0, 3, "ad", [1]],
               [0, 4, "add", [1, "two"]], [0, 5, "big", [5000]]],
    "answers": [[0, 1, "$/hello", [HELLO]], [1, 0, None, 7],
                [1, 1, ["OVERLOADED", "x", None], None],
                [1, 2, ["ERROR", "no", 42], None, {"served-by": "desk"}], [1, 3, "A: b", None]],
    "plain": [[0, 1, "add", [1, 2]], [1, 0, "UNAVAILABLE: x", None], [2, "late", []]],
}
CLIENT = {
    "agreed": [[1, 1, None, HELLO], [1, 2, None, 7], [1, 3, ["NOT_FOUND", "x", None], None]],
    "refused": [[1, 1, "no such method", None], [1, 2, None, 7], [1, 3, {"message": "x"}, None]],
    "metadata": [[1, 1, None, HELLO], [1, 2, None, 7, {"served-by": "desk", "t": 5}]],
    "asked": [[1, 1, None, HELLO], [0, 7, "add", [1, 2], {"t": 200}], [0, 8, "late", []],
              [2, "$/cancel", [8]], [0, 9, "echo", ["x"], {"tenant": "blue"}], [2, "add", [1, 2]]],
    "goaway": [[1, 1, None, HELLO], [1, 2, None, 7], [2, "$/goaway", ["bye", 10, 3]],
               [1, 3, None, 1]],
    "turned_away": [[2, "$/goaway", ["too many connections", 0, None]]],
}
VALUES = {
    "hello": HELLO,
    "hello_params": [HELLO],
    "newer_hello": {"v": 2, "feat": ["goaway", "new", 3], "more": [1]},
    "goaway": ["bye", 30000, 7],
    "goaway_of_all": ["bye", 0, None],
    "cancel": [7],
    "budget": {"t": 200},
    "metadata": {"t": 200, "tenant": "blue", "traceparent": "00-1-2-01", "z": 1, "more": 7},
    "error": ["ERROR", "no", None],
    "error_with_data": ["NOT_FOUND", "no method", {"a": 1}],
    "unknown_error": ["NEWER", "what", 1],
    "foreign_error": {"message": "odd"},
    "pair": [0, "Vim: odd"],
}


def write(target, name, data):
    folder = pathlib.Path("tests/fuzz/corpus") / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ("seed_" + name)).write_bytes(data)


for target, exchanges in (("fuzz_server_session", SERVER), ("fuzz_client_session", CLIENT)):
    for name, messages in exchanges.items():
        stream = b"".join(msgpack.packb(message) for message in messages)
        for i, cuts in enumerate(CUTS):
            write(target, f"{name}_{i}", stream + cuts)
for name, value in VALUES.items():
    write("fuzz_negotiated", name, msgpack.packb(value))
