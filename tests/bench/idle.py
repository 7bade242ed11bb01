#!/usr/bin/env python3
"""Memory of idle connections, CPU time of a CONNECT, and of a will when all clients die at once.

    tests/bench/idle.py PID PORT COUNT [tls | ws] [will] [storm]

PID and PORT are a broker's on this machine. Clients are opened one after the other, so that CONNECTs
are not answered in batches. With `will` each has a will armed; with `storm` all are cut at the end
while one client counts the wills.
"""
import os
import socket
import ssl
import struct
import sys
import time


def text(value):
    return struct.pack(">H", len(value)) + value.encode()


def packet(kind, body):
    assert len(body) < 128
    return bytes([kind, len(body)]) + body


def connect(client_id, has_will):
    body = text("MQTT") + bytes([4, 6 if has_will else 2, 0, 0]) + text(client_id)
    if has_will:
        body += text(f"status/{client_id}") + text("offline")
    return packet(0x10, body)


def receive(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            sys.exit("Error: the broker closed the connection.")
        data += part
    return data


UPGRADE = (
    b"GET /mqtt HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: mqtt\r\n\r\n"
)


class Clients:
    def __init__(self, port, layer, has_will):
        self.port, self.layer, self.has_will = port, layer, has_will
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.tls.check_hostname, self.tls.verify_mode = False, ssl.CERT_NONE
        self.session = None

    def open(self, client_id):
        connection = socket.create_connection(("127.0.0.1", self.port))
        if self.layer == "tls":
            connection = self.tls.wrap_socket(connection, session=self.session)
        message = connect(client_id, self.has_will)
        if self.layer == "ws":
            connection.sendall(UPGRADE)
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += receive(connection, 1)
            # A frame with a mask of zeros.
            connection.sendall(bytes([0x82, 0x80 | len(message), 0, 0, 0, 0]) + message)
            answer = receive(connection, 6)
        else:
            connection.sendall(message)
            answer = receive(connection, 4)
        if answer[-4:] != b"\x20\x02\x00\x00":
            sys.exit(f"Error: CONNACK expected, {answer.hex()} came.")
        if self.layer == "tls" and self.session is None:
            self.session = connection.session
        return connection


def resident(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        line = next(line for line in file if line.startswith("Rss:"))
    return int(line.split()[1]) * 1024


def cpu_micros(pid):
    """Of all threads; the scheduler counts nanoseconds."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat") as file:
            total += int(file.read().split()[0])
    return total / 1e3


def storm(pid, port, clients):
    """Cuts all clients; how many wills came, and what each cost."""
    watcher = Clients(port, None, False).open("watcher")
    watcher.sendall(packet(0x82, b"\x00\x01" + text("status/#") + b"\x00"))
    receive(watcher, 5)
    before, since, count = cpu_micros(pid), time.time(), len(clients)
    for client in clients:
        client.close()
    watcher.settimeout(5)
    size = len(packet(0x30, text("status/client-000000") + b"offline"))
    got = 0
    try:
        while got < count * size:
            part = watcher.recv(1 << 16)
            if not part:
                break
            got += len(part)
    except TimeoutError:
        pass
    took = time.time() - since
    time.sleep(0.3)
    each = (cpu_micros(pid) - before) / count
    print(f"{got / size:g} wills of {count} in {took:.2f} s, CPU {each:.1f} us each")


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    pid, port, count = map(int, sys.argv[1:4])
    words = sys.argv[4:]
    layer = next((word for word in words if word in ("tls", "ws")), None)
    clients = Clients(port, layer, "will" in words)
    # The first one makes what exists once, and the session that the others resume.
    opened = [clients.open("client-000000")]
    if layer == "tls":
        # Tickets of TLS 1.3 come behind the first answer.
        clients.session = opened[0].session
    time.sleep(0.5)
    memory, cpu = resident(pid), cpu_micros(pid)
    opened += [clients.open(f"client-{number:06}") for number in range(1, count + 1)]
    cpu = (cpu_micros(pid) - cpu) / count
    time.sleep(1.5)
    grown = (resident(pid) - memory) / count
    kind = f"{layer or 'plain'}{' with a will' if clients.has_will else ''}"
    print(f"{count} {kind}: {grown:.0f} bytes resident each, CONNECT {cpu:.1f} us of CPU", end="")
    print(f", base {memory / 1e6:.1f} MB")
    if "storm" in words:
        storm(pid, port, opened)


main()
