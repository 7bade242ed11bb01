#!/usr/bin/env python3
"""Brokers side by side, in turns, in one run: CPU time of the broker for each delivered message.

    tests/bench/peers.sh && cargo build --release && tests/bench/brokers.py

Every round takes each broker once, so that what else the machine does hits all of them. Printed are
medians, as multiples of ours and of the floor. A broker that cannot do a row is told with the reason.
Only loopback; all processes are ended by id. How each is started stands in peers.py.

    --rounds N        rounds (5)
    --only WORDS      rows whose name has one of these words (comma separated)
    --list            names of the rows
    --brokers NAMES   comma separated: ours, mosquitto, mosquitto-nodelay, rmqttd, mqttv5, rumqttd,
                      floor, or NAME=COMMAND where {port} stands for the port
    --generator PATH  the lastwill that makes the load (target/release/lastwill)
"""
import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from peers import OURS, Broker, Cannot, Missing, prepare, url

# Name of the row, what a broker has to have for it, and the words for `lastwill bench`. HALF stands
# for half of the rate that mosquitto reaches. At QoS 2 a publisher has 20 messages under way, since
# mosquitto takes no more, unless it is told to: then 100.
ROWS = [
    ("fanin q0", "plain", "fanin -q 0 --duration 2s"),
    ("fanin q1", "plain", "fanin -q 1 --duration 2s"),
    ("fanin q2", "plain", "fanin -q 2 --duration 2s --window 20"),
    ("fanin q2 100", "wide", "fanin -q 2 --duration 2s --window 100"),
    ("fanout q0", "plain", "fanout -q 0 --duration 2s"),
    ("fanout q1", "plain", "fanout -q 1 --duration 2s"),
    ("pairs q0", "plain", "pairs -q 0 --duration 2s"),
    ("pairs q1", "plain", "pairs -q 1 --duration 2s"),
    ("pairs q2", "plain", "pairs -q 2 --duration 2s --window 20"),
    ("pairs q2 100", "wide", "pairs -q 2 --duration 2s --window 100"),
    ("q1 1000/s", "plain", "pairs -q 1 --rate 1000 --duration 3s"),
    ("q1 10000/s", "plain", "pairs -q 1 --rate 10000 --duration 3s"),
    ("q1 at half", "plain", "pairs -q 1 --rate HALF --duration 5s"),
    ("v5 q1", "plain", "pairs -q 1 -V 5 --properties --duration 2s"),
    ("1 KiB q1", "plain", "pairs -q 1 -s 1024 --duration 2s"),
    ("64 KiB q1", "plain", "pairs -q 1 -s 65536 --duration 2s"),
    ("TLS q1", "tls", "pairs -q 1 --duration 2s --insecure"),
    ("WebSocket q1", "ws", "pairs -q 1 --duration 2s"),
    ("1000 rules q1", "acl", "pairs -q 1 --duration 2s"),
    ("store q1", "store", "pairs -q 1 --duration 2s"),
    ("store fanin q1", "store", "fanin -q 1 --duration 2s"),
    ("store fanout q1", "store", "fanout -q 1 --duration 2s"),
    ("store offline", "store", "offline -q 1 -n 50000"),
    ("retained 1M", "plain", "retained -q 0 -n 1000000"),
    ("offline 50k", "plain", "offline -q 1 -n 50000"),
    ("subscribe 100k", "plain", "subscribe -n 100000"),
    ("connect", "plain", "connect -n 5000"),
    ("connect TLS", "tls", "connect -n 1500 --insecure"),
]
# How the rate is found of which HALF is half.
FULL = "pairs -q 1 -n 80000"

# A run that takes longer counts as one that does not finish: the generator ends it in order and
# has this long for it.
TIMEOUT_SECS = 120
GRACE_SECS = 20

# What the floor, which only relays, has nothing to do with.
EPISODES = ("retained", "offline", "subscribe", "connect")

# Keys of a round in the generator's object, in the order of the columns.
COLUMNS = [
    ("broker", "cpu_us_each"),
    ("per_second",),
    ("latency_us", "p50"),
    ("latency_us", "p99"),
    ("generator", "cpu_us_each"),
]


