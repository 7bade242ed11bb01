#!/usr/bin/env python3
"""Brokers side by side, in turns, in one run: CPU time of the broker for each delivered message.

    tests/bench/peers.sh && cargo build --release && tests/bench/brokers.py

Every round takes each broker once, so that what else the machine does hits all of them. Printed are
medians, as multiples of ours and of the floor. Only loopback; all processes are ended by id.

    --rounds N        rounds (5)
    --only WORDS      rows whose name has one of these words (comma separated)
    --brokers NAMES   comma separated: ours, mosquitto, mosquitto-nodelay, rmqttd, mqttv5, rumqttd,
                      floor, or NAME=COMMAND where {port} stands for the port
    --generator PATH  the lastwill that makes the load (target/release/lastwill)
"""
import argparse
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
OURS = TARGET / "release" / "lastwill"
PEERS = TARGET / "peers" / "bin"

# A run that takes longer counts as one that does not finish.
TIMEOUT_SECS = 40

# Name of the row, and the words for `lastwill bench`.
ROWS = [
    ("fanin q0", "fanin -q 0 -n 150000"),
    ("fanin q1", "fanin -q 1 -n 80000"),
    ("fanin q2", "fanin -q 2 -n 40000"),
    ("fanout q0", "fanout -q 0 -n 4000"),
    ("fanout q1", "fanout -q 1 -n 2000"),
    ("pairs q0", "pairs -q 0 -n 150000"),
    ("pairs q1", "pairs -q 1 -n 80000"),
    ("pairs q2", "pairs -q 2 -n 40000"),
    ("q1 1000/s", "pairs -q 1 --rate 1000 --duration 3s"),
    ("q1 10000/s", "pairs -q 1 --rate 10000 --duration 3s"),
    ("v5 q1", "pairs -q 1 -V 5 --properties -n 80000"),
    ("1 KiB q1", "pairs -q 1 -s 1024 -n 60000"),
    ("64 KiB q1", "pairs -q 1 -s 65536 -n 5000"),
]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def command_of(name, port, folder):
    """How a broker is started on a port, quiet and with generous queues."""
    if "=" in name:
        return name.split("=", 1)[1].format(port=port).split()
    if name == "ours":
        quiet = "--set allow_anonymous=true --set log_type=error --set max_queued_messages=0"
        return [str(OURS), "broker", "-p", str(port), *quiet.split()]
    if name.startswith("mosquitto"):
        nodelay = str(name.endswith("nodelay")).lower()
        lines = [
            f"listener {port} 127.0.0.1",
            "allow_anonymous true",
            "log_type error",
            "max_queued_messages 0",
            f"set_tcp_nodelay {nodelay}",
        ]
        file = folder / f"{name}.conf"
        file.write_text("\n".join(lines) + "\n")
        return [shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin"), "-c", str(file)]
    if name == "mqttv5":
        words = "broker --host 127.0.0.1:{} --allow-anonymous --non-interactive --storage-backend memory"
        return [str(PEERS / "mqttv5"), *words.format(port).split()]
    if name == "rmqttd":
        file = folder / "rmqttd.toml"
        file.write_text(RMQTT.format(port=port, folder=folder))
        return [str(PEERS / "rmqttd"), "-f", str(file)]
    if name == "rumqttd":
        file = folder / "rumqttd.toml"
        file.write_text(RUMQTT.format(port=port))
        return [str(PEERS / "rumqttd"), "-c", str(file), "-q"]
    sys.exit(f"Error: no broker is called {name!r}; those known are named in --help.")


RMQTT = """[node]
id = 1
[log]
to = "off"
level = "error"
dir = "{folder}"
file = "rmqttd.log"
[listener.tcp.external]
addr = "127.0.0.1:{port}"
allow_anonymous = true
max_mqueue_len = 100000
max_inflight = 1000
mqueue_rate_limit = "1000000/1s"
"""

RUMQTT = """id = 0
[router]
id = 0
max_connections = 10010
max_outgoing_packet_count = 20000
max_segment_size = 104857600
max_segment_count = 10
[v4.1]
name = "v4"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v4.1.connections]
connection_timeout_ms = 60000
max_payload_size = 204800
max_inflight_count = 1000
"""


class Broker:
    def __init__(self, name, folder, generator):
        self.name = name.split("=", 1)[0]
        if name == "floor":
            # It says where it listens, and lives as long as its standard input.
            words = [str(generator), "bench", "--relay"]
            pipe = subprocess.PIPE
            self.process = subprocess.Popen(words, stdin=pipe, stdout=pipe)
            self.port = int(self.process.stdout.readline())
            return
        self.port = free_port()
        words = command_of(name, self.port, folder)
        with open(folder / f"{self.name}.log", "wb") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log, cwd=folder)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        self.stop()
        tail = (folder / f"{self.name}.log").read_text(errors="replace")[-500:]
        sys.exit(f"Error: {self.name} does not listen on port {self.port}: {tail}")

    def stop(self):
        self.process.kill()
        self.process.wait()


