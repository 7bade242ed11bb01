#!/usr/bin/env bash
# Every test: installs the programs that we are tested against where they are missing, then runs
# `cargo test` and the walkthrough. A program that cannot be installed is a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=${CARGO_TARGET_DIR:-$PWD/target}
peers=$target/peers
paho_version=2.2.0
prometheus_version=0.26.0
mqttjs_version=5.16.0

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

has() { command -v "$1" >/dev/null; }

# Debian packages, where a command is missing.
packages=()
PATH=$PATH:/usr/sbin
has mosquitto || packages+=(mosquitto)
has mosquitto_sub || packages+=(mosquitto-clients)
has openssl || packages+=(openssl)
has node || packages+=(nodejs)
has npm || packages+=(npm)
has faketime || packages+=(faketime)
# Lets the disk fail under a running broker.
has strace || packages+=(strace)
has python3 || packages+=(python3)
python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv)
has ip || packages+=(iproute2)
has haproxy || packages+=(haproxy)
has chromium || packages+=(chromium)
# Counts instructions.
has valgrind || packages+=(valgrind)
# For what is behind the feature psk.
pkg-config --exists openssl 2>/dev/null || packages+=(libssl-dev pkg-config)
if [ ${#packages[@]} -gt 0 ]; then
    echo "== installing ${packages[*]}"
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends "${packages[@]}"
fi

mkdir -p "$peers"
if ! "$peers/python/bin/python3" -c 'import paho.mqtt' 2>/dev/null; then
    echo "== installing paho-mqtt $paho_version"
    python3 -m venv "$peers/python"
    "$peers/python/bin/pip" install --quiet --disable-pip-version-check "paho-mqtt==$paho_version"
fi
if ! "$peers/python/bin/python3" -c 'import prometheus_client' 2>/dev/null; then
    echo "== installing prometheus_client $prometheus_version"
    "$peers/python/bin/pip" install --quiet --disable-pip-version-check \
        "prometheus_client==$prometheus_version"
fi
if ! [ -d "$peers/node_modules/mqtt" ]; then
    echo "== installing MQTT.js $mqttjs_version"
    npm install --silent --no-fund --no-audit --prefix "$peers" "mqtt@$mqttjs_version"
fi

echo '== cargo test'
# The simulator plays a thousand seeds.
SIM_RUNS=1000 LASTWILL_PEERS=$peers cargo test --workspace --locked --no-fail-fast

echo '== what is behind features'
cargo test --locked --features psk,srv -- transport::srv transport::psk interop::psk

echo '== what the rules and the codec cost, in instructions'
cargo run --locked --profile micro -p lastwill-micro

echo '== walkthrough'
LASTWILL=$target/debug/lastwill tests/walkthrough.sh
