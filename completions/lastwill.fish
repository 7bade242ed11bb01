# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_lastwill_global_optspecs
    string join \n h/help V/version
end

function __fish_lastwill_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_lastwill_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_lastwill_using_subcommand
    set -l cmd (__fish_lastwill_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c lastwill -n "__fish_lastwill_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lastwill -n "__fish_lastwill_needs_command" -s V -l version -d 'Print version'
complete -c lastwill -n "__fish_lastwill_needs_command" -f -a "broker" -d 'Run an MQTT broker (3.1, 3.1.1 and 5.0)'
complete -c lastwill -n "__fish_lastwill_needs_command" -f -a "sub" -d 'Subscribe to topics and print what is published'
complete -c lastwill -n "__fish_lastwill_needs_command" -f -a "pub" -d 'Publish messages to a topic'
complete -c lastwill -n "__fish_lastwill_needs_command" -f -a "rr" -d 'Publish a request and print the response'
complete -c lastwill -n "__fish_lastwill_needs_command" -f -a "retained" -d 'List, print and remove retained messages'
complete -c lastwill -n "__fish_lastwill_needs_command" -f -a "conn" -d 'Connect, hold a will and wait'
complete -c lastwill -n "__fish_lastwill_needs_command" -f -a "watch" -d 'Watch who is online, and when wills come'
complete -c lastwill -n "__fish_lastwill_needs_command" -f -a "wills" -d 'List the wills that a lastwill broker holds'
complete -c lastwill -n "__fish_lastwill_needs_command" -f -a "store" -d 'Look into the store of a broker that is stopped, check it, move it'
complete -c lastwill -n "__fish_lastwill_needs_command" -f -a "config" -d 'Explain a configuration of the broker'
complete -c lastwill -n "__fish_lastwill_needs_command" -f -a "check" -d 'Examine a broker: every will, every connection-level rule'
complete -c lastwill -n "__fish_lastwill_needs_command" -f -a "bench" -d 'Measure a broker: messages, connections, wills, with every delivery checked'
complete -c lastwill -n "__fish_lastwill_needs_command" -f -a "passwd" -d 'Make and change password files of the broker'
complete -c lastwill -n "__fish_lastwill_needs_command" -f -a "link" -d 'Make links named mosquitto_sub, mosquitto_pub, mosquitto_rr, mosquitto_passwd and mosquitto to this program'
complete -c lastwill -n "__fish_lastwill_needs_command" -f -a "profile" -d 'Named sets of options about the connection'
complete -c lastwill -n "__fish_lastwill_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c lastwill -n "__fish_lastwill_using_subcommand broker" -s c -l config-file -d 'Configuration file, in the syntax of mosquitto.conf' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand broker" -s p -l port -d 'Listen on this port of this machine only; 0 is any free one. May be repeated, up to 10 times. Not used when listeners are configured' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand broker" -l set -d 'Set one option of the configuration, such as --set max_qos=1. May be repeated' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand broker" -l allow-user -d 'Let this user in, with the first line of FILE as its password; others only if the configuration says so. May be repeated' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand broker" -l data -d 'Keep sessions, messages and wills in this directory, so that they survive a restart' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand broker" -l ready-fd -d 'The same line to a file descriptor from 3 on, which is closed then' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand broker" -l exec -d 'Run a shell command, with MQTT_HOST, MQTT_PORT and LASTWILL_URL in its environment (and LASTWILL_CAFILE with --tls-self-signed); end with it, with its exit code. Any free port, and a log of errors and warnings, unless you say otherwise. Signals go to the command. Root stays root' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand broker" -l tls-keylog -d 'Append the keys of all connections with TLS to this file, for tools that look into them' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand broker" -l tls-self-signed -d 'Speak TLS with certificates in this directory, for laboratories. They are made if they are not there: an authority, a server\'s and a client\'s. Without -p on port 8883' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand broker" -l compat -d 'Behave as another broker does where there is a choice' -r -f -a "mosquitto\t''"
complete -c lastwill -n "__fish_lastwill_using_subcommand broker" -s v -l verbose -d 'Log everything, the packets of every client included'
complete -c lastwill -n "__fish_lastwill_using_subcommand broker" -s q -l quiet -d 'Log nothing'
complete -c lastwill -n "__fish_lastwill_using_subcommand broker" -l ready-json -d 'When connections are accepted, say so in one line of JSON on stdout'
complete -c lastwill -n "__fish_lastwill_using_subcommand broker" -l test-config -d 'Check the configuration file and end'
complete -c lastwill -n "__fish_lastwill_using_subcommand broker" -l help-options -d 'Print all options of the configuration with their defaults, and end'
complete -c lastwill -n "__fish_lastwill_using_subcommand broker" -s d -l daemon -d 'Run in the background. Returns when connections are accepted, or with the exit code of a start that failed'
complete -c lastwill -n "__fish_lastwill_using_subcommand broker" -l daemon-child
complete -c lastwill -n "__fish_lastwill_using_subcommand broker" -s h -l help -d 'Print help'
complete -c lastwill -n "__fish_lastwill_using_subcommand broker" -s V -l version -d 'Print version'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s h -l host -d 'Host name or address of the broker [default: localhost]' -r -f -a "(__fish_print_hostnames)"
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s p -l port -d 'Port of the broker [default: 1883, with TLS 8883]; 8883 implies TLS' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s L -l url -d 'Everything at once: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC, or ws:// for WebSocket' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s u -l username -d 'User name' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s P -l pw -d 'Password' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s A -d 'Local address to connect from' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s V -l protocol-version -d 'Protocol version: mqttv31, mqttv311 or mqttv5, or 31, 311, 5 [default: mqttv311]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s k -l keepalive -d 'Keep Alive, 5 to 65535 seconds [default: 60]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s i -l id -d 'Client identifier [default: the broker assigns one]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s I -l id-prefix -d 'Client identifier made of this and the process id' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s x -d 'How long the session outlives the connection, -1 for ever; uses MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s q -l qos -d 'Quality of service: 0, 1 or 2 [default: 0]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s M -d 'Most QoS 1 and 2 messages on their way at a time [default: 20]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s D -l property -d 'An MQTT 5 property of a packet; may be repeated; see below' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l unix -d 'Unix domain socket of the broker; the same as -h PATH -p 0' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l proxy -d 'SOCKS5 proxy that connects to the broker: socks5h://[USER[:PASSWORD]@]HOST[:PORT] [default port: 1080]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l password-file -d 'The password is the first line of this file' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l password-env -d 'The password is the value of this environment variable' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l password-fd -d 'The password is the first line of this open file descriptor' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l cafile -d 'Use TLS and trust the certificates in this PEM file; port 8883' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l capath -d 'Use TLS and trust the certificates in the files of this directory' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l cert -d 'Our own certificate, PEM; needs --key' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l key -d 'Private key of --cert, PEM; the passphrase of an encrypted one is asked for' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l tls-version -d 'Lowest version of TLS: tlsv1.2 or tlsv1.3 [default: tlsv1.2]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l ciphers -d 'Ciphers for TLS 1.2, as OpenSSL names them' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l tls-alpn -d 'Application protocol to offer to the server (ALPN)' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l tls-keylog -d 'Append the secrets of the connection to a file, for Wireshark' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l psk -d 'Use TLS with this pre-shared key, in hexadecimal; needs --psk-identity, and a build with the feature psk' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l psk-identity -d 'By which name the server knows the pre-shared key' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l retry -d 'Try again when there is no connection, the first one included: for ever, or this often in a row; see below' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l retry-max -d 'Longest delay between two attempts of --retry [default: 30s]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s t -l topic -d 'Topic filter to subscribe to; may be repeated' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s T -l filter-out -d 'Ignore messages whose topic matches; may be repeated' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s U -l unsubscribe -d 'Topic filter to unsubscribe from; may be repeated' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s C -d 'Exit after this many messages' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s W -d 'Exit with 27 after this time' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l retain-handling -d 'Ask for retained messages always, for new subscriptions, or never: always, new, never (MQTT 5)' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l random-filter -d 'Print only this share of the messages, 0.1 to 100' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s F -d 'Print messages in this format; see below' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l as -d 'Print payloads as hex, base64, json (laid out anew, --pretty indents) or dump (like hexdump -C)' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l exec -d 'Run this with sh -c for each message instead of printing: payload on standard input, the rest in the environment; see below' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l exec-jobs -d 'Commands that may run at a time, 1 to 1024 [default: 1]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l record -d 'Also write each message to a new file, as --json prints it, for pub --replay; uses MQTT 5' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l will-topic -d 'Topic that the broker publishes to when this client dies' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l will-payload -d 'Payload of the will [default: empty]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l will-qos -d 'Quality of service of the will: 0, 1 or 2 [default: 0]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l will-file -d 'Payload of the will from a file' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l will-delay -d 'How long the broker waits for us to come back, such as 30s; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l will-expiry -d 'How long the published will is worth delivering; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l will-content-type -d 'Content Type of the will; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l will-response-topic -d 'Response Topic of the will; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l will-correlation -d 'Correlation Data of the will; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l will-user-property -d 'A user property of the will, may be repeated; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l will-payload-format -d 'Payload Format Indicator of the will: text or bytes; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l end -d 'How to leave: normal, will (DISCONNECT 0x04), drop, reset, stall, malformed, second-connect or oversize; see below' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l end-reason -d 'Leave with a DISCONNECT of this reason code, 0 to 255; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l end-after -d 'Leave this long after the connection was accepted, such as 5s' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l end-after-messages -d 'Leave after this many messages, received or published' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l end-session-expiry -d 'Session Expiry Interval in DISCONNECT, -1 for ever; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l presence -d 'Keep a retained topic true: "online" while connected, "offline" afterwards, whatever the end' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l presence-online -d 'What the topic says while connected [default: online]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l presence-offline -d 'What the topic says afterwards [default: offline]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s o -d 'Read options from this file first, one a line' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l compat -d 'Follow this version of mosquitto\'s clients where they differ: 2.0 or 2.1; LASTWILL_COMPAT says the same for links [default: 2.1]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l profile -d 'Options of this profile first; see lastwill profile --help' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l color -d 'Colour messages on stderr: always, never, or auto, which is on a terminal unless NO_COLOR is set [default: auto]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l nodelay -d 'Send small packets at once (TCP_NODELAY)'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s c -l disable-clean-session -d 'Keep the session when the connection ends; needs -i'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l ws -d 'Use WebSocket, as -L ws://HOST/TOPIC does'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s S -d 'The host is a domain whose SRV records name the brokers (_mqtt._tcp, or _secure-mqtt._tcp with TLS); needs a build with the feature srv'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l password-prompt -d 'Ask for the password on the terminal, as -P without a value'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l tls-use-os-certs -d 'Use TLS and trust the system\'s certificates, or those of SSL_CERT_FILE, SSL_CERT_DIR'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l insecure -d 'Believe any server: its certificate is not checked at all'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l no-tls -d 'Never use TLS, not even on port 8883'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l no-retry -d 'End when the connection is lost'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s E -d 'Exit when the broker has confirmed the subscriptions'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s R -d 'Ignore retained messages; asks an MQTT 5 broker for none'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l retained-only -d 'Exit at the first message that is not retained'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l remove-retained -d 'Clear every retained message that arrives'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l retain-as-published -d 'Ask the broker to leave the retain bit as it was (MQTT 5)'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s v -l verbose -d 'Print the topic before the payload'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s N -d 'Print no end of line after a message'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l pretty -d 'Indent the JSON of %j and %J'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l message-rate -d 'Print how many messages arrive per second, not the messages'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s w -l watch -d 'Keep one screen line per topic'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l json -d 'Print each message as a line of JSON that loses nothing; uses MQTT 5; see below'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s 0 -l zero-terminated -d 'End each message with NUL, not with a line feed'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l exec-stop-on-error -d 'Stop with exit status 1 when a command fails'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l force -d 'Let --record replace a file that exists'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l will-retain -d 'The will stays as the topic\'s retained message'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l will-stdin -d 'Payload of the will from standard input'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s d -l debug -d 'Print every packet sent and received'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l quiet -d 'Print no errors while running'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l help -d 'Print this help'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l version -d 'Print the version'
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -l strict -d 'Exit with a code of its own for everything; see below'
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s h -l host -d 'Host name or address of the broker [default: localhost]' -r -f -a "(__fish_print_hostnames)"
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s p -l port -d 'Port of the broker [default: 1883, with TLS 8883]; 8883 implies TLS' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s L -l url -d 'Everything at once: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC, or ws:// for WebSocket' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s u -l username -d 'User name' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s P -l pw -d 'Password' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s A -d 'Local address to connect from' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s V -l protocol-version -d 'Protocol version: mqttv31, mqttv311 or mqttv5, or 31, 311, 5 [default: mqttv311]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s k -l keepalive -d 'Keep Alive, 5 to 65535 seconds [default: 60]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s i -l id -d 'Client identifier [default: the broker assigns one]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s I -l id-prefix -d 'Client identifier made of this and the process id' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s x -d 'How long the session outlives the connection, -1 for ever; uses MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s q -l qos -d 'Quality of service: 0, 1 or 2 [default: 0]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s M -d 'Most QoS 1 and 2 messages on their way at a time [default: 20]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s D -l property -d 'An MQTT 5 property of a packet; may be repeated; see below' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l unix -d 'Unix domain socket of the broker; the same as -h PATH -p 0' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l proxy -d 'SOCKS5 proxy that connects to the broker: socks5h://[USER[:PASSWORD]@]HOST[:PORT] [default port: 1080]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l password-file -d 'The password is the first line of this file' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l password-env -d 'The password is the value of this environment variable' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l password-fd -d 'The password is the first line of this open file descriptor' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l cafile -d 'Use TLS and trust the certificates in this PEM file; port 8883' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l capath -d 'Use TLS and trust the certificates in the files of this directory' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l cert -d 'Our own certificate, PEM; needs --key' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l key -d 'Private key of --cert, PEM; the passphrase of an encrypted one is asked for' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l tls-version -d 'Lowest version of TLS: tlsv1.2 or tlsv1.3 [default: tlsv1.2]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l ciphers -d 'Ciphers for TLS 1.2, as OpenSSL names them' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l tls-alpn -d 'Application protocol to offer to the server (ALPN)' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l tls-keylog -d 'Append the secrets of the connection to a file, for Wireshark' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l psk -d 'Use TLS with this pre-shared key, in hexadecimal; needs --psk-identity, and a build with the feature psk' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l psk-identity -d 'By which name the server knows the pre-shared key' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l retry -d 'Try again when there is no connection, the first one included: for ever, or this often in a row; see below' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l retry-max -d 'Longest delay between two attempts of --retry [default: 30s]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s W -d 'Exit with 27 if not everything is published after this time' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s t -l topic -d 'Topic to publish to' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s m -l message -d 'The payload' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s f -l file -d 'The payload is the content of a file' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l repeat -d 'Publish this many times [default: 1]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l repeat-delay -d 'Pause between two publishes, fractions allowed [default: 0]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l replay -d 'Publish what sub --record wrote, with the pauses between the messages; like --json' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l speed -d 'Replay so much faster: 2 halves the pauses, 0 leaves them out [default: 1]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l topic-separator -d 'With -l: a line is TOPIC SEPARATOR PAYLOAD; \\t is a tab' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l will-topic -d 'Topic that the broker publishes to when this client dies' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l will-payload -d 'Payload of the will [default: empty]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l will-qos -d 'Quality of service of the will: 0, 1 or 2 [default: 0]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l will-file -d 'Payload of the will from a file' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l will-delay -d 'How long the broker waits for us to come back, such as 30s; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l will-expiry -d 'How long the published will is worth delivering; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l will-content-type -d 'Content Type of the will; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l will-response-topic -d 'Response Topic of the will; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l will-correlation -d 'Correlation Data of the will; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l will-user-property -d 'A user property of the will, may be repeated; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l will-payload-format -d 'Payload Format Indicator of the will: text or bytes; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l end -d 'How to leave: normal, will (DISCONNECT 0x04), drop, reset, stall, malformed, second-connect or oversize; see below' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l end-reason -d 'Leave with a DISCONNECT of this reason code, 0 to 255; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l end-after -d 'Leave this long after the connection was accepted, such as 5s' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l end-after-messages -d 'Leave after this many messages, received or published' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l end-session-expiry -d 'Session Expiry Interval in DISCONNECT, -1 for ever; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l presence -d 'Keep a retained topic true: "online" while connected, "offline" afterwards, whatever the end' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l presence-online -d 'What the topic says while connected [default: online]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l presence-offline -d 'What the topic says afterwards [default: offline]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s o -d 'Read options from this file first, one a line' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l compat -d 'Follow this version of mosquitto\'s clients where they differ: 2.0 or 2.1; LASTWILL_COMPAT says the same for links [default: 2.1]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l profile -d 'Options of this profile first; see lastwill profile --help' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l color -d 'Colour messages on stderr: always, never, or auto, which is on a terminal unless NO_COLOR is set [default: auto]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l nodelay -d 'Send small packets at once (TCP_NODELAY)'
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s c -l disable-clean-session -d 'Keep the session when the connection ends; needs -i'
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l ws -d 'Use WebSocket, as -L ws://HOST/TOPIC does'
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s S -d 'The host is a domain whose SRV records name the brokers (_mqtt._tcp, or _secure-mqtt._tcp with TLS); needs a build with the feature srv'
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l password-prompt -d 'Ask for the password on the terminal, as -P without a value'
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l tls-use-os-certs -d 'Use TLS and trust the system\'s certificates, or those of SSL_CERT_FILE, SSL_CERT_DIR'
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l insecure -d 'Believe any server: its certificate is not checked at all'
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l no-tls -d 'Never use TLS, not even on port 8883'
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l no-retry -d 'End when the connection is lost'
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s s -l stdin-file -d 'The payload is all of standard input'
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s l -l stdin-line -d 'Every line of standard input is a message'
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s n -l null-message -d 'An empty payload; with -r it clears a retained message'
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s r -l retain -d 'The broker keeps the message for later subscribers'
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l json -d 'Every line of standard input is a message in JSON, as sub --json prints it; -t, -q, -r and -D go before what it says; uses MQTT 5; see below'
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s 0 -l zero-terminated -d 'With -l and --json: NUL ends a message, not a line feed'
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l will-retain -d 'The will stays as the topic\'s retained message'
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l will-stdin -d 'Payload of the will from standard input'
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -s d -l debug -d 'Print every packet sent and received'
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l quiet -d 'Print no errors while running'
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l help -d 'Print this help'
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l version -d 'Print the version'
complete -c lastwill -n "__fish_lastwill_using_subcommand pub" -l strict -d 'Exit with a code of its own for everything; see below'
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s h -l host -d 'Host name or address of the broker [default: localhost]' -r -f -a "(__fish_print_hostnames)"
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s p -l port -d 'Port of the broker [default: 1883, with TLS 8883]; 8883 implies TLS' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s L -l url -d 'Everything at once: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC, or ws:// for WebSocket' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s u -l username -d 'User name' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s P -l pw -d 'Password' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s A -d 'Local address to connect from' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s V -l protocol-version -d 'Protocol version: mqttv31, mqttv311 or mqttv5, or 31, 311, 5 [default: mqttv5]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s k -l keepalive -d 'Keep Alive, 5 to 65535 seconds [default: 60]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s i -l id -d 'Client identifier [default: the broker assigns one]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s I -l id-prefix -d 'Client identifier made of this and the process id' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s x -d 'How long the session outlives the connection, -1 for ever; uses MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s q -l qos -d 'Quality of service: 0, 1 or 2 [default: 0]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s M -d 'Most QoS 1 and 2 messages on their way at a time [default: 20]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s D -l property -d 'An MQTT 5 property of a packet; may be repeated; see below' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l unix -d 'Unix domain socket of the broker; the same as -h PATH -p 0' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l proxy -d 'SOCKS5 proxy that connects to the broker: socks5h://[USER[:PASSWORD]@]HOST[:PORT] [default port: 1080]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l password-file -d 'The password is the first line of this file' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l password-env -d 'The password is the value of this environment variable' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l password-fd -d 'The password is the first line of this open file descriptor' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l cafile -d 'Use TLS and trust the certificates in this PEM file; port 8883' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l capath -d 'Use TLS and trust the certificates in the files of this directory' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l cert -d 'Our own certificate, PEM; needs --key' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l key -d 'Private key of --cert, PEM; the passphrase of an encrypted one is asked for' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l tls-version -d 'Lowest version of TLS: tlsv1.2 or tlsv1.3 [default: tlsv1.2]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l ciphers -d 'Ciphers for TLS 1.2, as OpenSSL names them' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l tls-alpn -d 'Application protocol to offer to the server (ALPN)' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l tls-keylog -d 'Append the secrets of the connection to a file, for Wireshark' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l psk -d 'Use TLS with this pre-shared key, in hexadecimal; needs --psk-identity, and a build with the feature psk' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l psk-identity -d 'By which name the server knows the pre-shared key' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l retry -d 'Try again when there is no connection, the first one included: for ever, or this often in a row; see below' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l retry-max -d 'Longest delay between two attempts of --retry [default: 30s]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s W -d 'Exit with 27 after this time' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l retain-handling -d 'Ask for retained messages always, for new subscriptions, or never: always, new, never (MQTT 5)' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s F -d 'Print messages in this format; see below' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s t -l topic -d 'Topic to publish to' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s m -l message -d 'The payload' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s f -l file -d 'The payload is the content of a file' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s e -d 'Topic that the response is published to' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s C -d 'Wait for this many responses [default: 1]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l will-topic -d 'Topic that the broker publishes to when this client dies' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l will-payload -d 'Payload of the will [default: empty]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l will-qos -d 'Quality of service of the will: 0, 1 or 2 [default: 0]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l will-file -d 'Payload of the will from a file' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l will-delay -d 'How long the broker waits for us to come back, such as 30s; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l will-expiry -d 'How long the published will is worth delivering; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l will-content-type -d 'Content Type of the will; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l will-response-topic -d 'Response Topic of the will; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l will-correlation -d 'Correlation Data of the will; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l will-user-property -d 'A user property of the will, may be repeated; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l will-payload-format -d 'Payload Format Indicator of the will: text or bytes; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l end -d 'How to leave: normal, will (DISCONNECT 0x04), drop, reset, stall, malformed, second-connect or oversize; see below' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l end-reason -d 'Leave with a DISCONNECT of this reason code, 0 to 255; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l end-after -d 'Leave this long after the connection was accepted, such as 5s' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l end-after-messages -d 'Leave after this many messages, received or published' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l end-session-expiry -d 'Session Expiry Interval in DISCONNECT, -1 for ever; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l presence -d 'Keep a retained topic true: "online" while connected, "offline" afterwards, whatever the end' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l presence-online -d 'What the topic says while connected [default: online]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l presence-offline -d 'What the topic says afterwards [default: offline]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s o -d 'Read options from this file first, one a line' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l compat -d 'Follow this version of mosquitto\'s clients where they differ: 2.0 or 2.1; LASTWILL_COMPAT says the same for links [default: 2.1]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l profile -d 'Options of this profile first; see lastwill profile --help' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l color -d 'Colour messages on stderr: always, never, or auto, which is on a terminal unless NO_COLOR is set [default: auto]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l nodelay -d 'Send small packets at once (TCP_NODELAY)'
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s c -l disable-clean-session -d 'Keep the session when the connection ends; needs -i'
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l ws -d 'Use WebSocket, as -L ws://HOST/TOPIC does'
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s S -d 'The host is a domain whose SRV records name the brokers (_mqtt._tcp, or _secure-mqtt._tcp with TLS); needs a build with the feature srv'
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l password-prompt -d 'Ask for the password on the terminal, as -P without a value'
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l tls-use-os-certs -d 'Use TLS and trust the system\'s certificates, or those of SSL_CERT_FILE, SSL_CERT_DIR'
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l insecure -d 'Believe any server: its certificate is not checked at all'
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l no-tls -d 'Never use TLS, not even on port 8883'
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l no-retry -d 'End when the connection is lost'
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s R -d 'Ignore retained messages; asks an MQTT 5 broker for none'
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l retain-as-published -d 'Ask the broker to leave the retain bit as it was (MQTT 5)'
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s v -l verbose -d 'Print the topic before the payload'
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s N -d 'Print no end of line after a message'
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l pretty -d 'Indent the JSON of %j and %J'
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s s -l stdin-file -d 'The payload is all of standard input'
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s n -l null-message -d 'An empty payload; with -r it clears a retained message'
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l strict-correlation -d 'Ignore responses without correlation data too (MQTT 5)'
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l latency -d 'Print the time from request to response'
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l will-retain -d 'The will stays as the topic\'s retained message'
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l will-stdin -d 'Payload of the will from standard input'
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -s d -l debug -d 'Print every packet sent and received'
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l quiet -d 'Print no errors while running'
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l help -d 'Print this help'
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l version -d 'Print the version'
complete -c lastwill -n "__fish_lastwill_using_subcommand rr" -l strict -d 'Exit with a code of its own for everything; see below'
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -s h -l host -d 'Host name or address of the broker [default: localhost]' -r -f -a "(__fish_print_hostnames)"
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -s p -l port -d 'Port of the broker [default: 1883, with TLS 8883]; 8883 implies TLS' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -s L -l url -d 'Everything at once: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC, or ws:// for WebSocket' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -s u -l username -d 'User name' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -s P -l pw -d 'Password' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -s A -d 'Local address to connect from' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -s V -l protocol-version -d 'Protocol version: mqttv31, mqttv311 or mqttv5, or 31, 311, 5 [default: mqttv311]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -s k -l keepalive -d 'Keep Alive, 5 to 65535 seconds [default: 60]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -s i -l id -d 'Client identifier [default: the broker assigns one]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -s I -l id-prefix -d 'Client identifier made of this and the process id' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -s x -d 'How long the session outlives the connection, -1 for ever; uses MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -s D -l property -d 'An MQTT 5 property of a packet; may be repeated; see below' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l unix -d 'Unix domain socket of the broker; the same as -h PATH -p 0' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l proxy -d 'SOCKS5 proxy that connects to the broker: socks5h://[USER[:PASSWORD]@]HOST[:PORT] [default port: 1080]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l password-file -d 'The password is the first line of this file' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l password-env -d 'The password is the value of this environment variable' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l password-fd -d 'The password is the first line of this open file descriptor' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l cafile -d 'Use TLS and trust the certificates in this PEM file; port 8883' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l capath -d 'Use TLS and trust the certificates in the files of this directory' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l cert -d 'Our own certificate, PEM; needs --key' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l key -d 'Private key of --cert, PEM; the passphrase of an encrypted one is asked for' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l tls-version -d 'Lowest version of TLS: tlsv1.2 or tlsv1.3 [default: tlsv1.2]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l ciphers -d 'Ciphers for TLS 1.2, as OpenSSL names them' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l tls-alpn -d 'Application protocol to offer to the server (ALPN)' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l tls-keylog -d 'Append the secrets of the connection to a file, for Wireshark' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l psk -d 'Use TLS with this pre-shared key, in hexadecimal; needs --psk-identity, and a build with the feature psk' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l psk-identity -d 'By which name the server knows the pre-shared key' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l retry -d 'Try again when there is no connection, the first one included: for ever, or this often in a row; see below' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l retry-max -d 'Longest delay between two attempts of --retry [default: 30s]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -s W -d 'Exit with 27 after this time' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -s F -d 'Print messages in this format; see below' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -s t -l topic -d 'Another topic filter; -t may be left out' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l as -d 'Print payloads as hex, base64, json (laid out anew, --pretty indents) or dump (like hexdump -C)' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l will-topic -d 'Topic that the broker publishes to when this client dies' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l will-payload -d 'Payload of the will [default: empty]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l will-qos -d 'Quality of service of the will: 0, 1 or 2 [default: 0]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l will-file -d 'Payload of the will from a file' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l will-delay -d 'How long the broker waits for us to come back, such as 30s; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l will-expiry -d 'How long the published will is worth delivering; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l will-content-type -d 'Content Type of the will; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l will-response-topic -d 'Response Topic of the will; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l will-correlation -d 'Correlation Data of the will; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l will-user-property -d 'A user property of the will, may be repeated; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l will-payload-format -d 'Payload Format Indicator of the will: text or bytes; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l end -d 'How to leave: normal, will (DISCONNECT 0x04), drop, reset, stall, malformed, second-connect or oversize; see below' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l end-reason -d 'Leave with a DISCONNECT of this reason code, 0 to 255; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l end-after -d 'Leave this long after the connection was accepted, such as 5s' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l end-after-messages -d 'Leave after this many messages, received or published' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l end-session-expiry -d 'Session Expiry Interval in DISCONNECT, -1 for ever; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l presence -d 'Keep a retained topic true: "online" while connected, "offline" afterwards, whatever the end' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l presence-online -d 'What the topic says while connected [default: online]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l presence-offline -d 'What the topic says afterwards [default: offline]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -s o -d 'Read options from this file first, one a line' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l compat -d 'Follow this version of mosquitto\'s clients where they differ: 2.0 or 2.1; LASTWILL_COMPAT says the same for links [default: 2.1]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l profile -d 'Options of this profile first; see lastwill profile --help' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l color -d 'Colour messages on stderr: always, never, or auto, which is on a terminal unless NO_COLOR is set [default: auto]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l nodelay -d 'Send small packets at once (TCP_NODELAY)'
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -s c -l disable-clean-session -d 'Keep the session when the connection ends; needs -i'
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l ws -d 'Use WebSocket, as -L ws://HOST/TOPIC does'
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -s S -d 'The host is a domain whose SRV records name the brokers (_mqtt._tcp, or _secure-mqtt._tcp with TLS); needs a build with the feature srv'
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l password-prompt -d 'Ask for the password on the terminal, as -P without a value'
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l tls-use-os-certs -d 'Use TLS and trust the system\'s certificates, or those of SSL_CERT_FILE, SSL_CERT_DIR'
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l insecure -d 'Believe any server: its certificate is not checked at all'
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l no-tls -d 'Never use TLS, not even on port 8883'
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l no-retry -d 'End when the connection is lost'
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -s v -l verbose -d 'Print the topic before the payload'
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -s N -d 'Print no end of line after a message'
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l pretty -d 'Indent the JSON of %j and %J'
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l dry-run -d 'With remove: print what would be removed, remove nothing'
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l json -d 'Print each message as a line of JSON that loses nothing; uses MQTT 5; see below'
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -s 0 -l zero-terminated -d 'End each message with NUL, not with a line feed'
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l will-retain -d 'The will stays as the topic\'s retained message'
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l will-stdin -d 'Payload of the will from standard input'
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -s d -l debug -d 'Print every packet sent and received'
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l quiet -d 'Print no errors while running'
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l help -d 'Print this help'
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l version -d 'Print the version'
complete -c lastwill -n "__fish_lastwill_using_subcommand retained" -l strict -d 'Exit with a code of its own for everything; see below'
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -s h -l host -d 'Host name or address of the broker [default: localhost]' -r -f -a "(__fish_print_hostnames)"
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -s p -l port -d 'Port of the broker [default: 1883, with TLS 8883]; 8883 implies TLS' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -s L -l url -d 'Everything at once: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC, or ws:// for WebSocket' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -s u -l username -d 'User name' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -s P -l pw -d 'Password' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -s A -d 'Local address to connect from' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -s V -l protocol-version -d 'Protocol version: mqttv31, mqttv311 or mqttv5, or 31, 311, 5 [default: mqttv311]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -s k -l keepalive -d 'Keep Alive, 5 to 65535 seconds [default: 60]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -s i -l id -d 'Client identifier [default: the broker assigns one]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -s I -l id-prefix -d 'Client identifier made of this and the process id' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -s x -d 'How long the session outlives the connection, -1 for ever; uses MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -s D -l property -d 'An MQTT 5 property of a packet; may be repeated; see below' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l unix -d 'Unix domain socket of the broker; the same as -h PATH -p 0' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l proxy -d 'SOCKS5 proxy that connects to the broker: socks5h://[USER[:PASSWORD]@]HOST[:PORT] [default port: 1080]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l password-file -d 'The password is the first line of this file' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l password-env -d 'The password is the value of this environment variable' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l password-fd -d 'The password is the first line of this open file descriptor' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l cafile -d 'Use TLS and trust the certificates in this PEM file; port 8883' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l capath -d 'Use TLS and trust the certificates in the files of this directory' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l cert -d 'Our own certificate, PEM; needs --key' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l key -d 'Private key of --cert, PEM; the passphrase of an encrypted one is asked for' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l tls-version -d 'Lowest version of TLS: tlsv1.2 or tlsv1.3 [default: tlsv1.2]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l ciphers -d 'Ciphers for TLS 1.2, as OpenSSL names them' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l tls-alpn -d 'Application protocol to offer to the server (ALPN)' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l tls-keylog -d 'Append the secrets of the connection to a file, for Wireshark' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l psk -d 'Use TLS with this pre-shared key, in hexadecimal; needs --psk-identity, and a build with the feature psk' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l psk-identity -d 'By which name the server knows the pre-shared key' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l retry -d 'Try again when there is no connection, the first one included: for ever, or this often in a row; see below' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l retry-max -d 'Longest delay between two attempts of --retry [default: 30s]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l will-topic -d 'Topic that the broker publishes to when this client dies' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l will-payload -d 'Payload of the will [default: empty]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l will-qos -d 'Quality of service of the will: 0, 1 or 2 [default: 0]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l will-file -d 'Payload of the will from a file' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l will-delay -d 'How long the broker waits for us to come back, such as 30s; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l will-expiry -d 'How long the published will is worth delivering; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l will-content-type -d 'Content Type of the will; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l will-response-topic -d 'Response Topic of the will; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l will-correlation -d 'Correlation Data of the will; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l will-user-property -d 'A user property of the will, may be repeated; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l will-payload-format -d 'Payload Format Indicator of the will: text or bytes; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l end -d 'How to leave: normal, will (DISCONNECT 0x04), drop, reset, stall, malformed, second-connect or oversize; see below' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l end-reason -d 'Leave with a DISCONNECT of this reason code, 0 to 255; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l end-after -d 'Leave this long after the connection was accepted, such as 5s' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l end-after-messages -d 'Leave after this many messages, received or published' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l end-session-expiry -d 'Session Expiry Interval in DISCONNECT, -1 for ever; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l presence -d 'Keep a retained topic true: "online" while connected, "offline" afterwards, whatever the end' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l presence-online -d 'What the topic says while connected [default: online]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l presence-offline -d 'What the topic says afterwards [default: offline]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -s o -d 'Read options from this file first, one a line' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l compat -d 'Follow this version of mosquitto\'s clients where they differ: 2.0 or 2.1; LASTWILL_COMPAT says the same for links [default: 2.1]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l profile -d 'Options of this profile first; see lastwill profile --help' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l color -d 'Colour messages on stderr: always, never, or auto, which is on a terminal unless NO_COLOR is set [default: auto]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l nodelay -d 'Send small packets at once (TCP_NODELAY)'
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -s c -l disable-clean-session -d 'Keep the session when the connection ends; needs -i'
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l ws -d 'Use WebSocket, as -L ws://HOST/TOPIC does'
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -s S -d 'The host is a domain whose SRV records name the brokers (_mqtt._tcp, or _secure-mqtt._tcp with TLS); needs a build with the feature srv'
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l password-prompt -d 'Ask for the password on the terminal, as -P without a value'
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l tls-use-os-certs -d 'Use TLS and trust the system\'s certificates, or those of SSL_CERT_FILE, SSL_CERT_DIR'
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l insecure -d 'Believe any server: its certificate is not checked at all'
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l no-tls -d 'Never use TLS, not even on port 8883'
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l no-retry -d 'End when the connection is lost'
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l will-retain -d 'The will stays as the topic\'s retained message'
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l will-stdin -d 'Payload of the will from standard input'
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l json -d 'Print lines as JSON'
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -s d -l debug -d 'Print every packet sent and received'
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l quiet -d 'Print no errors while running'
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l help -d 'Print this help'
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l version -d 'Print the version'
complete -c lastwill -n "__fish_lastwill_using_subcommand conn" -l strict -d 'Exit with a code of its own for everything; see below'
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -s h -l host -d 'Host name or address of the broker [default: localhost]' -r -f -a "(__fish_print_hostnames)"
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -s p -l port -d 'Port of the broker [default: 1883, with TLS 8883]; 8883 implies TLS' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -s L -l url -d 'Everything at once: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC, or ws:// for WebSocket' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -s u -l username -d 'User name' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -s P -l pw -d 'Password' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -s A -d 'Local address to connect from' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -s V -l protocol-version -d 'Protocol version: mqttv31, mqttv311 or mqttv5, or 31, 311, 5 [default: mqttv311]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -s k -l keepalive -d 'Keep Alive, 5 to 65535 seconds [default: 60]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -s i -l id -d 'Client identifier [default: the broker assigns one]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -s I -l id-prefix -d 'Client identifier made of this and the process id' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -s x -d 'How long the session outlives the connection, -1 for ever; uses MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -s D -l property -d 'An MQTT 5 property of a packet; may be repeated; see below' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l unix -d 'Unix domain socket of the broker; the same as -h PATH -p 0' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l proxy -d 'SOCKS5 proxy that connects to the broker: socks5h://[USER[:PASSWORD]@]HOST[:PORT] [default port: 1080]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l password-file -d 'The password is the first line of this file' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l password-env -d 'The password is the value of this environment variable' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l password-fd -d 'The password is the first line of this open file descriptor' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l cafile -d 'Use TLS and trust the certificates in this PEM file; port 8883' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l capath -d 'Use TLS and trust the certificates in the files of this directory' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l cert -d 'Our own certificate, PEM; needs --key' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l key -d 'Private key of --cert, PEM; the passphrase of an encrypted one is asked for' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l tls-version -d 'Lowest version of TLS: tlsv1.2 or tlsv1.3 [default: tlsv1.2]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l ciphers -d 'Ciphers for TLS 1.2, as OpenSSL names them' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l tls-alpn -d 'Application protocol to offer to the server (ALPN)' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l tls-keylog -d 'Append the secrets of the connection to a file, for Wireshark' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l psk -d 'Use TLS with this pre-shared key, in hexadecimal; needs --psk-identity, and a build with the feature psk' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l psk-identity -d 'By which name the server knows the pre-shared key' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l retry -d 'Try again when there is no connection, the first one included: for ever, or this often in a row; see below' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l retry-max -d 'Longest delay between two attempts of --retry [default: 30s]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l will-topic -d 'Topic that the broker publishes to when this client dies' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l will-payload -d 'Payload of the will [default: empty]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l will-qos -d 'Quality of service of the will: 0, 1 or 2 [default: 0]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l will-file -d 'Payload of the will from a file' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l will-delay -d 'How long the broker waits for us to come back, such as 30s; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l will-expiry -d 'How long the published will is worth delivering; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l will-content-type -d 'Content Type of the will; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l will-response-topic -d 'Response Topic of the will; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l will-correlation -d 'Correlation Data of the will; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l will-user-property -d 'A user property of the will, may be repeated; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l will-payload-format -d 'Payload Format Indicator of the will: text or bytes; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l end -d 'How to leave: normal, will (DISCONNECT 0x04), drop, reset, stall, malformed, second-connect or oversize; see below' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l end-reason -d 'Leave with a DISCONNECT of this reason code, 0 to 255; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l end-after -d 'Leave this long after the connection was accepted, such as 5s' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l end-after-messages -d 'Leave after this many messages, received or published' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l end-session-expiry -d 'Session Expiry Interval in DISCONNECT, -1 for ever; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l presence -d 'Keep a retained topic true: "online" while connected, "offline" afterwards, whatever the end' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l presence-online -d 'What the topic says while connected [default: online]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l presence-offline -d 'What the topic says afterwards [default: offline]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -s t -l topic -d 'Watch these topics too; may be repeated' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -s o -d 'Read options from this file first, one a line' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l compat -d 'Follow this version of mosquitto\'s clients where they differ: 2.0 or 2.1; LASTWILL_COMPAT says the same for links [default: 2.1]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l profile -d 'Options of this profile first; see lastwill profile --help' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l color -d 'Colour messages on stderr: always, never, or auto, which is on a terminal unless NO_COLOR is set [default: auto]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l nodelay -d 'Send small packets at once (TCP_NODELAY)'
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -s c -l disable-clean-session -d 'Keep the session when the connection ends; needs -i'
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l ws -d 'Use WebSocket, as -L ws://HOST/TOPIC does'
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -s S -d 'The host is a domain whose SRV records name the brokers (_mqtt._tcp, or _secure-mqtt._tcp with TLS); needs a build with the feature srv'
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l password-prompt -d 'Ask for the password on the terminal, as -P without a value'
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l tls-use-os-certs -d 'Use TLS and trust the system\'s certificates, or those of SSL_CERT_FILE, SSL_CERT_DIR'
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l insecure -d 'Believe any server: its certificate is not checked at all'
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l no-tls -d 'Never use TLS, not even on port 8883'
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l no-retry -d 'End when the connection is lost'
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l will-retain -d 'The will stays as the topic\'s retained message'
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l will-stdin -d 'Payload of the will from standard input'
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l json -d 'Print a line of JSON for each change instead of a table'
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -s d -l debug -d 'Print every packet sent and received'
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l quiet -d 'Print no errors while running'
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l help -d 'Print this help'
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l version -d 'Print the version'
complete -c lastwill -n "__fish_lastwill_using_subcommand watch" -l strict -d 'Exit with a code of its own for everything; see below'
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -s h -l host -d 'Host name or address of the broker [default: localhost]' -r -f -a "(__fish_print_hostnames)"
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -s p -l port -d 'Port of the broker [default: 1883, with TLS 8883]; 8883 implies TLS' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -s L -l url -d 'Everything at once: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC, or ws:// for WebSocket' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -s u -l username -d 'User name' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -s P -l pw -d 'Password' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -s A -d 'Local address to connect from' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -s V -l protocol-version -d 'Protocol version: mqttv31, mqttv311 or mqttv5, or 31, 311, 5 [default: mqttv311]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -s k -l keepalive -d 'Keep Alive, 5 to 65535 seconds [default: 60]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -s i -l id -d 'Client identifier [default: the broker assigns one]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -s I -l id-prefix -d 'Client identifier made of this and the process id' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -s x -d 'How long the session outlives the connection, -1 for ever; uses MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -s D -l property -d 'An MQTT 5 property of a packet; may be repeated; see below' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l unix -d 'Unix domain socket of the broker; the same as -h PATH -p 0' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l proxy -d 'SOCKS5 proxy that connects to the broker: socks5h://[USER[:PASSWORD]@]HOST[:PORT] [default port: 1080]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l password-file -d 'The password is the first line of this file' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l password-env -d 'The password is the value of this environment variable' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l password-fd -d 'The password is the first line of this open file descriptor' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l cafile -d 'Use TLS and trust the certificates in this PEM file; port 8883' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l capath -d 'Use TLS and trust the certificates in the files of this directory' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l cert -d 'Our own certificate, PEM; needs --key' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l key -d 'Private key of --cert, PEM; the passphrase of an encrypted one is asked for' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l tls-version -d 'Lowest version of TLS: tlsv1.2 or tlsv1.3 [default: tlsv1.2]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l ciphers -d 'Ciphers for TLS 1.2, as OpenSSL names them' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l tls-alpn -d 'Application protocol to offer to the server (ALPN)' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l tls-keylog -d 'Append the secrets of the connection to a file, for Wireshark' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l psk -d 'Use TLS with this pre-shared key, in hexadecimal; needs --psk-identity, and a build with the feature psk' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l psk-identity -d 'By which name the server knows the pre-shared key' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l retry -d 'Try again when there is no connection, the first one included: for ever, or this often in a row; see below' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l retry-max -d 'Longest delay between two attempts of --retry [default: 30s]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l will-topic -d 'Topic that the broker publishes to when this client dies' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l will-payload -d 'Payload of the will [default: empty]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l will-qos -d 'Quality of service of the will: 0, 1 or 2 [default: 0]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l will-file -d 'Payload of the will from a file' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l will-delay -d 'How long the broker waits for us to come back, such as 30s; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l will-expiry -d 'How long the published will is worth delivering; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l will-content-type -d 'Content Type of the will; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l will-response-topic -d 'Response Topic of the will; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l will-correlation -d 'Correlation Data of the will; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l will-user-property -d 'A user property of the will, may be repeated; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l will-payload-format -d 'Payload Format Indicator of the will: text or bytes; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l end -d 'How to leave: normal, will (DISCONNECT 0x04), drop, reset, stall, malformed, second-connect or oversize; see below' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l end-reason -d 'Leave with a DISCONNECT of this reason code, 0 to 255; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l end-after -d 'Leave this long after the connection was accepted, such as 5s' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l end-after-messages -d 'Leave after this many messages, received or published' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l end-session-expiry -d 'Session Expiry Interval in DISCONNECT, -1 for ever; MQTT 5' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l presence -d 'Keep a retained topic true: "online" while connected, "offline" afterwards, whatever the end' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l presence-online -d 'What the topic says while connected [default: online]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l presence-offline -d 'What the topic says afterwards [default: offline]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -s o -d 'Read options from this file first, one a line' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l compat -d 'Follow this version of mosquitto\'s clients where they differ: 2.0 or 2.1; LASTWILL_COMPAT says the same for links [default: 2.1]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l profile -d 'Options of this profile first; see lastwill profile --help' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l color -d 'Colour messages on stderr: always, never, or auto, which is on a terminal unless NO_COLOR is set [default: auto]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l nodelay -d 'Send small packets at once (TCP_NODELAY)'
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -s c -l disable-clean-session -d 'Keep the session when the connection ends; needs -i'
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l ws -d 'Use WebSocket, as -L ws://HOST/TOPIC does'
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -s S -d 'The host is a domain whose SRV records name the brokers (_mqtt._tcp, or _secure-mqtt._tcp with TLS); needs a build with the feature srv'
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l password-prompt -d 'Ask for the password on the terminal, as -P without a value'
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l tls-use-os-certs -d 'Use TLS and trust the system\'s certificates, or those of SSL_CERT_FILE, SSL_CERT_DIR'
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l insecure -d 'Believe any server: its certificate is not checked at all'
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l no-tls -d 'Never use TLS, not even on port 8883'
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l no-retry -d 'End when the connection is lost'
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l will-retain -d 'The will stays as the topic\'s retained message'
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l will-stdin -d 'Payload of the will from standard input'
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l json -d 'Print the broker\'s list as it came, in JSON'
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -s d -l debug -d 'Print every packet sent and received'
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l quiet -d 'Print no errors while running'
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l help -d 'Print this help'
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l version -d 'Print the version'
complete -c lastwill -n "__fish_lastwill_using_subcommand wills" -l strict -d 'Exit with a code of its own for everything; see below'
complete -c lastwill -n "__fish_lastwill_using_subcommand store; and not __fish_seen_subcommand_from info check compact export import delete help" -s h -l help -d 'Print help'
complete -c lastwill -n "__fish_lastwill_using_subcommand store; and not __fish_seen_subcommand_from info check compact export import delete help" -f -a "info" -d 'Print what is in it, as one JSON object'
complete -c lastwill -n "__fish_lastwill_using_subcommand store; and not __fish_seen_subcommand_from info check compact export import delete help" -f -a "check" -d 'Read everything, and say what is wrong'
complete -c lastwill -n "__fish_lastwill_using_subcommand store; and not __fish_seen_subcommand_from info check compact export import delete help" -f -a "compact" -d 'Make the file as small as what is in it allows'
complete -c lastwill -n "__fish_lastwill_using_subcommand store; and not __fish_seen_subcommand_from info check compact export import delete help" -f -a "export" -d 'Print all records, one JSON object a line'
complete -c lastwill -n "__fish_lastwill_using_subcommand store; and not __fish_seen_subcommand_from info check compact export import delete help" -f -a "import" -d 'Make a new store of the records on standard input'
complete -c lastwill -n "__fish_lastwill_using_subcommand store; and not __fish_seen_subcommand_from info check compact export import delete help" -f -a "delete" -d 'End the session of a client at the next start'
complete -c lastwill -n "__fish_lastwill_using_subcommand store; and not __fish_seen_subcommand_from info check compact export import delete help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c lastwill -n "__fish_lastwill_using_subcommand store; and __fish_seen_subcommand_from info" -s h -l help -d 'Print help'
complete -c lastwill -n "__fish_lastwill_using_subcommand store; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c lastwill -n "__fish_lastwill_using_subcommand store; and __fish_seen_subcommand_from compact" -s h -l help -d 'Print help'
complete -c lastwill -n "__fish_lastwill_using_subcommand store; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help'
complete -c lastwill -n "__fish_lastwill_using_subcommand store; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help'
complete -c lastwill -n "__fish_lastwill_using_subcommand store; and __fish_seen_subcommand_from delete" -l without-will -d 'Its will is not published'
complete -c lastwill -n "__fish_lastwill_using_subcommand store; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lastwill -n "__fish_lastwill_using_subcommand store; and __fish_seen_subcommand_from help" -f -a "info" -d 'Print what is in it, as one JSON object'
complete -c lastwill -n "__fish_lastwill_using_subcommand store; and __fish_seen_subcommand_from help" -f -a "check" -d 'Read everything, and say what is wrong'
complete -c lastwill -n "__fish_lastwill_using_subcommand store; and __fish_seen_subcommand_from help" -f -a "compact" -d 'Make the file as small as what is in it allows'
complete -c lastwill -n "__fish_lastwill_using_subcommand store; and __fish_seen_subcommand_from help" -f -a "export" -d 'Print all records, one JSON object a line'
complete -c lastwill -n "__fish_lastwill_using_subcommand store; and __fish_seen_subcommand_from help" -f -a "import" -d 'Make a new store of the records on standard input'
complete -c lastwill -n "__fish_lastwill_using_subcommand store; and __fish_seen_subcommand_from help" -f -a "delete" -d 'End the session of a client at the next start'
complete -c lastwill -n "__fish_lastwill_using_subcommand store; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c lastwill -n "__fish_lastwill_using_subcommand config; and not __fish_seen_subcommand_from explain help" -s h -l help -d 'Print help'
complete -c lastwill -n "__fish_lastwill_using_subcommand config; and not __fish_seen_subcommand_from explain help" -f -a "explain" -d 'Print every option with its value and where that came from; secrets are not shown'
complete -c lastwill -n "__fish_lastwill_using_subcommand config; and not __fish_seen_subcommand_from explain help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c lastwill -n "__fish_lastwill_using_subcommand config; and __fish_seen_subcommand_from explain" -l set -d 'Set one option, as for the broker. May be repeated' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand config; and __fish_seen_subcommand_from explain" -l compat -d 'Behave as another broker does where there is a choice' -r -f -a "mosquitto\t''"
complete -c lastwill -n "__fish_lastwill_using_subcommand config; and __fish_seen_subcommand_from explain" -l json -d 'Print one JSON object'
complete -c lastwill -n "__fish_lastwill_using_subcommand config; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help'
complete -c lastwill -n "__fish_lastwill_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "explain" -d 'Print every option with its value and where that came from; secrets are not shown'
complete -c lastwill -n "__fish_lastwill_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -s h -l host -d 'Host name or address of the broker [default: localhost]' -r -f -a "(__fish_print_hostnames)"
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -s p -l port -d 'Port of the broker [default: 1883, with TLS 8883]; 8883 implies TLS' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -s L -l url -d 'Everything at once: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC, or ws:// for WebSocket' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -s u -l username -d 'User name' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -s P -l pw -d 'Password' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -s A -d 'Local address to connect from' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l unix -d 'Unix domain socket of the broker; the same as -h PATH -p 0' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l proxy -d 'SOCKS5 proxy that connects to the broker: socks5h://[USER[:PASSWORD]@]HOST[:PORT] [default port: 1080]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l password-file -d 'The password is the first line of this file' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l password-env -d 'The password is the value of this environment variable' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l password-fd -d 'The password is the first line of this open file descriptor' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l cafile -d 'Use TLS and trust the certificates in this PEM file; port 8883' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l capath -d 'Use TLS and trust the certificates in the files of this directory' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l cert -d 'Our own certificate, PEM; needs --key' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l key -d 'Private key of --cert, PEM; the passphrase of an encrypted one is asked for' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l tls-version -d 'Lowest version of TLS: tlsv1.2 or tlsv1.3 [default: tlsv1.2]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l ciphers -d 'Ciphers for TLS 1.2, as OpenSSL names them' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l tls-alpn -d 'Application protocol to offer to the server (ALPN)' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l tls-keylog -d 'Append the secrets of the connection to a file, for Wireshark' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l psk -d 'Use TLS with this pre-shared key, in hexadecimal; needs --psk-identity, and a build with the feature psk' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l psk-identity -d 'By which name the server knows the pre-shared key' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -s V -l protocol-version -d 'Versions to examine: 311 (with what 3.1 has of its own), 5 or both [default: both]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l only -d 'These rows only, such as W01,W44-W65,MQTT-3.1.2-8,MQTT-4*; may be repeated' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l timeout -d 'Most time for everything, such as 90s [default: 120s]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l jobs -d 'Rows that run at a time; 1 keeps them apart where a broker mixes up clients [default: 32]' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l junit -d 'Also write the results to FILE as JUnit XML' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l profile -d 'Options of this profile first; see lastwill profile --help' -r -f
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l nodelay -d 'Send small packets at once (TCP_NODELAY)'
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l ws -d 'Use WebSocket, as -L ws://HOST/TOPIC does'
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -s S -d 'The host is a domain whose SRV records name the brokers (_mqtt._tcp, or _secure-mqtt._tcp with TLS); needs a build with the feature srv'
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l password-prompt -d 'Ask for the password on the terminal, as -P without a value'
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l tls-use-os-certs -d 'Use TLS and trust the system\'s certificates, or those of SSL_CERT_FILE, SSL_CERT_DIR'
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l insecure -d 'Believe any server: its certificate is not checked at all'
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l no-tls -d 'Never use TLS, not even on port 8883'
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l list -d 'Print the rows and what they expect, without connecting'
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l json -d 'Print one line of JSON a row'
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l quiet -d 'Print no errors while running'
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l help -d 'Print this help'
complete -c lastwill -n "__fish_lastwill_using_subcommand check" -l version -d 'Print the version'
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -s L -l url -d 'The broker: mqtt://, mqtts://, ws:// or wss://[USER[:PASSWORD]@]HOST[:PORT] [default: mqtt://localhost]' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -s u -l username -d 'User name' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -s P -l password -d 'Password' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -l cafile -d 'Certificates of the authorities to trust' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -l cert -d 'Certificate of the clients' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -l key -d 'Private key of the clients' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -l spawn -d 'Start the broker by this command of the shell, and end it with the measurement; {port} in it and in --url is a free port' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -l pid -d 'The process of the broker: its CPU time and memory are measured' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -l metrics -d 'Metrics of lastwill broker, http://HOST:PORT: how busy its lock is, and how long turns are' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -s q -l qos -d 'Quality of service of messages and subscriptions: 0, 1 or 2 [default: 0, offline: 1]' -r -f -a "0\t''
1\t''
2\t''"
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -s V -l protocol-version -d '311 or 5' -r -f -a "311\t''
mqttv311\t''
5\t''
mqttv5\t''"
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -s s -l size -d 'Bytes of a payload, at least 16 [default: 64]' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -s c -l clients -d 'Publishers of fanin, subscribers of fanout, retained and offline, pairs of pairs and latency, connections of idle and will-storm, of connect at a time' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -l window -d 'Closed loop: unfinished messages that a publisher may have [default: 400; fanin: 900 by all together; at QoS 2 at most 20]' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -l rate -d 'Open loop: messages per second, all publishers together' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -s n -l count -d 'End after so many messages, connections or subscriptions' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -l duration -d 'End after this time, such as 10s' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -l warm-up -d 'Time or number of messages (such as 1000n) before the measurement [default: a tenth]' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -l threads -d 'Threads of the generator' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -l death -d 'How the clients of will-storm die: close, reset or silent' -r -f -a "close\t''
reset\t''
silent\t''"
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -l rounds -d 'Measure so often [default: 1; 5 with --against]' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -l until-stable -d 'Measure until the middle half of the rounds differs by no more than this' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -l against -d 'Another broker that takes turns with the first; repeatable' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -l against-pid -d 'The process of each of these, in their order; 0 is unknown' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -l report -d 'Write a report with plots: HTML that needs no other file' -r -F
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -l insecure -d 'Believe any certificate of the broker'
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -l remote -d 'Measure a broker on another machine: this is load for others'
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -l floor -d 'Measure a relay of the same bytes without MQTT, too: what no broker can beat. The way to it is plain TCP, also where the broker is behind TLS or WebSocket'
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -l properties -d 'Messages carry properties (version 5)'
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -l will -d 'The connections of idle have a will'
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -l relay -d 'Be the floor'
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -l json -d 'Print one JSON object with every round instead of text'
complete -c lastwill -n "__fish_lastwill_using_subcommand bench" -s h -l help -d 'Print help'
complete -c lastwill -n "__fish_lastwill_using_subcommand passwd" -s H -d 'argon2id, sha512-pbkdf2, or sha512 for mosquitto before 2.0' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand passwd" -s I -d 'How often sha512-pbkdf2 hashes [default: 1000]' -r
complete -c lastwill -n "__fish_lastwill_using_subcommand passwd" -s b -d 'The password stands on the command line, where others see it'
complete -c lastwill -n "__fish_lastwill_using_subcommand passwd" -s c -d 'Make a new file, in place of an old one; - is standard output'
complete -c lastwill -n "__fish_lastwill_using_subcommand passwd" -s D -d 'Delete the user'
complete -c lastwill -n "__fish_lastwill_using_subcommand passwd" -s U -d 'Hash the passwords of a file that has them in plain text'
complete -c lastwill -n "__fish_lastwill_using_subcommand passwd" -s h -l help -d 'Print help'
complete -c lastwill -n "__fish_lastwill_using_subcommand link" -l force -d 'Replace what is there under these names, but never a folder'
complete -c lastwill -n "__fish_lastwill_using_subcommand link" -s h -l help -d 'Print help'
complete -c lastwill -n "__fish_lastwill_using_subcommand profile; and not __fish_seen_subcommand_from list show save remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lastwill -n "__fish_lastwill_using_subcommand profile; and not __fish_seen_subcommand_from list show save remove help" -f -a "list" -d 'Print the names of all profiles'
complete -c lastwill -n "__fish_lastwill_using_subcommand profile; and not __fish_seen_subcommand_from list show save remove help" -f -a "show" -d 'Print a profile, without its secrets'
complete -c lastwill -n "__fish_lastwill_using_subcommand profile; and not __fish_seen_subcommand_from list show save remove help" -f -a "save" -d 'Save options as a profile'
complete -c lastwill -n "__fish_lastwill_using_subcommand profile; and not __fish_seen_subcommand_from list show save remove help" -f -a "remove" -d 'Remove a profile'
complete -c lastwill -n "__fish_lastwill_using_subcommand profile; and not __fish_seen_subcommand_from list show save remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c lastwill -n "__fish_lastwill_using_subcommand profile; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c lastwill -n "__fish_lastwill_using_subcommand profile; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c lastwill -n "__fish_lastwill_using_subcommand profile; and __fish_seen_subcommand_from save" -l help -d 'Print help'
complete -c lastwill -n "__fish_lastwill_using_subcommand profile; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c lastwill -n "__fish_lastwill_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "list" -d 'Print the names of all profiles'
complete -c lastwill -n "__fish_lastwill_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "show" -d 'Print a profile, without its secrets'
complete -c lastwill -n "__fish_lastwill_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "save" -d 'Save options as a profile'
complete -c lastwill -n "__fish_lastwill_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove a profile'
complete -c lastwill -n "__fish_lastwill_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and not __fish_seen_subcommand_from broker sub pub rr retained conn watch wills store config check bench passwd link profile help" -f -a "broker" -d 'Run an MQTT broker (3.1, 3.1.1 and 5.0)'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and not __fish_seen_subcommand_from broker sub pub rr retained conn watch wills store config check bench passwd link profile help" -f -a "sub" -d 'Subscribe to topics and print what is published'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and not __fish_seen_subcommand_from broker sub pub rr retained conn watch wills store config check bench passwd link profile help" -f -a "pub" -d 'Publish messages to a topic'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and not __fish_seen_subcommand_from broker sub pub rr retained conn watch wills store config check bench passwd link profile help" -f -a "rr" -d 'Publish a request and print the response'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and not __fish_seen_subcommand_from broker sub pub rr retained conn watch wills store config check bench passwd link profile help" -f -a "retained" -d 'List, print and remove retained messages'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and not __fish_seen_subcommand_from broker sub pub rr retained conn watch wills store config check bench passwd link profile help" -f -a "conn" -d 'Connect, hold a will and wait'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and not __fish_seen_subcommand_from broker sub pub rr retained conn watch wills store config check bench passwd link profile help" -f -a "watch" -d 'Watch who is online, and when wills come'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and not __fish_seen_subcommand_from broker sub pub rr retained conn watch wills store config check bench passwd link profile help" -f -a "wills" -d 'List the wills that a lastwill broker holds'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and not __fish_seen_subcommand_from broker sub pub rr retained conn watch wills store config check bench passwd link profile help" -f -a "store" -d 'Look into the store of a broker that is stopped, check it, move it'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and not __fish_seen_subcommand_from broker sub pub rr retained conn watch wills store config check bench passwd link profile help" -f -a "config" -d 'Explain a configuration of the broker'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and not __fish_seen_subcommand_from broker sub pub rr retained conn watch wills store config check bench passwd link profile help" -f -a "check" -d 'Examine a broker: every will, every connection-level rule'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and not __fish_seen_subcommand_from broker sub pub rr retained conn watch wills store config check bench passwd link profile help" -f -a "bench" -d 'Measure a broker: messages, connections, wills, with every delivery checked'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and not __fish_seen_subcommand_from broker sub pub rr retained conn watch wills store config check bench passwd link profile help" -f -a "passwd" -d 'Make and change password files of the broker'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and not __fish_seen_subcommand_from broker sub pub rr retained conn watch wills store config check bench passwd link profile help" -f -a "link" -d 'Make links named mosquitto_sub, mosquitto_pub, mosquitto_rr, mosquitto_passwd and mosquitto to this program'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and not __fish_seen_subcommand_from broker sub pub rr retained conn watch wills store config check bench passwd link profile help" -f -a "profile" -d 'Named sets of options about the connection'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and not __fish_seen_subcommand_from broker sub pub rr retained conn watch wills store config check bench passwd link profile help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and __fish_seen_subcommand_from store" -f -a "info" -d 'Print what is in it, as one JSON object'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and __fish_seen_subcommand_from store" -f -a "check" -d 'Read everything, and say what is wrong'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and __fish_seen_subcommand_from store" -f -a "compact" -d 'Make the file as small as what is in it allows'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and __fish_seen_subcommand_from store" -f -a "export" -d 'Print all records, one JSON object a line'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and __fish_seen_subcommand_from store" -f -a "import" -d 'Make a new store of the records on standard input'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and __fish_seen_subcommand_from store" -f -a "delete" -d 'End the session of a client at the next start'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "explain" -d 'Print every option with its value and where that came from; secrets are not shown'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and __fish_seen_subcommand_from profile" -f -a "list" -d 'Print the names of all profiles'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and __fish_seen_subcommand_from profile" -f -a "show" -d 'Print a profile, without its secrets'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and __fish_seen_subcommand_from profile" -f -a "save" -d 'Save options as a profile'
complete -c lastwill -n "__fish_lastwill_using_subcommand help; and __fish_seen_subcommand_from profile" -f -a "remove" -d 'Remove a profile'

# Values that only the program knows: profile names, and the options of a filter behind its first
# semicolon.
function __lastwill_filter
    set -l current (commandline -ct)
    if string match -q '*;*' -- $current
        set -l head (string replace -r '[^;]*$' '' -- $current)
        for option in qos=0 qos=1 qos=2 no-local retain-as-published retain-handling=always retain-handling=new retain-handling=never id=
            echo $head$option
        end
    end
end
complete -c lastwill -l profile -x -a "(lastwill profile list 2>/dev/null)"
complete -c lastwill -n "__fish_lastwill_using_subcommand sub" -s t -l topic -x -a "(__lastwill_filter)"