def measure(generator, broker, words):
    """One run: CPU microseconds for each delivery, deliveries per second, p50 and p99."""
    url = f"mqtt://127.0.0.1:{broker.port}"
    command = [str(generator), "bench", *words.split(), "-L", url, "--pid", str(broker.process.pid)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECS)
    except subprocess.TimeoutExpired:
        return None
    text = done.stdout
    cost = re.search(r"broker\s+([\d.]+) us of CPU", text)
    if not cost:
        return None
    rate = re.search(r"([\d.]+) per second", text)
    tails = re.search(r"latency\s+p50 ([\d.]+) us.*?p99 ([\d.]+) us", text)
    lost = re.search(r"(\d+) lost, (\d+) doubled, (\d+) reordered", text)
    own = re.search(r"generator\s+([\d.]+) us", text)
    numbers = [cost.group(1), rate.group(1), tails.group(1), tails.group(2), own.group(1)]
    wrong = [int(count) for count in lost.groups()]
    return [float(number) for number in numbers], wrong


def main():
    options = argparse.ArgumentParser(usage=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--only", default="")
    options.add_argument("--brokers", default="ours,floor,mosquitto,mosquitto-nodelay,rmqttd,mqttv5")
    options.add_argument("--generator", default=OURS)
    options = options.parse_args()
    wanted = [word for word in options.only.split(",") if word]
    rows = [row for row in ROWS if not wanted or any(word in row[0] for word in wanted)]
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        brokers = []
        try:
            for name in options.brokers.split(","):
                brokers.append(Broker(name, Path(folder), options.generator))
            head = f"{'':14} {'broker':18} {'CPU us':>8} {'x ours':>7} {'x floor':>7} {'spread':>7}"
            print(f"{head} {'per s':>9} {'p50 us':>9} {'p99 us':>9} {'load us':>8}  wrong")
            for name, words in rows:
                table(name, words, brokers, options)
        finally:
            for broker in brokers:
                broker.stop()


def table(row, words, brokers, options):
    runs = {broker.name: [] for broker in brokers}
    wrong = {broker.name: [0, 0, 0] for broker in brokers}
    lame = set()
    for _ in range(options.rounds):
        for broker in brokers:
            result = broker.name not in lame and measure(options.generator, broker, words)
            if not result:
                lame.add(broker.name)
            else:
                runs[broker.name].append(result[0])
                wrong[broker.name] = [a + b for a, b in zip(wrong[broker.name], result[1])]
    middle = {
        name: [statistics.median(column) for column in zip(*results)]
        for name, results in runs.items()
        if results
    }
    for name, (cost, rate, p50, p99, load) in middle.items():
        costs = [result[0] for result in runs[name]]
        spread = (max(costs) - min(costs)) / cost if cost else 0
        against = [f"{cost / middle[it][0]:7.2f}" if it in middle and middle[it][0] else "      -"
                   for it in ("ours", "floor")]
        errors = "/".join(map(str, wrong[name])) if any(wrong[name]) else ""
        print(f"{row:14} {name:18} {cost:8.3f} {' '.join(against)} {spread:7.0%} {rate:9.0f} "
              f"{p50:9.1f} {p99:9.1f} {load:8.3f}  {errors}", flush=True)
    for name in runs.keys() - middle.keys():
        print(f"{row:14} {name:18} does not finish")


main()
