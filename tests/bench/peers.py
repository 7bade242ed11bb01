"""How the brokers are started that `brokers.py` measures: each on a port of its own, quiet and with
generous queues. Everything they need is made in one folder."""
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
OURS = TARGET / "release" / "lastwill"
PEERS = TARGET / "peers" / "bin"

# Rules of the access file, besides the one that allows what is measured.
RULES = 1000

# What a broker does beside carrying messages over TCP, in words.
LAYERS = {
    "plain": "TCP",
    "wide": "TCP with 1000 messages under way",
    "tls": "TLS",
    "ws": "WebSocket",
    "acl": "a mosquitto access file",
    "store": "what must survive on disk",
}
SCHEMES = {"tls": "mqtts", "ws": "ws"}


class Cannot(Exception):
    """A broker that does not do what a row is about, and why."""


class Missing(Cannot):
    """A broker that is not installed."""

    def __init__(self):
        super().__init__("it is not installed: tests/bench/peers.sh")


class Broker:
    """A running broker with one listener of a layer; ended by `stop`."""

    def __init__(self, name, layer, folder, generator):
        self.name = name.split("=", 1)[0]
        if name == "floor":
            self.start_floor(layer, generator)
            return
        self.port = free_port()
        words = command_of(name, layer, self.port, folder)
        log = folder / f"{self.name}-{layer}.log"
        with open(log, "wb") as output:
            self.process = subprocess.Popen(words, stdout=output, stderr=output, cwd=folder)
        self.await_listening(log)

    def start_floor(self, layer, generator):
        """It says where it listens, and lives as long as its standard input."""
        if layer not in ("plain", "wide"):
            raise Cannot("it relays plain TCP only")
        words = [str(generator), "bench", "--relay"]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(words, stdin=pipe, stdout=pipe)
        self.port = int(self.process.stdout.readline())

    def await_listening(self, log):
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        self.stop()
        tail = log.read_text(errors="replace").strip()[-300:]
        raise Cannot(f"it does not listen on its port: {tail or 'it said nothing'}")

    def stop(self):
        self.process.kill()
        self.process.wait()


def url(broker, layer):
    return f"{SCHEMES.get(layer, 'mqtt')}://127.0.0.1:{broker.port}"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def prepare(folder):
    """A certificate of nobody, and an access file; readable for a broker that leaves root."""
    folder.chmod(0o777)
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    words = ["openssl", "req", "-x509", *key, *subject, *files]
    subprocess.run(words, check=True, capture_output=True)
    rules = [f"topic readwrite plant/{number:04}/#" for number in range(RULES - 1)]
    (folder / "acl").write_text("\n".join(rules) + "\ntopic readwrite lwb/#\n")
    for file in folder.iterdir():
        file.chmod(0o644)


def command_of(name, layer, port, folder):
    """The words that start a broker with a layer on a port."""
    if "=" in name:
        known(layer, "plain")
        return name.split("=", 1)[1].format(port=port).split()
    if name == "ours":
        return [str(OURS), "broker", "-c", mosquitto_conf(name, layer, port, folder)]
    if name.startswith("mosquitto"):
        if layer == "ws":
            raise Cannot("Debian builds it without WebSocket")
        program = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")
        if program is None:
            raise Missing()
        return [program, "-c", mosquitto_conf(name, layer, port, folder)]
    makers = {"mqttv5": mqttv5, "rmqttd": rmqttd, "rumqttd": rumqttd}
    if name not in makers:
        raise SystemExit(f"Error: no broker is called {name!r}; those known are named in --help.")
    if not (PEERS / name).exists():
        raise Missing()
    return [str(PEERS / name), *makers[name](layer, port, folder)]


def known(layer, *layers):
    if layer not in layers:
        raise Cannot(f"here it is not set up for {LAYERS[layer]}")


def mosquitto_conf(name, layer, port, folder):
    """A configuration that ours and mosquitto read."""
    lines = [
        f"listener {port} 127.0.0.1",
        "allow_anonymous true",
        "log_type error",
        "max_queued_messages 0",
    ]
    if name.startswith("mosquitto"):
        nodelay = str(name.endswith("nodelay")).lower()
        lines.append(f"set_tcp_nodelay {nodelay}")
    if layer == "tls":
        lines += [f"certfile {folder / 'cert.pem'}", f"keyfile {folder / 'key.pem'}"]
    if layer == "ws":
        lines.append("protocol websockets")
    if layer == "wide":
        lines.append("max_inflight_messages 1000")
    if layer == "acl":
        lines.append(f"acl_file {folder / 'acl'}")
    if layer == "store":
        store = folder / f"{name}-store"
        store.mkdir(exist_ok=True)
        store.chmod(0o777)
        lines += ["persistence true", f"persistence_location {store}/"]
    file = folder / f"{name}-{layer}.conf"
    file.write_text("\n".join(lines) + "\n")
    return str(file)


def mqttv5(layer, port, folder):
    known(layer, "plain", "wide", "tls", "ws")
    quiet = "broker --allow-anonymous --non-interactive --storage-backend memory"
    at = f"127.0.0.1:{port}"
    listeners = {
        "plain": ["--host", at],
        "wide": ["--host", at],
        "tls": ["--host", f"127.0.0.1:{free_port()}", "--tls-host", at,
                "--tls-cert", str(folder / "cert.pem"), "--tls-key", str(folder / "key.pem")],
        "ws": ["--host", f"127.0.0.1:{free_port()}", "--ws-host", at],
    }
    return [*quiet.split(), *listeners[layer]]


def rmqttd(layer, port, folder):
    known(layer, "plain", "wide", "tls", "ws")
    kind = layer if layer in ("tls", "ws") else "tcp"
    tls = f'cert = "{folder}/cert.pem"\nkey = "{folder}/key.pem"' if layer == "tls" else ""
    file = folder / f"rmqttd-{layer}.toml"
    # It wants a file for this plugin, also where that is not started.
    (folder / "rmqtt-http-api.toml").touch()
    file.write_text(RMQTT.format(port=port, folder=folder, kind=kind, tls=tls))
    return ["-f", str(file)]


RMQTT = """[node]
id = 1
[log]
to = "off"
level = "error"
dir = "{folder}"
file = "rmqttd.log"
[listener.{kind}.external]
addr = "127.0.0.1:{port}"
allow_anonymous = true
max_mqueue_len = 100000
max_inflight = 1000
{tls}
[plugins]
dir = "{folder}"
default_startups = []
"""


def rumqttd(layer, port, folder):
    known(layer, "plain")
    file = folder / "rumqttd.toml"
    file.write_text(RUMQTT.format(port=port))
    return ["-c", str(file), "-q"]


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
