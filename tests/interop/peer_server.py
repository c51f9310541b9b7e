"""A MessagePack-RPC server of python3-msgpack and sockets; one thread per connection."""

import socket
import threading

import msgpack

counted = 0


def answer(method, params):
    """(error, result)"""
    global counted
    if method == "add":
        return None, params[0] + params[1]
    if method == "echo":
        return None, params[0]
    if method == "fail":
        return params[0], None
    if method == "nothing":
        return None, None
    if method == "count":
        counted += 1
        return None, None
    if method == "counted":
        return None, counted
    return "unknown method " + method, None


def serve(connection):
    unpacker = msgpack.Unpacker(raw=False, max_buffer_size=1 << 26)
    held = []  # replies of "later", which go behind the next one
    while chunk := connection.recv(65536):
        unpacker.feed(chunk)
        for message in unpacker:
            if message[0] == 2:
                answer(message[1], message[2])
                continue
            kind, msgid, method, params = message
            assert kind == 0, message
            if method == "later":
                held.append([1, msgid, None, params[0]])
                continue
            error, result = answer(method, params)
            connection.sendall(msgpack.packb([1, msgid, error, result]))
            for reply in held:
                connection.sendall(msgpack.packb(reply))
            held.clear()


listener = socket.create_server(("127.0.0.1", 0))
print("listening 127.0.0.1:%d" % listener.getsockname()[1])
while True:
    accepted, _ = listener.accept()
    threading.Thread(target=serve, args=(accepted,), daemon=True).start()
