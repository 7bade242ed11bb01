#!/usr/bin/env python3
"""Memory of what a broker keeps, at three sizes, and the line through them.

    tests/bench/kept.py PID PORT COUNT retained | sessions | queued | subscriptions

PID and PORT are a broker's on this machine. `retained`: messages of 64 bytes on as many topics.
`sessions`: clients that have gone, each with one subscription. `queued`: messages of 64 bytes at QoS 1
that wait for one of a hundred such clients each. `subscriptions`: of one client.
"""
import socket
import struct
import sys
import time

PAYLOAD = b"." * 64
# Messages or subscriptions between two looks at whether the broker has followed.
STEP = 500


def text(value):
    return struct.pack(">H", len(value)) + value.encode()


def packet(kind, body):
    length, size = b"", len(body)
    while size > 127:
        length += bytes([size & 127 | 128])
        size >>= 7
    return bytes([kind]) + length + bytes([size]) + body


class Client:
    def __init__(self, port, client_id, flags):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ask(packet(0x10, text("MQTT") + bytes([4, flags, 0, 0]) + text(client_id)), 4)

    def ask(self, request, count):
        """Sends, then waits for an answer of so many bytes."""
        self.socket.sendall(request)
        answer = b""
        while len(answer) < count:
            part = self.socket.recv(count - len(answer))
            if not part:
                sys.exit("Error: the broker closed the connection.")
            answer += part
        return answer

    def subscribe(self, filters):
        body = b"".join(text(name) + b"\x01" for name in filters)
        granted = packet(0x90, b"\x00\x01" + b"\x01" * len(filters))
        if self.ask(packet(0x82, b"\x00\x01" + body), len(granted)) != granted:
            sys.exit("Error: the broker refuses subscriptions: fewer, or a higher limit.")

    def leave(self):
        self.socket.sendall(b"\xe0\x00")
        self.socket.close()


def publish(client, topics, kind):
    """A PINGRESP behind QoS 0, or all PUBACKs: everything before it has been handled."""
    if kind & 2:
        bodies = [text(topic) + b"\x00\x01" + PAYLOAD for topic in topics]
        client.ask(b"".join(packet(kind, body) for body in bodies), 4 * len(topics))
    else:
        bodies = [text(topic) + PAYLOAD for topic in topics]
        client.ask(b"".join(packet(kind, body) for body in bodies) + b"\xc0\x00", 2)


def resident(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        line = next(line for line in file if line.startswith("Rss:"))
    return int(line.split()[1]) * 1024


def steps(first, last):
    """The numbers from `first` up to `last`, in lists of at most STEP."""
    for start in range(first, last, STEP):
        yield range(start, min(start + STEP, last))


def fill(port, client, what, first, last):
    """Makes the broker keep the things with these numbers."""
    if what == "sessions":
        for number in range(first, last):
            absent = Client(port, f"absent-{number:07}", 0)
            absent.subscribe([f"to/absent-{number:07}/#"])
            absent.leave()
        return
    for numbers in steps(first, last):
        if what == "retained":
            publish(client, [f"site/{number % 1000}/device/{number:07}" for number in numbers], 0x31)
        elif what == "queued":
            # 20 at a time: no more may be on the way.
            for start in range(0, len(numbers), 20):
                publish(client, [f"to/{number % 100}" for number in numbers[start : start + 20]], 0x32)
        else:
            client.subscribe([f"site/{number % 1000}/device/{number:07}" for number in numbers])


def main():
    kinds = ("retained", "sessions", "queued", "subscriptions")
    if len(sys.argv) != 5 or sys.argv[4] not in kinds:
        sys.exit(__doc__)
    pid, port, count = map(int, sys.argv[1:4])
    what = sys.argv[4]
    client = Client(port, "keeper", 2)
    if what == "queued":
        for number in range(100):
            absent = Client(port, f"absent-{number}", 0)
            absent.subscribe([f"to/{number}"])
            absent.leave()
    time.sleep(0.5)
    points, done, before = [], 0, resident(pid)
    for size in (count // 5, count // 2, count):
        fill(port, client, what, done, size)
        done = size
        time.sleep(1)
        points.append((size, resident(pid) - before))
        print(f"{size} {what}: {points[-1][1] / size:.0f} bytes resident each")
    # Least squares.
    mean_size, mean = (sum(column) / len(points) for column in zip(*points))
    slope = sum((size - mean_size) * (grown - mean) for size, grown in points)
    slope /= sum((size - mean_size) ** 2 for size, _ in points)
    rest = (mean - slope * mean_size) / 1e6
    print(f"fit: {before / 1e6 + rest:.1f} MB + {slope:.0f} bytes each")


main()