def measure(generator, broker, layer, words):
    """One run: the figures of the columns, and what was lost, doubled and reordered."""
    pid = str(broker.process.pid)
    command = [str(generator), "bench", *words.split(), "-L", url(broker, layer), "--pid", pid, "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        out, error = process.communicate(timeout=TIMEOUT_SECS)
    except subprocess.TimeoutExpired:
        # What it keeps with the broker is taken away.
        process.terminate()
        try:
            process.communicate(timeout=GRACE_SECS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
        raise Cannot(f"it does not finish in {TIMEOUT_SECS} s") from None
    if not out:
        raise Cannot(error.strip().removeprefix("Error: "))
    figures = json.loads(out)["brokers"][0]["rounds"][0]
    wrong = [figures[key] for key in ("lost", "doubled", "reordered")]
    return [at(figures, keys) for keys in COLUMNS], wrong


def at(figures, keys):
    for key in keys:
        figures = figures[key] if figures else None
    return figures or 0.0


class Fleet:
    """The brokers, started when a row first needs them."""

    def __init__(self, folder, options):
        self.folder, self.options = folder, options
        self.running = {}

    def broker(self, name, layer):
        key = (name, layer)
        if key not in self.running:
            try:
                self.running[key] = Broker(name, layer, self.folder, self.options.generator)
            except Cannot as why:
                self.running[key] = why
        if isinstance(self.running[key], Cannot):
            raise self.running[key]
        return self.running[key]

    def stop(self):
        for broker in self.running.values():
            if isinstance(broker, Broker):
                broker.stop()

    def half_of_mosquitto(self):
        """Half of the rate that mosquitto reaches now, in messages per second."""
        if "mosquitto" not in self.options.brokers:
            raise Cannot("half of mosquitto's rate is known only with mosquitto among --brokers")
        mosquitto = self.broker("mosquitto", "plain")
        rates = [measure(self.options.generator, mosquitto, "plain", FULL)[0][1] for _ in range(3)]
        return int(statistics.median(rates) / 2)


def run_row(fleet, row, layer, words):
    """Every broker in turns: figures and errors of those that can, reasons of those that cannot."""
    options = fleet.options
    runs = {name: [] for name in options.brokers}
    wrong = {name: [0, 0, 0] for name in options.brokers}
    reasons = {}
    if "HALF" in words:
        try:
            half = fleet.half_of_mosquitto()
        except Cannot as why:
            return {}, wrong, {"everybody": why}
        words = words.replace("HALF", str(half))
        print(f"{row:14} {half} messages per second are half of what mosquitto reaches")
    for _ in range(options.rounds):
        for name in options.brokers:
            if name in reasons:
                continue
            try:
                if name == "floor" and words.startswith(EPISODES):
                    raise Cannot("it only relays")
                broker = fleet.broker(name, layer)
                figures, errors = measure(options.generator, broker, layer, words)
            except Cannot as why:
                reasons[name] = why
                continue
            runs[name].append(figures)
            wrong[name] = [a + b for a, b in zip(wrong[name], errors)]
    return runs, wrong, reasons


def table(fleet, row, layer, words):
    runs, wrong, reasons = run_row(fleet, row, layer, words)
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
        print(f"{row:14} {short(name):18} {cost:8.3f} {' '.join(against)} {spread:7.0%} {rate:9.0f} "
              f"{p50:9.1f} {p99:9.1f} {load:8.3f}  {errors}", flush=True)
    for name, why in reasons.items():
        print(f"{row:14} {short(name):18} cannot: {why}", flush=True)
        if isinstance(why, Missing):
            fleet.options.brokers.remove(name)


def short(name):
    return name.split("=", 1)[0]


def main():
    options = argparse.ArgumentParser(usage=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--only", default="")
    options.add_argument("--list", action="store_true")
    options.add_argument("--brokers", default="ours,floor,mosquitto,mosquitto-nodelay,rmqttd,mqttv5")
    options.add_argument("--generator", default=OURS)
    options = options.parse_args()
    options.brokers = options.brokers.split(",")
    wanted = [word for word in options.only.split(",") if word]
    rows = [row for row in ROWS if not wanted or any(word in row[0] for word in wanted)]
    if options.list:
        return print("\n".join(name for name, *_ in ROWS))
    if not rows:
        sys.exit(f"Error: no row has {options.only!r} in its name; --list names them.")
    if not Path(options.generator).exists():
        sys.exit(f"Error: there is no {options.generator}: cargo build --release makes it.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        fleet = Fleet(folder, options)
        try:
            head = f"{'':14} {'broker':18} {'CPU us':>8} {'x ours':>7} {'x floor':>7} {'spread':>7}"
            print(f"{head} {'per s':>9} {'p50 us':>9} {'p99 us':>9} {'load us':>8}  wrong")
            for row in rows:
                table(fleet, *row)
        finally:
            fleet.stop()


main()
