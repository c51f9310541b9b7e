"""A MessagePack-RPC client of python3-msgpack and a socket. Ends with 0 if all replies fit."""

import socket
import sys

import msgpack

connection = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=20)
unpacker = msgpack.Unpacker(raw=False, max_buffer_size=1 << 26)


def send(*messages):
    connection.sendall(b"".join(msgpack.packb(message) for message in messages))


def receive():
    while True:
        for message in unpacker:
            return message
        chunk = connection.recv(65536)
        assert chunk, "the server closed the connection"
        unpacker.feed(chunk)


def call(msgid, method, *params):
    send([0, msgid, method, list(params)])
    kind, replied, error, result = receive()
    assert (kind, replied) == (1, msgid), (kind, replied)
    return error, result


assert call(0, "add", 1, 2) == (None, 3)
assert call(2**32 - 1, "add", -1, 1) == (None, 0)
for value in (None, True, -1, 2**40, 1.5, "", "héllo", b"\x00\xff", [1, [2, []]], {"a": {"b": 1}},
              "x" * (1 << 20), list(range(5000))):
    assert call(1, "echo", value) == (None, value), value
assert call(2, "nothing") == (None, None)
assert call(3, "pooled", 9) == (None, 9)

# Errors are strings, which every client can show.
assert call(4, "fail", "it broke") == ("HANDLER_FAILED: it broke", None)
assert call(5, "ad", 1, 2) == ("NOT_FOUND: no method 'ad'; did you mean 'add'?", None)
error, result = call(6, "add", 1, "two")
assert result is None and error.startswith("INVALID_ARGUMENT: argument 2 of 'add'"), error

# Pipelined in one write; a slow call does not hold the others up.
send([0, 7, "later", [1]], *([0, 100 + i, "add", [i, i]] for i in range(500)))
replies = [receive() for _ in range(500)]
assert replies == [[1, 100 + i, None, 2 * i] for i in range(500)]
send([2, "release", []])
assert receive() == [1, 7, None, 1]

send(*([2, "count", []] for _ in range(10)))
assert call(8, "counted") == (None, 10)

# Loose dialects: a method as bytes, nil for no parameters, an id in a wide encoding.
connection.sendall(msgpack.packb([0, 9, b"nothing", None]))
assert receive() == [1, 9, None, None]
connection.sendall(b"\x94\x00\xcf\x00\x00\x00\x00\x00\x00\x00\x0a\xa7nothing\x90")
assert receive() == [1, 10, None, None]

print("all replies were right")
