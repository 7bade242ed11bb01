#!/usr/bin/env bash
# Installs the brokers that ours is measured against, where they are missing: Debian's mosquitto,
# and into target/peers/bin the Rust packages rmqttd, mqttv5 and rumqttd, one at a time. What was
# built on the way is removed. rumqttd may fail to build: it is then left out, and that is said.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
peers=${CARGO_TARGET_DIR:-$PWD/target}/peers
rmqttd_version=0.23.1
mqttv5_version=0.29.10
rumqttd_version=0.20.0

packages=()
PATH=$PATH:/usr/sbin
command -v mosquitto >/dev/null || packages+=(mosquitto)
# For the build of rmqttd.
command -v protoc >/dev/null || packages+=(protobuf-compiler)
if [ ${#packages[@]} -gt 0 ]; then
    as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends "${packages[@]}"
fi

# Words after the third go to `cargo install`.
install() {
    local package=$1 version=$2 binary=$3
    shift 3
    [ -x "$peers/bin/$binary" ] && return
    echo "== building $package $version"
    local build
    build=$(mktemp -d)
    local is_built=0
    CARGO_TARGET_DIR=$build nice -n 10 \
        cargo install --quiet --root "$peers" "$package@$version" "$@" || is_built=$?
    rm -rf "$build"
    return "$is_built"
}

mkdir -p "$peers"
install rmqttd "$rmqttd_version" rmqttd --locked
# Its lock file names versions that some registries do not have.
install mqttv5-cli "$mqttv5_version" mqttv5
install rumqttd "$rumqttd_version" rumqttd --locked || echo "rumqttd $rumqttd_version does not build here" >&2
