#!/usr/bin/env bash
# The Will Message from a shell, end to end, on a broker of its own.
#
# Every command is printed before it runs, so that you can type the same. What arrives is compared
# with what must arrive; the first difference ends the script with exit code 1.
#
#   tests/walkthrough.sh                  builds lastwill, then plays the scenario with it
#   LASTWILL=PATH tests/walkthrough.sh    plays it with another binary
set -uo pipefail

seconds_max=15 # how long to wait for anything
delay_ms_min=2000
started=()     # what to end when we leave
dir=

leave() {
    local code=$? pid
    trap - EXIT INT TERM
    for pid in "${started[@]}"; do kill -9 "$pid" 2>/dev/null; done
    wait 2>/dev/null
    [ -n "$dir" ] && cd / && rm -rf "$dir"
    exit "$code"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
    printf '\nFAILED: %s\n' "$1" >&2
    if [ -s broker.log ]; then printf 'The end of broker.log:\n' >&2 && tail -n 30 broker.log >&2; fi
    exit 1
}

say() { echo && printf '# %s\n' "$@"; }

# Prints a command, then runs it here.
run() {
    printf '$ %s\n' "$1"
    eval "$1" || fail "exit code $? of: $1"
}

# The same for a command that goes on in the background.
start() {
    printf '$ %s\n' "$1"
    eval "$1"
    started+=($!)
}

# Background clients that are killed would make bash tell so between our lines.
start_client() { start "$1" && disown $!; }

# Waits until a condition holds.
await() {
    local what=$1 deadline=$((SECONDS + seconds_max))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || fail "waited $seconds_max s for $what"
        sleep 0.05
    done
}

has_line() { grep -Eq -e "$2" "$1"; }
has_lines() { (($(wc -l <"$1") >= $2)); }
has_input() { read -r -t 0 -u "$1"; }

# The log of the broker says when a client is there: no need to guess how long it takes.
await_subscribed() { await "the subscription of $1 to $3" has_line broker.log "(^|[: ])$1 $2 $3\$"; }
await_connected() { await "the connection of $1" has_line broker.log "New client connected from .* as $1 \("; }
await_gone() { await "the end of $1" has_line broker.log "Client $1 .*disconnected"; }

# Shows a file and compares it with the lines that must be in it by now.
expect() {
    local file=$1 want got
    shift
    want=$(printf '%s\n' "$@")
    await "$# lines in $file (it has: $(tr '\n' '|' <"$file"))" has_lines "$file" $#
    printf '$ cat %s\n' "$file"
    got=$(<"$file")
    printf '%s\n' "$got"
    [ "$got" = "$want" ] || fail "$(printf '%s should be:\n%s' "$file" "$want")"
}

if [ -z "${LASTWILL:-}" ]; then
    root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
    printf '$ cargo build\n'
    cargo build --manifest-path "$root/Cargo.toml" || exit 1
    LASTWILL=${CARGO_TARGET_DIR:-$root/target}/debug/lastwill
fi
LASTWILL=$(realpath -e "$LASTWILL") || exit 1
dir=$(mktemp -d) || exit 1
mkdir "$dir/bin" && ln -s "$LASTWILL" "$dir/bin/lastwill" || exit 1
PATH=$dir/bin:$PATH
cd "$dir" || exit 1

say 'A broker of our own, on a free port. It says which.'
start 'lastwill broker -p 0 --ready-json -v > ready.json 2> broker.log &'
broker=$!
await 'a line in ready.json' has_lines ready.json 1
run 'cat ready.json'
run "port=\$(grep -Eo '\"port\":[0-9]+' ready.json | head -n 1 | cut -d: -f2)"
[ -n "$port" ] || fail 'no port in ready.json'

say '1. THE WILL' \
    'The client "alive" watches the topic "test".' \
    'The client "sub" leaves a will: "die" to "test", QoS 2. Then it is killed.'
start_client "lastwill sub -p \$port -i alive -t test -q 2 -F '%t %p (QoS %q)' > alive.txt & alive=\$!"
await_subscribed alive 2 test
start_client 'lastwill sub -p $port -i sub -t anything --will-topic test --will-payload die --will-qos 2 & sub=$!'
await_subscribed sub 0 anything
run 'kill -9 $sub'
expect alive.txt 'test die (QoS 2)'

say '2. WHO IS ONLINE?' \
    'A leaves a retained will "offline" on A/status. Once connected it publishes a retained "online".'
start_client "lastwill sub -p \$port -i watcher -t A/status -q 1 -F '%p retain=%r' > watcher.txt & watcher=\$!"
await_subscribed watcher 1 A/status
start_client 'lastwill sub -p $port -i A -t A/inbox --will-topic A/status --will-payload offline --will-qos 1 --will-retain & a=$!'
await_subscribed A 0 A/inbox
run 'lastwill pub -p $port -t A/status -m online -q 1 -r'
expect watcher.txt 'online retain=0'
say 'A is killed. The watcher learns it at once, a newcomer from the retained message.'
run 'kill -9 $a'
expect watcher.txt 'online retain=0' 'offline retain=0'
run "lastwill sub -p \$port -i newcomer -t A/status -C 1 -W $seconds_max -F '%p retain=%r' > newcomer.txt"
expect newcomer.txt 'offline retain=1'

