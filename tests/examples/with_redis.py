#!/usr/bin/env python3
"""Runs a program with the URL of a Redis of its own.

    with_redis.py REDIS_SERVER PROGRAM
"""

import socket
import subprocess
import sys
import tempfile


def start(server, folder):
    """A Redis that serves, and its port. Another process may take the port first: then again."""
    for _ in range(5):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        redis = subprocess.Popen(
            [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder],
            stdout=subprocess.PIPE, text=True)
        for line in redis.stdout:
            if "Ready to accept connections" in line:
                return redis, port
        redis.wait()
    sys.exit("redis-server does not start")


def main():
    server, program = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        redis, port = start(server, folder)
        try:
            return subprocess.run([program, f"redis://127.0.0.1:{port}"], timeout=50).returncode
        finally:
            redis.kill()
            redis.wait()


if __name__ == "__main__":
    sys.exit(main())