say '3. A NORMAL GOODBYE' \
    'On SIGTERM (or Ctrl-C) sub sends DISCONNECT, and the broker throws the will away.' \
    'What "alive" gets next is our own message: there was no will before it.'
start_client 'lastwill sub -p $port -i polite -t anything --will-topic test --will-payload never & polite=$!'
await_subscribed polite 0 anything
run 'kill -TERM $polite'
await_gone polite
run "lastwill pub -p \$port -t test -m 'no will so far' -q 2"
expect alive.txt 'test die (QoS 2)' 'test no will so far (QoS 2)'

say '4. THE FOUR TRIGGERS'
start_client "lastwill sub -p \$port -i triggers -t 'trigger/#' -q 1 -F '%t: %p' > triggers.txt & triggers=\$!"
await_subscribed triggers 1 'trigger/#'

say '4.1 An error of the network: the connection is reset.' \
    'CONNECT by hand: MQTT 3.1.1, will flag, client id "raw1", will "reset" to trigger/1.' \
    'We close the socket and leave the answer unread, which makes Linux send RST.'
run 'exec 3<>/dev/tcp/127.0.0.1/$port'
run "printf '\x10\x22\0\x04MQTT\x04\x06\0\0\0\x04raw1\0\x09trigger/1\0\x05reset' >&3"
await 'the answer to CONNECT' has_input 3
run 'exec 3>&-'
expect triggers.txt 'trigger/1: reset'

say '4.2 Silence: the client is frozen and misses its keep-alive of 5 s.' \
    'The connection is still there; after 1.5 times the keep-alive the broker gives up.'
start_client 'lastwill sub -p $port -i frozen -k 5 -t anything --will-topic trigger/2 --will-payload silent & frozen=$!'
await_subscribed frozen 0 anything
run 'kill -STOP $frozen'
expect triggers.txt 'trigger/1: reset' 'trigger/2: silent'

say '4.3 The client goes away without DISCONNECT: kill -9, and Linux closes its socket.'
start_client 'lastwill sub -p $port -i killed -t anything --will-topic trigger/3 --will-payload closed & killed=$!'
await_subscribed killed 0 anything
run 'kill -9 $killed'
expect triggers.txt 'trigger/1: reset' 'trigger/2: silent' 'trigger/3: closed'

say '4.4 The broker closes the connection: a second CONNECT is a protocol error.'
run 'exec 3<>/dev/tcp/127.0.0.1/$port'
run "printf '\x10\x22\0\x04MQTT\x04\x06\0\0\0\x04raw2\0\x09trigger/4\0\x05twice' >&3"
await_connected raw2
run "printf '\x10\x22\0\x04MQTT\x04\x06\0\0\0\x04raw2\0\x09trigger/4\0\x05twice' >&3"
expect triggers.txt 'trigger/1: reset' 'trigger/2: silent' 'trigger/3: closed' 'trigger/4: twice'
run 'exec 3>&-'

say '5. MQTT 5' \
    'DISCONNECT with reason 0x04 keeps the will: that is what sub sends on SIGTERM with -V 5.'
start_client "lastwill sub -p \$port -i five -t 'five/#' -q 1 -F '%t: %p' > five.txt 2> five.log &"
await_subscribed five 1 'five/#'
start_client 'lastwill sub -V 5 -p $port -i leaver -t anything --will-topic five/reason --will-payload 0x04 & leaver=$!'
await_subscribed leaver 0 anything
run 'kill -TERM $leaver'
expect five.txt 'five/reason: 0x04'

say 'Will Delay Interval: the will waits for 2 s, in case the client comes back.'
start_client 'lastwill sub -V 5 -p $port -i late -t anything --will-topic five/delay --will-payload waited -x 60 -c -D will will-delay-interval 2 & late=$!'
await_subscribed late 0 anything
killed_at=$(date +%s%N)
run 'kill -9 $late'
expect five.txt 'five/reason: 0x04' 'five/delay: waited'
waited_ms=$((($(date +%s%N) - killed_at) / 1000000))
((waited_ms >= delay_ms_min)) || fail "the will came after $waited_ms ms, not after 2 s"
printf '# That took %d.%d s.\n' $((waited_ms / 1000)) $((waited_ms % 1000 / 100))

say '6. THE BROKER STOPS' \
    'Every will that it still holds goes out first. Then it ends with exit code 0.'
run 'kill -TERM $alive $watcher $triggers'
start_client 'lastwill sub -p $port -i last -t anything --will-topic five/last --will-payload "the broker stopped" 2> last.log &'
await_subscribed last 0 anything
run 'kill -TERM $broker'
run 'wait $broker'
expect five.txt 'five/reason: 0x04' 'five/delay: waited' 'five/last: the broker stopped'

say 'What the broker wrote about all these wills:'
run "grep -o 'will of .*' broker.log"
published=$(grep -c 'will of .* published to ' broker.log)
((published == 9)) || fail "the broker wrote about $published published wills, not 9"

echo && echo 'All as it must be.'
