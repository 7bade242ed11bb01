
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'lastwill' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'lastwill'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'lastwill' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('broker', 'broker', [CompletionResultType]::ParameterValue, 'Run an MQTT broker (3.1, 3.1.1 and 5.0)')
            [CompletionResult]::new('sub', 'sub', [CompletionResultType]::ParameterValue, 'Subscribe to topics and print what is published')
            [CompletionResult]::new('pub', 'pub', [CompletionResultType]::ParameterValue, 'Publish messages to a topic')
            [CompletionResult]::new('rr', 'rr', [CompletionResultType]::ParameterValue, 'Publish a request and print the response')
            [CompletionResult]::new('retained', 'retained', [CompletionResultType]::ParameterValue, 'List, print and remove retained messages')
            [CompletionResult]::new('conn', 'conn', [CompletionResultType]::ParameterValue, 'Connect, hold a will and wait')
            [CompletionResult]::new('watch', 'watch', [CompletionResultType]::ParameterValue, 'Watch who is online, and when wills come')
            [CompletionResult]::new('wills', 'wills', [CompletionResultType]::ParameterValue, 'List the wills that a lastwill broker holds')
            [CompletionResult]::new('store', 'store', [CompletionResultType]::ParameterValue, 'Look into the store of a broker that is stopped, check it, move it')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Explain a configuration of the broker')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Examine a broker: every will, every connection-level rule')
            [CompletionResult]::new('bench', 'bench', [CompletionResultType]::ParameterValue, 'Measure a broker: messages, connections, wills, with every delivery checked')
            [CompletionResult]::new('passwd', 'passwd', [CompletionResultType]::ParameterValue, 'Make and change password files of the broker')
            [CompletionResult]::new('link', 'link', [CompletionResultType]::ParameterValue, 'Make links named mosquitto_sub, mosquitto_pub, mosquitto_rr, mosquitto_passwd and mosquitto to this program')
            [CompletionResult]::new('profile', 'profile', [CompletionResultType]::ParameterValue, 'Named sets of options about the connection')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'lastwill;broker' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file, in the syntax of mosquitto.conf')
            [CompletionResult]::new('--config-file', '--config-file', [CompletionResultType]::ParameterName, 'Configuration file, in the syntax of mosquitto.conf')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Listen on this port of this machine only; 0 is any free one. May be repeated, up to 10 times. Not used when listeners are configured')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Listen on this port of this machine only; 0 is any free one. May be repeated, up to 10 times. Not used when listeners are configured')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Set one option of the configuration, such as --set max_qos=1. May be repeated')
            [CompletionResult]::new('--allow-user', '--allow-user', [CompletionResultType]::ParameterName, 'Let this user in, with the first line of FILE as its password; others only if the configuration says so. May be repeated')
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'Keep sessions, messages and wills in this directory, so that they survive a restart')
            [CompletionResult]::new('--ready-fd', '--ready-fd', [CompletionResultType]::ParameterName, 'The same line to a file descriptor from 3 on, which is closed then')
            [CompletionResult]::new('--exec', '--exec', [CompletionResultType]::ParameterName, 'Run a shell command, with MQTT_HOST, MQTT_PORT and LASTWILL_URL in its environment (and LASTWILL_CAFILE with --tls-self-signed); end with it, with its exit code. Any free port, and a log of errors and warnings, unless you say otherwise. Signals go to the command. Root stays root')
            [CompletionResult]::new('--tls-keylog', '--tls-keylog', [CompletionResultType]::ParameterName, 'Append the keys of all connections with TLS to this file, for tools that look into them')
            [CompletionResult]::new('--tls-self-signed', '--tls-self-signed', [CompletionResultType]::ParameterName, 'Speak TLS with certificates in this directory, for laboratories. They are made if they are not there: an authority, a server''s and a client''s. Without -p on port 8883')
            [CompletionResult]::new('--compat', '--compat', [CompletionResultType]::ParameterName, 'Behave as another broker does where there is a choice')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log everything, the packets of every client included')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log everything, the packets of every client included')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Log nothing')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Log nothing')
            [CompletionResult]::new('--ready-json', '--ready-json', [CompletionResultType]::ParameterName, 'When connections are accepted, say so in one line of JSON on stdout')
            [CompletionResult]::new('--test-config', '--test-config', [CompletionResultType]::ParameterName, 'Check the configuration file and end')
            [CompletionResult]::new('--help-options', '--help-options', [CompletionResultType]::ParameterName, 'Print all options of the configuration with their defaults, and end')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Run in the background. Returns when connections are accepted, or with the exit code of a start that failed')
            [CompletionResult]::new('--daemon', '--daemon', [CompletionResultType]::ParameterName, 'Run in the background. Returns when connections are accepted, or with the exit code of a start that failed')
            [CompletionResult]::new('--daemon-child', '--daemon-child', [CompletionResultType]::ParameterName, 'daemon-child')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'lastwill;sub' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Host name or address of the broker [default: localhost]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Host name or address of the broker [default: localhost]')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Port of the broker [default: 1883, with TLS 8883]; 8883 implies TLS')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port of the broker [default: 1883, with TLS 8883]; 8883 implies TLS')
            [CompletionResult]::new('-L', '-L ', [CompletionResultType]::ParameterName, 'Everything at once: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC, or ws:// for WebSocket')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Everything at once: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC, or ws:// for WebSocket')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'User name')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'User name')
            [CompletionResult]::new('-P', '-P ', [CompletionResultType]::ParameterName, 'Password')
            [CompletionResult]::new('--pw', '--pw', [CompletionResultType]::ParameterName, 'Password')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'Local address to connect from')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Protocol version: mqttv31, mqttv311 or mqttv5, or 31, 311, 5 [default: mqttv311]')
            [CompletionResult]::new('--protocol-version', '--protocol-version', [CompletionResultType]::ParameterName, 'Protocol version: mqttv31, mqttv311 or mqttv5, or 31, 311, 5 [default: mqttv311]')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Keep Alive, 5 to 65535 seconds [default: 60]')
            [CompletionResult]::new('--keepalive', '--keepalive', [CompletionResultType]::ParameterName, 'Keep Alive, 5 to 65535 seconds [default: 60]')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Client identifier [default: the broker assigns one]')
            [CompletionResult]::new('--id', '--id', [CompletionResultType]::ParameterName, 'Client identifier [default: the broker assigns one]')
            [CompletionResult]::new('-I', '-I ', [CompletionResultType]::ParameterName, 'Client identifier made of this and the process id')
            [CompletionResult]::new('--id-prefix', '--id-prefix', [CompletionResultType]::ParameterName, 'Client identifier made of this and the process id')
            [CompletionResult]::new('-x', '-x', [CompletionResultType]::ParameterName, 'How long the session outlives the connection, -1 for ever; uses MQTT 5')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Quality of service: 0, 1 or 2 [default: 0]')
            [CompletionResult]::new('--qos', '--qos', [CompletionResultType]::ParameterName, 'Quality of service: 0, 1 or 2 [default: 0]')
            [CompletionResult]::new('-M', '-M ', [CompletionResultType]::ParameterName, 'Most QoS 1 and 2 messages on their way at a time [default: 20]')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'An MQTT 5 property of a packet; may be repeated; see below')
            [CompletionResult]::new('--property', '--property', [CompletionResultType]::ParameterName, 'An MQTT 5 property of a packet; may be repeated; see below')
            [CompletionResult]::new('--unix', '--unix', [CompletionResultType]::ParameterName, 'Unix domain socket of the broker; the same as -h PATH -p 0')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'SOCKS5 proxy that connects to the broker: socks5h://[USER[:PASSWORD]@]HOST[:PORT] [default port: 1080]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'The password is the first line of this file')
            [CompletionResult]::new('--password-env', '--password-env', [CompletionResultType]::ParameterName, 'The password is the value of this environment variable')
            [CompletionResult]::new('--password-fd', '--password-fd', [CompletionResultType]::ParameterName, 'The password is the first line of this open file descriptor')
            [CompletionResult]::new('--cafile', '--cafile', [CompletionResultType]::ParameterName, 'Use TLS and trust the certificates in this PEM file; port 8883')
            [CompletionResult]::new('--capath', '--capath', [CompletionResultType]::ParameterName, 'Use TLS and trust the certificates in the files of this directory')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Our own certificate, PEM; needs --key')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Private key of --cert, PEM; the passphrase of an encrypted one is asked for')
            [CompletionResult]::new('--tls-version', '--tls-version', [CompletionResultType]::ParameterName, 'Lowest version of TLS: tlsv1.2 or tlsv1.3 [default: tlsv1.2]')
            [CompletionResult]::new('--ciphers', '--ciphers', [CompletionResultType]::ParameterName, 'Ciphers for TLS 1.2, as OpenSSL names them')
            [CompletionResult]::new('--tls-alpn', '--tls-alpn', [CompletionResultType]::ParameterName, 'Application protocol to offer to the server (ALPN)')
            [CompletionResult]::new('--tls-keylog', '--tls-keylog', [CompletionResultType]::ParameterName, 'Append the secrets of the connection to a file, for Wireshark')
            [CompletionResult]::new('--psk', '--psk', [CompletionResultType]::ParameterName, 'Use TLS with this pre-shared key, in hexadecimal; needs --psk-identity, and a build with the feature psk')
            [CompletionResult]::new('--psk-identity', '--psk-identity', [CompletionResultType]::ParameterName, 'By which name the server knows the pre-shared key')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Try again when there is no connection, the first one included: for ever, or this often in a row; see below')
            [CompletionResult]::new('--retry-max', '--retry-max', [CompletionResultType]::ParameterName, 'Longest delay between two attempts of --retry [default: 30s]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Topic filter to subscribe to; may be repeated')
            [CompletionResult]::new('--topic', '--topic', [CompletionResultType]::ParameterName, 'Topic filter to subscribe to; may be repeated')
            [CompletionResult]::new('-T', '-T ', [CompletionResultType]::ParameterName, 'Ignore messages whose topic matches; may be repeated')
            [CompletionResult]::new('--filter-out', '--filter-out', [CompletionResultType]::ParameterName, 'Ignore messages whose topic matches; may be repeated')
            [CompletionResult]::new('-U', '-U ', [CompletionResultType]::ParameterName, 'Topic filter to unsubscribe from; may be repeated')
            [CompletionResult]::new('--unsubscribe', '--unsubscribe', [CompletionResultType]::ParameterName, 'Topic filter to unsubscribe from; may be repeated')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Exit after this many messages')
            [CompletionResult]::new('-W', '-W ', [CompletionResultType]::ParameterName, 'Exit with 27 after this time')
            [CompletionResult]::new('--retain-handling', '--retain-handling', [CompletionResultType]::ParameterName, 'Ask for retained messages always, for new subscriptions, or never: always, new, never (MQTT 5)')
            [CompletionResult]::new('--random-filter', '--random-filter', [CompletionResultType]::ParameterName, 'Print only this share of the messages, 0.1 to 100')
            [CompletionResult]::new('-F', '-F ', [CompletionResultType]::ParameterName, 'Print messages in this format; see below')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'Print payloads as hex, base64, json (laid out anew, --pretty indents) or dump (like hexdump -C)')
            [CompletionResult]::new('--exec', '--exec', [CompletionResultType]::ParameterName, 'Run this with sh -c for each message instead of printing: payload on standard input, the rest in the environment; see below')
            [CompletionResult]::new('--exec-jobs', '--exec-jobs', [CompletionResultType]::ParameterName, 'Commands that may run at a time, 1 to 1024 [default: 1]')
            [CompletionResult]::new('--record', '--record', [CompletionResultType]::ParameterName, 'Also write each message to a new file, as --json prints it, for pub --replay; uses MQTT 5')
            [CompletionResult]::new('--will-topic', '--will-topic', [CompletionResultType]::ParameterName, 'Topic that the broker publishes to when this client dies')
            [CompletionResult]::new('--will-payload', '--will-payload', [CompletionResultType]::ParameterName, 'Payload of the will [default: empty]')
            [CompletionResult]::new('--will-qos', '--will-qos', [CompletionResultType]::ParameterName, 'Quality of service of the will: 0, 1 or 2 [default: 0]')
            [CompletionResult]::new('--will-file', '--will-file', [CompletionResultType]::ParameterName, 'Payload of the will from a file')
            [CompletionResult]::new('--will-delay', '--will-delay', [CompletionResultType]::ParameterName, 'How long the broker waits for us to come back, such as 30s; MQTT 5')
            [CompletionResult]::new('--will-expiry', '--will-expiry', [CompletionResultType]::ParameterName, 'How long the published will is worth delivering; MQTT 5')
            [CompletionResult]::new('--will-content-type', '--will-content-type', [CompletionResultType]::ParameterName, 'Content Type of the will; MQTT 5')
            [CompletionResult]::new('--will-response-topic', '--will-response-topic', [CompletionResultType]::ParameterName, 'Response Topic of the will; MQTT 5')
            [CompletionResult]::new('--will-correlation', '--will-correlation', [CompletionResultType]::ParameterName, 'Correlation Data of the will; MQTT 5')
            [CompletionResult]::new('--will-user-property', '--will-user-property', [CompletionResultType]::ParameterName, 'A user property of the will, may be repeated; MQTT 5')
            [CompletionResult]::new('--will-payload-format', '--will-payload-format', [CompletionResultType]::ParameterName, 'Payload Format Indicator of the will: text or bytes; MQTT 5')
            [CompletionResult]::new('--end', '--end', [CompletionResultType]::ParameterName, 'How to leave: normal, will (DISCONNECT 0x04), drop, reset, stall, malformed, second-connect or oversize; see below')
            [CompletionResult]::new('--end-reason', '--end-reason', [CompletionResultType]::ParameterName, 'Leave with a DISCONNECT of this reason code, 0 to 255; MQTT 5')
            [CompletionResult]::new('--end-after', '--end-after', [CompletionResultType]::ParameterName, 'Leave this long after the connection was accepted, such as 5s')
            [CompletionResult]::new('--end-after-messages', '--end-after-messages', [CompletionResultType]::ParameterName, 'Leave after this many messages, received or published')
            [CompletionResult]::new('--end-session-expiry', '--end-session-expiry', [CompletionResultType]::ParameterName, 'Session Expiry Interval in DISCONNECT, -1 for ever; MQTT 5')
            [CompletionResult]::new('--presence', '--presence', [CompletionResultType]::ParameterName, 'Keep a retained topic true: "online" while connected, "offline" afterwards, whatever the end')
            [CompletionResult]::new('--presence-online', '--presence-online', [CompletionResultType]::ParameterName, 'What the topic says while connected [default: online]')
            [CompletionResult]::new('--presence-offline', '--presence-offline', [CompletionResultType]::ParameterName, 'What the topic says afterwards [default: offline]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Read options from this file first, one a line')
            [CompletionResult]::new('--compat', '--compat', [CompletionResultType]::ParameterName, 'Follow this version of mosquitto''s clients where they differ: 2.0 or 2.1; LASTWILL_COMPAT says the same for links [default: 2.1]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Options of this profile first; see lastwill profile --help')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour messages on stderr: always, never, or auto, which is on a terminal unless NO_COLOR is set [default: auto]')
            [CompletionResult]::new('--nodelay', '--nodelay', [CompletionResultType]::ParameterName, 'Send small packets at once (TCP_NODELAY)')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Keep the session when the connection ends; needs -i')
            [CompletionResult]::new('--disable-clean-session', '--disable-clean-session', [CompletionResultType]::ParameterName, 'Keep the session when the connection ends; needs -i')
            [CompletionResult]::new('--ws', '--ws', [CompletionResultType]::ParameterName, 'Use WebSocket, as -L ws://HOST/TOPIC does')
            [CompletionResult]::new('-S', '-S ', [CompletionResultType]::ParameterName, 'The host is a domain whose SRV records name the brokers (_mqtt._tcp, or _secure-mqtt._tcp with TLS); needs a build with the feature srv')
            [CompletionResult]::new('--password-prompt', '--password-prompt', [CompletionResultType]::ParameterName, 'Ask for the password on the terminal, as -P without a value')
            [CompletionResult]::new('--tls-use-os-certs', '--tls-use-os-certs', [CompletionResultType]::ParameterName, 'Use TLS and trust the system''s certificates, or those of SSL_CERT_FILE, SSL_CERT_DIR')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Believe any server: its certificate is not checked at all')
            [CompletionResult]::new('--no-tls', '--no-tls', [CompletionResultType]::ParameterName, 'Never use TLS, not even on port 8883')
            [CompletionResult]::new('--no-retry', '--no-retry', [CompletionResultType]::ParameterName, 'End when the connection is lost')
            [CompletionResult]::new('-E', '-E ', [CompletionResultType]::ParameterName, 'Exit when the broker has confirmed the subscriptions')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Ignore retained messages; asks an MQTT 5 broker for none')
            [CompletionResult]::new('--retained-only', '--retained-only', [CompletionResultType]::ParameterName, 'Exit at the first message that is not retained')
            [CompletionResult]::new('--remove-retained', '--remove-retained', [CompletionResultType]::ParameterName, 'Clear every retained message that arrives')
            [CompletionResult]::new('--retain-as-published', '--retain-as-published', [CompletionResultType]::ParameterName, 'Ask the broker to leave the retain bit as it was (MQTT 5)')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print the topic before the payload')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print the topic before the payload')
            [CompletionResult]::new('-N', '-N ', [CompletionResultType]::ParameterName, 'Print no end of line after a message')
            [CompletionResult]::new('--pretty', '--pretty', [CompletionResultType]::ParameterName, 'Indent the JSON of %j and %J')
            [CompletionResult]::new('--message-rate', '--message-rate', [CompletionResultType]::ParameterName, 'Print how many messages arrive per second, not the messages')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Keep one screen line per topic')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Keep one screen line per topic')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print each message as a line of JSON that loses nothing; uses MQTT 5; see below')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'End each message with NUL, not with a line feed')
            [CompletionResult]::new('--zero-terminated', '--zero-terminated', [CompletionResultType]::ParameterName, 'End each message with NUL, not with a line feed')
            [CompletionResult]::new('--exec-stop-on-error', '--exec-stop-on-error', [CompletionResultType]::ParameterName, 'Stop with exit status 1 when a command fails')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Let --record replace a file that exists')
            [CompletionResult]::new('--will-retain', '--will-retain', [CompletionResultType]::ParameterName, 'The will stays as the topic''s retained message')
            [CompletionResult]::new('--will-stdin', '--will-stdin', [CompletionResultType]::ParameterName, 'Payload of the will from standard input')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Print every packet sent and received')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Print every packet sent and received')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no errors while running')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print this help')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Exit with a code of its own for everything; see below')
            break
        }
        'lastwill;pub' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Host name or address of the broker [default: localhost]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Host name or address of the broker [default: localhost]')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Port of the broker [default: 1883, with TLS 8883]; 8883 implies TLS')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port of the broker [default: 1883, with TLS 8883]; 8883 implies TLS')
            [CompletionResult]::new('-L', '-L ', [CompletionResultType]::ParameterName, 'Everything at once: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC, or ws:// for WebSocket')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Everything at once: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC, or ws:// for WebSocket')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'User name')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'User name')
            [CompletionResult]::new('-P', '-P ', [CompletionResultType]::ParameterName, 'Password')
            [CompletionResult]::new('--pw', '--pw', [CompletionResultType]::ParameterName, 'Password')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'Local address to connect from')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Protocol version: mqttv31, mqttv311 or mqttv5, or 31, 311, 5 [default: mqttv311]')
            [CompletionResult]::new('--protocol-version', '--protocol-version', [CompletionResultType]::ParameterName, 'Protocol version: mqttv31, mqttv311 or mqttv5, or 31, 311, 5 [default: mqttv311]')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Keep Alive, 5 to 65535 seconds [default: 60]')
            [CompletionResult]::new('--keepalive', '--keepalive', [CompletionResultType]::ParameterName, 'Keep Alive, 5 to 65535 seconds [default: 60]')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Client identifier [default: the broker assigns one]')
            [CompletionResult]::new('--id', '--id', [CompletionResultType]::ParameterName, 'Client identifier [default: the broker assigns one]')
            [CompletionResult]::new('-I', '-I ', [CompletionResultType]::ParameterName, 'Client identifier made of this and the process id')
            [CompletionResult]::new('--id-prefix', '--id-prefix', [CompletionResultType]::ParameterName, 'Client identifier made of this and the process id')
            [CompletionResult]::new('-x', '-x', [CompletionResultType]::ParameterName, 'How long the session outlives the connection, -1 for ever; uses MQTT 5')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Quality of service: 0, 1 or 2 [default: 0]')
            [CompletionResult]::new('--qos', '--qos', [CompletionResultType]::ParameterName, 'Quality of service: 0, 1 or 2 [default: 0]')
            [CompletionResult]::new('-M', '-M ', [CompletionResultType]::ParameterName, 'Most QoS 1 and 2 messages on their way at a time [default: 20]')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'An MQTT 5 property of a packet; may be repeated; see below')
            [CompletionResult]::new('--property', '--property', [CompletionResultType]::ParameterName, 'An MQTT 5 property of a packet; may be repeated; see below')
            [CompletionResult]::new('--unix', '--unix', [CompletionResultType]::ParameterName, 'Unix domain socket of the broker; the same as -h PATH -p 0')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'SOCKS5 proxy that connects to the broker: socks5h://[USER[:PASSWORD]@]HOST[:PORT] [default port: 1080]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'The password is the first line of this file')
            [CompletionResult]::new('--password-env', '--password-env', [CompletionResultType]::ParameterName, 'The password is the value of this environment variable')
            [CompletionResult]::new('--password-fd', '--password-fd', [CompletionResultType]::ParameterName, 'The password is the first line of this open file descriptor')
            [CompletionResult]::new('--cafile', '--cafile', [CompletionResultType]::ParameterName, 'Use TLS and trust the certificates in this PEM file; port 8883')
            [CompletionResult]::new('--capath', '--capath', [CompletionResultType]::ParameterName, 'Use TLS and trust the certificates in the files of this directory')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Our own certificate, PEM; needs --key')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Private key of --cert, PEM; the passphrase of an encrypted one is asked for')
            [CompletionResult]::new('--tls-version', '--tls-version', [CompletionResultType]::ParameterName, 'Lowest version of TLS: tlsv1.2 or tlsv1.3 [default: tlsv1.2]')
            [CompletionResult]::new('--ciphers', '--ciphers', [CompletionResultType]::ParameterName, 'Ciphers for TLS 1.2, as OpenSSL names them')
            [CompletionResult]::new('--tls-alpn', '--tls-alpn', [CompletionResultType]::ParameterName, 'Application protocol to offer to the server (ALPN)')
            [CompletionResult]::new('--tls-keylog', '--tls-keylog', [CompletionResultType]::ParameterName, 'Append the secrets of the connection to a file, for Wireshark')
            [CompletionResult]::new('--psk', '--psk', [CompletionResultType]::ParameterName, 'Use TLS with this pre-shared key, in hexadecimal; needs --psk-identity, and a build with the feature psk')
            [CompletionResult]::new('--psk-identity', '--psk-identity', [CompletionResultType]::ParameterName, 'By which name the server knows the pre-shared key')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Try again when there is no connection, the first one included: for ever, or this often in a row; see below')
            [CompletionResult]::new('--retry-max', '--retry-max', [CompletionResultType]::ParameterName, 'Longest delay between two attempts of --retry [default: 30s]')
            [CompletionResult]::new('-W', '-W ', [CompletionResultType]::ParameterName, 'Exit with 27 if not everything is published after this time')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Topic to publish to')
            [CompletionResult]::new('--topic', '--topic', [CompletionResultType]::ParameterName, 'Topic to publish to')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'The payload')
            [CompletionResult]::new('--message', '--message', [CompletionResultType]::ParameterName, 'The payload')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'The payload is the content of a file')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'The payload is the content of a file')
            [CompletionResult]::new('--repeat', '--repeat', [CompletionResultType]::ParameterName, 'Publish this many times [default: 1]')
            [CompletionResult]::new('--repeat-delay', '--repeat-delay', [CompletionResultType]::ParameterName, 'Pause between two publishes, fractions allowed [default: 0]')
            [CompletionResult]::new('--replay', '--replay', [CompletionResultType]::ParameterName, 'Publish what sub --record wrote, with the pauses between the messages; like --json')
            [CompletionResult]::new('--speed', '--speed', [CompletionResultType]::ParameterName, 'Replay so much faster: 2 halves the pauses, 0 leaves them out [default: 1]')
            [CompletionResult]::new('--topic-separator', '--topic-separator', [CompletionResultType]::ParameterName, 'With -l: a line is TOPIC SEPARATOR PAYLOAD; \t is a tab')
            [CompletionResult]::new('--will-topic', '--will-topic', [CompletionResultType]::ParameterName, 'Topic that the broker publishes to when this client dies')
            [CompletionResult]::new('--will-payload', '--will-payload', [CompletionResultType]::ParameterName, 'Payload of the will [default: empty]')
            [CompletionResult]::new('--will-qos', '--will-qos', [CompletionResultType]::ParameterName, 'Quality of service of the will: 0, 1 or 2 [default: 0]')
            [CompletionResult]::new('--will-file', '--will-file', [CompletionResultType]::ParameterName, 'Payload of the will from a file')
            [CompletionResult]::new('--will-delay', '--will-delay', [CompletionResultType]::ParameterName, 'How long the broker waits for us to come back, such as 30s; MQTT 5')
            [CompletionResult]::new('--will-expiry', '--will-expiry', [CompletionResultType]::ParameterName, 'How long the published will is worth delivering; MQTT 5')
            [CompletionResult]::new('--will-content-type', '--will-content-type', [CompletionResultType]::ParameterName, 'Content Type of the will; MQTT 5')
            [CompletionResult]::new('--will-response-topic', '--will-response-topic', [CompletionResultType]::ParameterName, 'Response Topic of the will; MQTT 5')
            [CompletionResult]::new('--will-correlation', '--will-correlation', [CompletionResultType]::ParameterName, 'Correlation Data of the will; MQTT 5')
            [CompletionResult]::new('--will-user-property', '--will-user-property', [CompletionResultType]::ParameterName, 'A user property of the will, may be repeated; MQTT 5')
            [CompletionResult]::new('--will-payload-format', '--will-payload-format', [CompletionResultType]::ParameterName, 'Payload Format Indicator of the will: text or bytes; MQTT 5')
            [CompletionResult]::new('--end', '--end', [CompletionResultType]::ParameterName, 'How to leave: normal, will (DISCONNECT 0x04), drop, reset, stall, malformed, second-connect or oversize; see below')
            [CompletionResult]::new('--end-reason', '--end-reason', [CompletionResultType]::ParameterName, 'Leave with a DISCONNECT of this reason code, 0 to 255; MQTT 5')
            [CompletionResult]::new('--end-after', '--end-after', [CompletionResultType]::ParameterName, 'Leave this long after the connection was accepted, such as 5s')
            [CompletionResult]::new('--end-after-messages', '--end-after-messages', [CompletionResultType]::ParameterName, 'Leave after this many messages, received or published')
            [CompletionResult]::new('--end-session-expiry', '--end-session-expiry', [CompletionResultType]::ParameterName, 'Session Expiry Interval in DISCONNECT, -1 for ever; MQTT 5')
            [CompletionResult]::new('--presence', '--presence', [CompletionResultType]::ParameterName, 'Keep a retained topic true: "online" while connected, "offline" afterwards, whatever the end')
            [CompletionResult]::new('--presence-online', '--presence-online', [CompletionResultType]::ParameterName, 'What the topic says while connected [default: online]')
            [CompletionResult]::new('--presence-offline', '--presence-offline', [CompletionResultType]::ParameterName, 'What the topic says afterwards [default: offline]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Read options from this file first, one a line')
            [CompletionResult]::new('--compat', '--compat', [CompletionResultType]::ParameterName, 'Follow this version of mosquitto''s clients where they differ: 2.0 or 2.1; LASTWILL_COMPAT says the same for links [default: 2.1]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Options of this profile first; see lastwill profile --help')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour messages on stderr: always, never, or auto, which is on a terminal unless NO_COLOR is set [default: auto]')
            [CompletionResult]::new('--nodelay', '--nodelay', [CompletionResultType]::ParameterName, 'Send small packets at once (TCP_NODELAY)')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Keep the session when the connection ends; needs -i')
            [CompletionResult]::new('--disable-clean-session', '--disable-clean-session', [CompletionResultType]::ParameterName, 'Keep the session when the connection ends; needs -i')
            [CompletionResult]::new('--ws', '--ws', [CompletionResultType]::ParameterName, 'Use WebSocket, as -L ws://HOST/TOPIC does')
            [CompletionResult]::new('-S', '-S ', [CompletionResultType]::ParameterName, 'The host is a domain whose SRV records name the brokers (_mqtt._tcp, or _secure-mqtt._tcp with TLS); needs a build with the feature srv')
            [CompletionResult]::new('--password-prompt', '--password-prompt', [CompletionResultType]::ParameterName, 'Ask for the password on the terminal, as -P without a value')
            [CompletionResult]::new('--tls-use-os-certs', '--tls-use-os-certs', [CompletionResultType]::ParameterName, 'Use TLS and trust the system''s certificates, or those of SSL_CERT_FILE, SSL_CERT_DIR')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Believe any server: its certificate is not checked at all')
            [CompletionResult]::new('--no-tls', '--no-tls', [CompletionResultType]::ParameterName, 'Never use TLS, not even on port 8883')
            [CompletionResult]::new('--no-retry', '--no-retry', [CompletionResultType]::ParameterName, 'End when the connection is lost')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'The payload is all of standard input')
            [CompletionResult]::new('--stdin-file', '--stdin-file', [CompletionResultType]::ParameterName, 'The payload is all of standard input')
            [CompletionResult]::new('-l', '-l', [CompletionResultType]::ParameterName, 'Every line of standard input is a message')
            [CompletionResult]::new('--stdin-line', '--stdin-line', [CompletionResultType]::ParameterName, 'Every line of standard input is a message')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'An empty payload; with -r it clears a retained message')
            [CompletionResult]::new('--null-message', '--null-message', [CompletionResultType]::ParameterName, 'An empty payload; with -r it clears a retained message')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'The broker keeps the message for later subscribers')
            [CompletionResult]::new('--retain', '--retain', [CompletionResultType]::ParameterName, 'The broker keeps the message for later subscribers')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Every line of standard input is a message in JSON, as sub --json prints it; -t, -q, -r and -D go before what it says; uses MQTT 5; see below')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'With -l and --json: NUL ends a message, not a line feed')
            [CompletionResult]::new('--zero-terminated', '--zero-terminated', [CompletionResultType]::ParameterName, 'With -l and --json: NUL ends a message, not a line feed')
            [CompletionResult]::new('--will-retain', '--will-retain', [CompletionResultType]::ParameterName, 'The will stays as the topic''s retained message')
            [CompletionResult]::new('--will-stdin', '--will-stdin', [CompletionResultType]::ParameterName, 'Payload of the will from standard input')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Print every packet sent and received')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Print every packet sent and received')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no errors while running')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print this help')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Exit with a code of its own for everything; see below')
            break
        }
        'lastwill;rr' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Host name or address of the broker [default: localhost]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Host name or address of the broker [default: localhost]')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Port of the broker [default: 1883, with TLS 8883]; 8883 implies TLS')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port of the broker [default: 1883, with TLS 8883]; 8883 implies TLS')
            [CompletionResult]::new('-L', '-L ', [CompletionResultType]::ParameterName, 'Everything at once: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC, or ws:// for WebSocket')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Everything at once: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC, or ws:// for WebSocket')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'User name')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'User name')
            [CompletionResult]::new('-P', '-P ', [CompletionResultType]::ParameterName, 'Password')
            [CompletionResult]::new('--pw', '--pw', [CompletionResultType]::ParameterName, 'Password')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'Local address to connect from')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Protocol version: mqttv31, mqttv311 or mqttv5, or 31, 311, 5 [default: mqttv5]')
            [CompletionResult]::new('--protocol-version', '--protocol-version', [CompletionResultType]::ParameterName, 'Protocol version: mqttv31, mqttv311 or mqttv5, or 31, 311, 5 [default: mqttv5]')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Keep Alive, 5 to 65535 seconds [default: 60]')
            [CompletionResult]::new('--keepalive', '--keepalive', [CompletionResultType]::ParameterName, 'Keep Alive, 5 to 65535 seconds [default: 60]')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Client identifier [default: the broker assigns one]')
            [CompletionResult]::new('--id', '--id', [CompletionResultType]::ParameterName, 'Client identifier [default: the broker assigns one]')
            [CompletionResult]::new('-I', '-I ', [CompletionResultType]::ParameterName, 'Client identifier made of this and the process id')
            [CompletionResult]::new('--id-prefix', '--id-prefix', [CompletionResultType]::ParameterName, 'Client identifier made of this and the process id')
            [CompletionResult]::new('-x', '-x', [CompletionResultType]::ParameterName, 'How long the session outlives the connection, -1 for ever; uses MQTT 5')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Quality of service: 0, 1 or 2 [default: 0]')
            [CompletionResult]::new('--qos', '--qos', [CompletionResultType]::ParameterName, 'Quality of service: 0, 1 or 2 [default: 0]')
            [CompletionResult]::new('-M', '-M ', [CompletionResultType]::ParameterName, 'Most QoS 1 and 2 messages on their way at a time [default: 20]')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'An MQTT 5 property of a packet; may be repeated; see below')
            [CompletionResult]::new('--property', '--property', [CompletionResultType]::ParameterName, 'An MQTT 5 property of a packet; may be repeated; see below')
            [CompletionResult]::new('--unix', '--unix', [CompletionResultType]::ParameterName, 'Unix domain socket of the broker; the same as -h PATH -p 0')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'SOCKS5 proxy that connects to the broker: socks5h://[USER[:PASSWORD]@]HOST[:PORT] [default port: 1080]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'The password is the first line of this file')
            [CompletionResult]::new('--password-env', '--password-env', [CompletionResultType]::ParameterName, 'The password is the value of this environment variable')
            [CompletionResult]::new('--password-fd', '--password-fd', [CompletionResultType]::ParameterName, 'The password is the first line of this open file descriptor')
            [CompletionResult]::new('--cafile', '--cafile', [CompletionResultType]::ParameterName, 'Use TLS and trust the certificates in this PEM file; port 8883')
            [CompletionResult]::new('--capath', '--capath', [CompletionResultType]::ParameterName, 'Use TLS and trust the certificates in the files of this directory')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Our own certificate, PEM; needs --key')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Private key of --cert, PEM; the passphrase of an encrypted one is asked for')
            [CompletionResult]::new('--tls-version', '--tls-version', [CompletionResultType]::ParameterName, 'Lowest version of TLS: tlsv1.2 or tlsv1.3 [default: tlsv1.2]')
            [CompletionResult]::new('--ciphers', '--ciphers', [CompletionResultType]::ParameterName, 'Ciphers for TLS 1.2, as OpenSSL names them')
            [CompletionResult]::new('--tls-alpn', '--tls-alpn', [CompletionResultType]::ParameterName, 'Application protocol to offer to the server (ALPN)')
            [CompletionResult]::new('--tls-keylog', '--tls-keylog', [CompletionResultType]::ParameterName, 'Append the secrets of the connection to a file, for Wireshark')
            [CompletionResult]::new('--psk', '--psk', [CompletionResultType]::ParameterName, 'Use TLS with this pre-shared key, in hexadecimal; needs --psk-identity, and a build with the feature psk')
            [CompletionResult]::new('--psk-identity', '--psk-identity', [CompletionResultType]::ParameterName, 'By which name the server knows the pre-shared key')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Try again when there is no connection, the first one included: for ever, or this often in a row; see below')
            [CompletionResult]::new('--retry-max', '--retry-max', [CompletionResultType]::ParameterName, 'Longest delay between two attempts of --retry [default: 30s]')
            [CompletionResult]::new('-W', '-W ', [CompletionResultType]::ParameterName, 'Exit with 27 after this time')
            [CompletionResult]::new('--retain-handling', '--retain-handling', [CompletionResultType]::ParameterName, 'Ask for retained messages always, for new subscriptions, or never: always, new, never (MQTT 5)')
            [CompletionResult]::new('-F', '-F ', [CompletionResultType]::ParameterName, 'Print messages in this format; see below')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Topic to publish to')
            [CompletionResult]::new('--topic', '--topic', [CompletionResultType]::ParameterName, 'Topic to publish to')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'The payload')
            [CompletionResult]::new('--message', '--message', [CompletionResultType]::ParameterName, 'The payload')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'The payload is the content of a file')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'The payload is the content of a file')
            [CompletionResult]::new('-e', '-e', [CompletionResultType]::ParameterName, 'Topic that the response is published to')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Wait for this many responses [default: 1]')
            [CompletionResult]::new('--will-topic', '--will-topic', [CompletionResultType]::ParameterName, 'Topic that the broker publishes to when this client dies')
            [CompletionResult]::new('--will-payload', '--will-payload', [CompletionResultType]::ParameterName, 'Payload of the will [default: empty]')
            [CompletionResult]::new('--will-qos', '--will-qos', [CompletionResultType]::ParameterName, 'Quality of service of the will: 0, 1 or 2 [default: 0]')
            [CompletionResult]::new('--will-file', '--will-file', [CompletionResultType]::ParameterName, 'Payload of the will from a file')
            [CompletionResult]::new('--will-delay', '--will-delay', [CompletionResultType]::ParameterName, 'How long the broker waits for us to come back, such as 30s; MQTT 5')
            [CompletionResult]::new('--will-expiry', '--will-expiry', [CompletionResultType]::ParameterName, 'How long the published will is worth delivering; MQTT 5')
            [CompletionResult]::new('--will-content-type', '--will-content-type', [CompletionResultType]::ParameterName, 'Content Type of the will; MQTT 5')
            [CompletionResult]::new('--will-response-topic', '--will-response-topic', [CompletionResultType]::ParameterName, 'Response Topic of the will; MQTT 5')
            [CompletionResult]::new('--will-correlation', '--will-correlation', [CompletionResultType]::ParameterName, 'Correlation Data of the will; MQTT 5')
            [CompletionResult]::new('--will-user-property', '--will-user-property', [CompletionResultType]::ParameterName, 'A user property of the will, may be repeated; MQTT 5')
            [CompletionResult]::new('--will-payload-format', '--will-payload-format', [CompletionResultType]::ParameterName, 'Payload Format Indicator of the will: text or bytes; MQTT 5')
            [CompletionResult]::new('--end', '--end', [CompletionResultType]::ParameterName, 'How to leave: normal, will (DISCONNECT 0x04), drop, reset, stall, malformed, second-connect or oversize; see below')
            [CompletionResult]::new('--end-reason', '--end-reason', [CompletionResultType]::ParameterName, 'Leave with a DISCONNECT of this reason code, 0 to 255; MQTT 5')
            [CompletionResult]::new('--end-after', '--end-after', [CompletionResultType]::ParameterName, 'Leave this long after the connection was accepted, such as 5s')
            [CompletionResult]::new('--end-after-messages', '--end-after-messages', [CompletionResultType]::ParameterName, 'Leave after this many messages, received or published')
            [CompletionResult]::new('--end-session-expiry', '--end-session-expiry', [CompletionResultType]::ParameterName, 'Session Expiry Interval in DISCONNECT, -1 for ever; MQTT 5')
            [CompletionResult]::new('--presence', '--presence', [CompletionResultType]::ParameterName, 'Keep a retained topic true: "online" while connected, "offline" afterwards, whatever the end')
            [CompletionResult]::new('--presence-online', '--presence-online', [CompletionResultType]::ParameterName, 'What the topic says while connected [default: online]')
            [CompletionResult]::new('--presence-offline', '--presence-offline', [CompletionResultType]::ParameterName, 'What the topic says afterwards [default: offline]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Read options from this file first, one a line')
            [CompletionResult]::new('--compat', '--compat', [CompletionResultType]::ParameterName, 'Follow this version of mosquitto''s clients where they differ: 2.0 or 2.1; LASTWILL_COMPAT says the same for links [default: 2.1]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Options of this profile first; see lastwill profile --help')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour messages on stderr: always, never, or auto, which is on a terminal unless NO_COLOR is set [default: auto]')
            [CompletionResult]::new('--nodelay', '--nodelay', [CompletionResultType]::ParameterName, 'Send small packets at once (TCP_NODELAY)')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Keep the session when the connection ends; needs -i')
            [CompletionResult]::new('--disable-clean-session', '--disable-clean-session', [CompletionResultType]::ParameterName, 'Keep the session when the connection ends; needs -i')
            [CompletionResult]::new('--ws', '--ws', [CompletionResultType]::ParameterName, 'Use WebSocket, as -L ws://HOST/TOPIC does')
            [CompletionResult]::new('-S', '-S ', [CompletionResultType]::ParameterName, 'The host is a domain whose SRV records name the brokers (_mqtt._tcp, or _secure-mqtt._tcp with TLS); needs a build with the feature srv')
            [CompletionResult]::new('--password-prompt', '--password-prompt', [CompletionResultType]::ParameterName, 'Ask for the password on the terminal, as -P without a value')
            [CompletionResult]::new('--tls-use-os-certs', '--tls-use-os-certs', [CompletionResultType]::ParameterName, 'Use TLS and trust the system''s certificates, or those of SSL_CERT_FILE, SSL_CERT_DIR')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Believe any server: its certificate is not checked at all')
            [CompletionResult]::new('--no-tls', '--no-tls', [CompletionResultType]::ParameterName, 'Never use TLS, not even on port 8883')
            [CompletionResult]::new('--no-retry', '--no-retry', [CompletionResultType]::ParameterName, 'End when the connection is lost')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Ignore retained messages; asks an MQTT 5 broker for none')
            [CompletionResult]::new('--retain-as-published', '--retain-as-published', [CompletionResultType]::ParameterName, 'Ask the broker to leave the retain bit as it was (MQTT 5)')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print the topic before the payload')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print the topic before the payload')
            [CompletionResult]::new('-N', '-N ', [CompletionResultType]::ParameterName, 'Print no end of line after a message')
            [CompletionResult]::new('--pretty', '--pretty', [CompletionResultType]::ParameterName, 'Indent the JSON of %j and %J')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'The payload is all of standard input')
            [CompletionResult]::new('--stdin-file', '--stdin-file', [CompletionResultType]::ParameterName, 'The payload is all of standard input')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'An empty payload; with -r it clears a retained message')
            [CompletionResult]::new('--null-message', '--null-message', [CompletionResultType]::ParameterName, 'An empty payload; with -r it clears a retained message')
            [CompletionResult]::new('--strict-correlation', '--strict-correlation', [CompletionResultType]::ParameterName, 'Ignore responses without correlation data too (MQTT 5)')
            [CompletionResult]::new('--latency', '--latency', [CompletionResultType]::ParameterName, 'Print the time from request to response')
            [CompletionResult]::new('--will-retain', '--will-retain', [CompletionResultType]::ParameterName, 'The will stays as the topic''s retained message')
            [CompletionResult]::new('--will-stdin', '--will-stdin', [CompletionResultType]::ParameterName, 'Payload of the will from standard input')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Print every packet sent and received')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Print every packet sent and received')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no errors while running')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print this help')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Exit with a code of its own for everything; see below')
            break
        }
        'lastwill;retained' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Host name or address of the broker [default: localhost]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Host name or address of the broker [default: localhost]')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Port of the broker [default: 1883, with TLS 8883]; 8883 implies TLS')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port of the broker [default: 1883, with TLS 8883]; 8883 implies TLS')
            [CompletionResult]::new('-L', '-L ', [CompletionResultType]::ParameterName, 'Everything at once: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC, or ws:// for WebSocket')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Everything at once: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC, or ws:// for WebSocket')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'User name')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'User name')
            [CompletionResult]::new('-P', '-P ', [CompletionResultType]::ParameterName, 'Password')
            [CompletionResult]::new('--pw', '--pw', [CompletionResultType]::ParameterName, 'Password')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'Local address to connect from')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Protocol version: mqttv31, mqttv311 or mqttv5, or 31, 311, 5 [default: mqttv311]')
            [CompletionResult]::new('--protocol-version', '--protocol-version', [CompletionResultType]::ParameterName, 'Protocol version: mqttv31, mqttv311 or mqttv5, or 31, 311, 5 [default: mqttv311]')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Keep Alive, 5 to 65535 seconds [default: 60]')
            [CompletionResult]::new('--keepalive', '--keepalive', [CompletionResultType]::ParameterName, 'Keep Alive, 5 to 65535 seconds [default: 60]')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Client identifier [default: the broker assigns one]')
            [CompletionResult]::new('--id', '--id', [CompletionResultType]::ParameterName, 'Client identifier [default: the broker assigns one]')
            [CompletionResult]::new('-I', '-I ', [CompletionResultType]::ParameterName, 'Client identifier made of this and the process id')
            [CompletionResult]::new('--id-prefix', '--id-prefix', [CompletionResultType]::ParameterName, 'Client identifier made of this and the process id')
            [CompletionResult]::new('-x', '-x', [CompletionResultType]::ParameterName, 'How long the session outlives the connection, -1 for ever; uses MQTT 5')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'An MQTT 5 property of a packet; may be repeated; see below')
            [CompletionResult]::new('--property', '--property', [CompletionResultType]::ParameterName, 'An MQTT 5 property of a packet; may be repeated; see below')
            [CompletionResult]::new('--unix', '--unix', [CompletionResultType]::ParameterName, 'Unix domain socket of the broker; the same as -h PATH -p 0')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'SOCKS5 proxy that connects to the broker: socks5h://[USER[:PASSWORD]@]HOST[:PORT] [default port: 1080]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'The password is the first line of this file')
            [CompletionResult]::new('--password-env', '--password-env', [CompletionResultType]::ParameterName, 'The password is the value of this environment variable')
            [CompletionResult]::new('--password-fd', '--password-fd', [CompletionResultType]::ParameterName, 'The password is the first line of this open file descriptor')
            [CompletionResult]::new('--cafile', '--cafile', [CompletionResultType]::ParameterName, 'Use TLS and trust the certificates in this PEM file; port 8883')
            [CompletionResult]::new('--capath', '--capath', [CompletionResultType]::ParameterName, 'Use TLS and trust the certificates in the files of this directory')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Our own certificate, PEM; needs --key')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Private key of --cert, PEM; the passphrase of an encrypted one is asked for')
            [CompletionResult]::new('--tls-version', '--tls-version', [CompletionResultType]::ParameterName, 'Lowest version of TLS: tlsv1.2 or tlsv1.3 [default: tlsv1.2]')
            [CompletionResult]::new('--ciphers', '--ciphers', [CompletionResultType]::ParameterName, 'Ciphers for TLS 1.2, as OpenSSL names them')
            [CompletionResult]::new('--tls-alpn', '--tls-alpn', [CompletionResultType]::ParameterName, 'Application protocol to offer to the server (ALPN)')
            [CompletionResult]::new('--tls-keylog', '--tls-keylog', [CompletionResultType]::ParameterName, 'Append the secrets of the connection to a file, for Wireshark')
            [CompletionResult]::new('--psk', '--psk', [CompletionResultType]::ParameterName, 'Use TLS with this pre-shared key, in hexadecimal; needs --psk-identity, and a build with the feature psk')
            [CompletionResult]::new('--psk-identity', '--psk-identity', [CompletionResultType]::ParameterName, 'By which name the server knows the pre-shared key')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Try again when there is no connection, the first one included: for ever, or this often in a row; see below')
            [CompletionResult]::new('--retry-max', '--retry-max', [CompletionResultType]::ParameterName, 'Longest delay between two attempts of --retry [default: 30s]')
            [CompletionResult]::new('-W', '-W ', [CompletionResultType]::ParameterName, 'Exit with 27 after this time')
            [CompletionResult]::new('-F', '-F ', [CompletionResultType]::ParameterName, 'Print messages in this format; see below')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Another topic filter; -t may be left out')
            [CompletionResult]::new('--topic', '--topic', [CompletionResultType]::ParameterName, 'Another topic filter; -t may be left out')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'Print payloads as hex, base64, json (laid out anew, --pretty indents) or dump (like hexdump -C)')
            [CompletionResult]::new('--will-topic', '--will-topic', [CompletionResultType]::ParameterName, 'Topic that the broker publishes to when this client dies')
            [CompletionResult]::new('--will-payload', '--will-payload', [CompletionResultType]::ParameterName, 'Payload of the will [default: empty]')
            [CompletionResult]::new('--will-qos', '--will-qos', [CompletionResultType]::ParameterName, 'Quality of service of the will: 0, 1 or 2 [default: 0]')
            [CompletionResult]::new('--will-file', '--will-file', [CompletionResultType]::ParameterName, 'Payload of the will from a file')
            [CompletionResult]::new('--will-delay', '--will-delay', [CompletionResultType]::ParameterName, 'How long the broker waits for us to come back, such as 30s; MQTT 5')
            [CompletionResult]::new('--will-expiry', '--will-expiry', [CompletionResultType]::ParameterName, 'How long the published will is worth delivering; MQTT 5')
            [CompletionResult]::new('--will-content-type', '--will-content-type', [CompletionResultType]::ParameterName, 'Content Type of the will; MQTT 5')
            [CompletionResult]::new('--will-response-topic', '--will-response-topic', [CompletionResultType]::ParameterName, 'Response Topic of the will; MQTT 5')
            [CompletionResult]::new('--will-correlation', '--will-correlation', [CompletionResultType]::ParameterName, 'Correlation Data of the will; MQTT 5')
            [CompletionResult]::new('--will-user-property', '--will-user-property', [CompletionResultType]::ParameterName, 'A user property of the will, may be repeated; MQTT 5')
            [CompletionResult]::new('--will-payload-format', '--will-payload-format', [CompletionResultType]::ParameterName, 'Payload Format Indicator of the will: text or bytes; MQTT 5')
            [CompletionResult]::new('--end', '--end', [CompletionResultType]::ParameterName, 'How to leave: normal, will (DISCONNECT 0x04), drop, reset, stall, malformed, second-connect or oversize; see below')
            [CompletionResult]::new('--end-reason', '--end-reason', [CompletionResultType]::ParameterName, 'Leave with a DISCONNECT of this reason code, 0 to 255; MQTT 5')
            [CompletionResult]::new('--end-after', '--end-after', [CompletionResultType]::ParameterName, 'Leave this long after the connection was accepted, such as 5s')
            [CompletionResult]::new('--end-after-messages', '--end-after-messages', [CompletionResultType]::ParameterName, 'Leave after this many messages, received or published')
            [CompletionResult]::new('--end-session-expiry', '--end-session-expiry', [CompletionResultType]::ParameterName, 'Session Expiry Interval in DISCONNECT, -1 for ever; MQTT 5')
            [CompletionResult]::new('--presence', '--presence', [CompletionResultType]::ParameterName, 'Keep a retained topic true: "online" while connected, "offline" afterwards, whatever the end')
            [CompletionResult]::new('--presence-online', '--presence-online', [CompletionResultType]::ParameterName, 'What the topic says while connected [default: online]')
            [CompletionResult]::new('--presence-offline', '--presence-offline', [CompletionResultType]::ParameterName, 'What the topic says afterwards [default: offline]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Read options from this file first, one a line')
            [CompletionResult]::new('--compat', '--compat', [CompletionResultType]::ParameterName, 'Follow this version of mosquitto''s clients where they differ: 2.0 or 2.1; LASTWILL_COMPAT says the same for links [default: 2.1]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Options of this profile first; see lastwill profile --help')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour messages on stderr: always, never, or auto, which is on a terminal unless NO_COLOR is set [default: auto]')
            [CompletionResult]::new('--nodelay', '--nodelay', [CompletionResultType]::ParameterName, 'Send small packets at once (TCP_NODELAY)')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Keep the session when the connection ends; needs -i')
            [CompletionResult]::new('--disable-clean-session', '--disable-clean-session', [CompletionResultType]::ParameterName, 'Keep the session when the connection ends; needs -i')
            [CompletionResult]::new('--ws', '--ws', [CompletionResultType]::ParameterName, 'Use WebSocket, as -L ws://HOST/TOPIC does')
            [CompletionResult]::new('-S', '-S ', [CompletionResultType]::ParameterName, 'The host is a domain whose SRV records name the brokers (_mqtt._tcp, or _secure-mqtt._tcp with TLS); needs a build with the feature srv')
            [CompletionResult]::new('--password-prompt', '--password-prompt', [CompletionResultType]::ParameterName, 'Ask for the password on the terminal, as -P without a value')
            [CompletionResult]::new('--tls-use-os-certs', '--tls-use-os-certs', [CompletionResultType]::ParameterName, 'Use TLS and trust the system''s certificates, or those of SSL_CERT_FILE, SSL_CERT_DIR')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Believe any server: its certificate is not checked at all')
            [CompletionResult]::new('--no-tls', '--no-tls', [CompletionResultType]::ParameterName, 'Never use TLS, not even on port 8883')
            [CompletionResult]::new('--no-retry', '--no-retry', [CompletionResultType]::ParameterName, 'End when the connection is lost')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print the topic before the payload')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print the topic before the payload')
            [CompletionResult]::new('-N', '-N ', [CompletionResultType]::ParameterName, 'Print no end of line after a message')
            [CompletionResult]::new('--pretty', '--pretty', [CompletionResultType]::ParameterName, 'Indent the JSON of %j and %J')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'With remove: print what would be removed, remove nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print each message as a line of JSON that loses nothing; uses MQTT 5; see below')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'End each message with NUL, not with a line feed')
            [CompletionResult]::new('--zero-terminated', '--zero-terminated', [CompletionResultType]::ParameterName, 'End each message with NUL, not with a line feed')
            [CompletionResult]::new('--will-retain', '--will-retain', [CompletionResultType]::ParameterName, 'The will stays as the topic''s retained message')
            [CompletionResult]::new('--will-stdin', '--will-stdin', [CompletionResultType]::ParameterName, 'Payload of the will from standard input')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Print every packet sent and received')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Print every packet sent and received')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no errors while running')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print this help')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Exit with a code of its own for everything; see below')
            break
        }
        'lastwill;conn' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Host name or address of the broker [default: localhost]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Host name or address of the broker [default: localhost]')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Port of the broker [default: 1883, with TLS 8883]; 8883 implies TLS')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port of the broker [default: 1883, with TLS 8883]; 8883 implies TLS')
            [CompletionResult]::new('-L', '-L ', [CompletionResultType]::ParameterName, 'Everything at once: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC, or ws:// for WebSocket')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Everything at once: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC, or ws:// for WebSocket')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'User name')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'User name')
            [CompletionResult]::new('-P', '-P ', [CompletionResultType]::ParameterName, 'Password')
            [CompletionResult]::new('--pw', '--pw', [CompletionResultType]::ParameterName, 'Password')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'Local address to connect from')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Protocol version: mqttv31, mqttv311 or mqttv5, or 31, 311, 5 [default: mqttv311]')
            [CompletionResult]::new('--protocol-version', '--protocol-version', [CompletionResultType]::ParameterName, 'Protocol version: mqttv31, mqttv311 or mqttv5, or 31, 311, 5 [default: mqttv311]')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Keep Alive, 5 to 65535 seconds [default: 60]')
            [CompletionResult]::new('--keepalive', '--keepalive', [CompletionResultType]::ParameterName, 'Keep Alive, 5 to 65535 seconds [default: 60]')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Client identifier [default: the broker assigns one]')
            [CompletionResult]::new('--id', '--id', [CompletionResultType]::ParameterName, 'Client identifier [default: the broker assigns one]')
            [CompletionResult]::new('-I', '-I ', [CompletionResultType]::ParameterName, 'Client identifier made of this and the process id')
            [CompletionResult]::new('--id-prefix', '--id-prefix', [CompletionResultType]::ParameterName, 'Client identifier made of this and the process id')
            [CompletionResult]::new('-x', '-x', [CompletionResultType]::ParameterName, 'How long the session outlives the connection, -1 for ever; uses MQTT 5')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'An MQTT 5 property of a packet; may be repeated; see below')
            [CompletionResult]::new('--property', '--property', [CompletionResultType]::ParameterName, 'An MQTT 5 property of a packet; may be repeated; see below')
            [CompletionResult]::new('--unix', '--unix', [CompletionResultType]::ParameterName, 'Unix domain socket of the broker; the same as -h PATH -p 0')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'SOCKS5 proxy that connects to the broker: socks5h://[USER[:PASSWORD]@]HOST[:PORT] [default port: 1080]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'The password is the first line of this file')
            [CompletionResult]::new('--password-env', '--password-env', [CompletionResultType]::ParameterName, 'The password is the value of this environment variable')
            [CompletionResult]::new('--password-fd', '--password-fd', [CompletionResultType]::ParameterName, 'The password is the first line of this open file descriptor')
            [CompletionResult]::new('--cafile', '--cafile', [CompletionResultType]::ParameterName, 'Use TLS and trust the certificates in this PEM file; port 8883')
            [CompletionResult]::new('--capath', '--capath', [CompletionResultType]::ParameterName, 'Use TLS and trust the certificates in the files of this directory')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Our own certificate, PEM; needs --key')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Private key of --cert, PEM; the passphrase of an encrypted one is asked for')
            [CompletionResult]::new('--tls-version', '--tls-version', [CompletionResultType]::ParameterName, 'Lowest version of TLS: tlsv1.2 or tlsv1.3 [default: tlsv1.2]')
            [CompletionResult]::new('--ciphers', '--ciphers', [CompletionResultType]::ParameterName, 'Ciphers for TLS 1.2, as OpenSSL names them')
            [CompletionResult]::new('--tls-alpn', '--tls-alpn', [CompletionResultType]::ParameterName, 'Application protocol to offer to the server (ALPN)')
            [CompletionResult]::new('--tls-keylog', '--tls-keylog', [CompletionResultType]::ParameterName, 'Append the secrets of the connection to a file, for Wireshark')
            [CompletionResult]::new('--psk', '--psk', [CompletionResultType]::ParameterName, 'Use TLS with this pre-shared key, in hexadecimal; needs --psk-identity, and a build with the feature psk')
            [CompletionResult]::new('--psk-identity', '--psk-identity', [CompletionResultType]::ParameterName, 'By which name the server knows the pre-shared key')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Try again when there is no connection, the first one included: for ever, or this often in a row; see below')
            [CompletionResult]::new('--retry-max', '--retry-max', [CompletionResultType]::ParameterName, 'Longest delay between two attempts of --retry [default: 30s]')
            [CompletionResult]::new('--will-topic', '--will-topic', [CompletionResultType]::ParameterName, 'Topic that the broker publishes to when this client dies')
            [CompletionResult]::new('--will-payload', '--will-payload', [CompletionResultType]::ParameterName, 'Payload of the will [default: empty]')
            [CompletionResult]::new('--will-qos', '--will-qos', [CompletionResultType]::ParameterName, 'Quality of service of the will: 0, 1 or 2 [default: 0]')
            [CompletionResult]::new('--will-file', '--will-file', [CompletionResultType]::ParameterName, 'Payload of the will from a file')
            [CompletionResult]::new('--will-delay', '--will-delay', [CompletionResultType]::ParameterName, 'How long the broker waits for us to come back, such as 30s; MQTT 5')
            [CompletionResult]::new('--will-expiry', '--will-expiry', [CompletionResultType]::ParameterName, 'How long the published will is worth delivering; MQTT 5')
            [CompletionResult]::new('--will-content-type', '--will-content-type', [CompletionResultType]::ParameterName, 'Content Type of the will; MQTT 5')
            [CompletionResult]::new('--will-response-topic', '--will-response-topic', [CompletionResultType]::ParameterName, 'Response Topic of the will; MQTT 5')
            [CompletionResult]::new('--will-correlation', '--will-correlation', [CompletionResultType]::ParameterName, 'Correlation Data of the will; MQTT 5')
            [CompletionResult]::new('--will-user-property', '--will-user-property', [CompletionResultType]::ParameterName, 'A user property of the will, may be repeated; MQTT 5')
            [CompletionResult]::new('--will-payload-format', '--will-payload-format', [CompletionResultType]::ParameterName, 'Payload Format Indicator of the will: text or bytes; MQTT 5')
            [CompletionResult]::new('--end', '--end', [CompletionResultType]::ParameterName, 'How to leave: normal, will (DISCONNECT 0x04), drop, reset, stall, malformed, second-connect or oversize; see below')
            [CompletionResult]::new('--end-reason', '--end-reason', [CompletionResultType]::ParameterName, 'Leave with a DISCONNECT of this reason code, 0 to 255; MQTT 5')
            [CompletionResult]::new('--end-after', '--end-after', [CompletionResultType]::ParameterName, 'Leave this long after the connection was accepted, such as 5s')
            [CompletionResult]::new('--end-after-messages', '--end-after-messages', [CompletionResultType]::ParameterName, 'Leave after this many messages, received or published')
            [CompletionResult]::new('--end-session-expiry', '--end-session-expiry', [CompletionResultType]::ParameterName, 'Session Expiry Interval in DISCONNECT, -1 for ever; MQTT 5')
            [CompletionResult]::new('--presence', '--presence', [CompletionResultType]::ParameterName, 'Keep a retained topic true: "online" while connected, "offline" afterwards, whatever the end')
            [CompletionResult]::new('--presence-online', '--presence-online', [CompletionResultType]::ParameterName, 'What the topic says while connected [default: online]')
            [CompletionResult]::new('--presence-offline', '--presence-offline', [CompletionResultType]::ParameterName, 'What the topic says afterwards [default: offline]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Read options from this file first, one a line')
            [CompletionResult]::new('--compat', '--compat', [CompletionResultType]::ParameterName, 'Follow this version of mosquitto''s clients where they differ: 2.0 or 2.1; LASTWILL_COMPAT says the same for links [default: 2.1]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Options of this profile first; see lastwill profile --help')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour messages on stderr: always, never, or auto, which is on a terminal unless NO_COLOR is set [default: auto]')
            [CompletionResult]::new('--nodelay', '--nodelay', [CompletionResultType]::ParameterName, 'Send small packets at once (TCP_NODELAY)')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Keep the session when the connection ends; needs -i')
            [CompletionResult]::new('--disable-clean-session', '--disable-clean-session', [CompletionResultType]::ParameterName, 'Keep the session when the connection ends; needs -i')
            [CompletionResult]::new('--ws', '--ws', [CompletionResultType]::ParameterName, 'Use WebSocket, as -L ws://HOST/TOPIC does')
            [CompletionResult]::new('-S', '-S ', [CompletionResultType]::ParameterName, 'The host is a domain whose SRV records name the brokers (_mqtt._tcp, or _secure-mqtt._tcp with TLS); needs a build with the feature srv')
            [CompletionResult]::new('--password-prompt', '--password-prompt', [CompletionResultType]::ParameterName, 'Ask for the password on the terminal, as -P without a value')
            [CompletionResult]::new('--tls-use-os-certs', '--tls-use-os-certs', [CompletionResultType]::ParameterName, 'Use TLS and trust the system''s certificates, or those of SSL_CERT_FILE, SSL_CERT_DIR')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Believe any server: its certificate is not checked at all')
            [CompletionResult]::new('--no-tls', '--no-tls', [CompletionResultType]::ParameterName, 'Never use TLS, not even on port 8883')
            [CompletionResult]::new('--no-retry', '--no-retry', [CompletionResultType]::ParameterName, 'End when the connection is lost')
            [CompletionResult]::new('--will-retain', '--will-retain', [CompletionResultType]::ParameterName, 'The will stays as the topic''s retained message')
            [CompletionResult]::new('--will-stdin', '--will-stdin', [CompletionResultType]::ParameterName, 'Payload of the will from standard input')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print lines as JSON')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Print every packet sent and received')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Print every packet sent and received')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no errors while running')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print this help')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Exit with a code of its own for everything; see below')
            break
        }
        'lastwill;watch' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Host name or address of the broker [default: localhost]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Host name or address of the broker [default: localhost]')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Port of the broker [default: 1883, with TLS 8883]; 8883 implies TLS')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port of the broker [default: 1883, with TLS 8883]; 8883 implies TLS')
            [CompletionResult]::new('-L', '-L ', [CompletionResultType]::ParameterName, 'Everything at once: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC, or ws:// for WebSocket')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Everything at once: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC, or ws:// for WebSocket')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'User name')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'User name')
            [CompletionResult]::new('-P', '-P ', [CompletionResultType]::ParameterName, 'Password')
            [CompletionResult]::new('--pw', '--pw', [CompletionResultType]::ParameterName, 'Password')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'Local address to connect from')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Protocol version: mqttv31, mqttv311 or mqttv5, or 31, 311, 5 [default: mqttv311]')
            [CompletionResult]::new('--protocol-version', '--protocol-version', [CompletionResultType]::ParameterName, 'Protocol version: mqttv31, mqttv311 or mqttv5, or 31, 311, 5 [default: mqttv311]')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Keep Alive, 5 to 65535 seconds [default: 60]')
            [CompletionResult]::new('--keepalive', '--keepalive', [CompletionResultType]::ParameterName, 'Keep Alive, 5 to 65535 seconds [default: 60]')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Client identifier [default: the broker assigns one]')
            [CompletionResult]::new('--id', '--id', [CompletionResultType]::ParameterName, 'Client identifier [default: the broker assigns one]')
            [CompletionResult]::new('-I', '-I ', [CompletionResultType]::ParameterName, 'Client identifier made of this and the process id')
            [CompletionResult]::new('--id-prefix', '--id-prefix', [CompletionResultType]::ParameterName, 'Client identifier made of this and the process id')
            [CompletionResult]::new('-x', '-x', [CompletionResultType]::ParameterName, 'How long the session outlives the connection, -1 for ever; uses MQTT 5')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'An MQTT 5 property of a packet; may be repeated; see below')
            [CompletionResult]::new('--property', '--property', [CompletionResultType]::ParameterName, 'An MQTT 5 property of a packet; may be repeated; see below')
            [CompletionResult]::new('--unix', '--unix', [CompletionResultType]::ParameterName, 'Unix domain socket of the broker; the same as -h PATH -p 0')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'SOCKS5 proxy that connects to the broker: socks5h://[USER[:PASSWORD]@]HOST[:PORT] [default port: 1080]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'The password is the first line of this file')
            [CompletionResult]::new('--password-env', '--password-env', [CompletionResultType]::ParameterName, 'The password is the value of this environment variable')
            [CompletionResult]::new('--password-fd', '--password-fd', [CompletionResultType]::ParameterName, 'The password is the first line of this open file descriptor')
            [CompletionResult]::new('--cafile', '--cafile', [CompletionResultType]::ParameterName, 'Use TLS and trust the certificates in this PEM file; port 8883')
            [CompletionResult]::new('--capath', '--capath', [CompletionResultType]::ParameterName, 'Use TLS and trust the certificates in the files of this directory')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Our own certificate, PEM; needs --key')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Private key of --cert, PEM; the passphrase of an encrypted one is asked for')
            [CompletionResult]::new('--tls-version', '--tls-version', [CompletionResultType]::ParameterName, 'Lowest version of TLS: tlsv1.2 or tlsv1.3 [default: tlsv1.2]')
            [CompletionResult]::new('--ciphers', '--ciphers', [CompletionResultType]::ParameterName, 'Ciphers for TLS 1.2, as OpenSSL names them')
            [CompletionResult]::new('--tls-alpn', '--tls-alpn', [CompletionResultType]::ParameterName, 'Application protocol to offer to the server (ALPN)')
            [CompletionResult]::new('--tls-keylog', '--tls-keylog', [CompletionResultType]::ParameterName, 'Append the secrets of the connection to a file, for Wireshark')
            [CompletionResult]::new('--psk', '--psk', [CompletionResultType]::ParameterName, 'Use TLS with this pre-shared key, in hexadecimal; needs --psk-identity, and a build with the feature psk')
            [CompletionResult]::new('--psk-identity', '--psk-identity', [CompletionResultType]::ParameterName, 'By which name the server knows the pre-shared key')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Try again when there is no connection, the first one included: for ever, or this often in a row; see below')
            [CompletionResult]::new('--retry-max', '--retry-max', [CompletionResultType]::ParameterName, 'Longest delay between two attempts of --retry [default: 30s]')
            [CompletionResult]::new('--will-topic', '--will-topic', [CompletionResultType]::ParameterName, 'Topic that the broker publishes to when this client dies')
            [CompletionResult]::new('--will-payload', '--will-payload', [CompletionResultType]::ParameterName, 'Payload of the will [default: empty]')
            [CompletionResult]::new('--will-qos', '--will-qos', [CompletionResultType]::ParameterName, 'Quality of service of the will: 0, 1 or 2 [default: 0]')
            [CompletionResult]::new('--will-file', '--will-file', [CompletionResultType]::ParameterName, 'Payload of the will from a file')
            [CompletionResult]::new('--will-delay', '--will-delay', [CompletionResultType]::ParameterName, 'How long the broker waits for us to come back, such as 30s; MQTT 5')
            [CompletionResult]::new('--will-expiry', '--will-expiry', [CompletionResultType]::ParameterName, 'How long the published will is worth delivering; MQTT 5')
            [CompletionResult]::new('--will-content-type', '--will-content-type', [CompletionResultType]::ParameterName, 'Content Type of the will; MQTT 5')
            [CompletionResult]::new('--will-response-topic', '--will-response-topic', [CompletionResultType]::ParameterName, 'Response Topic of the will; MQTT 5')
            [CompletionResult]::new('--will-correlation', '--will-correlation', [CompletionResultType]::ParameterName, 'Correlation Data of the will; MQTT 5')
            [CompletionResult]::new('--will-user-property', '--will-user-property', [CompletionResultType]::ParameterName, 'A user property of the will, may be repeated; MQTT 5')
            [CompletionResult]::new('--will-payload-format', '--will-payload-format', [CompletionResultType]::ParameterName, 'Payload Format Indicator of the will: text or bytes; MQTT 5')
            [CompletionResult]::new('--end', '--end', [CompletionResultType]::ParameterName, 'How to leave: normal, will (DISCONNECT 0x04), drop, reset, stall, malformed, second-connect or oversize; see below')
            [CompletionResult]::new('--end-reason', '--end-reason', [CompletionResultType]::ParameterName, 'Leave with a DISCONNECT of this reason code, 0 to 255; MQTT 5')
            [CompletionResult]::new('--end-after', '--end-after', [CompletionResultType]::ParameterName, 'Leave this long after the connection was accepted, such as 5s')
            [CompletionResult]::new('--end-after-messages', '--end-after-messages', [CompletionResultType]::ParameterName, 'Leave after this many messages, received or published')
            [CompletionResult]::new('--end-session-expiry', '--end-session-expiry', [CompletionResultType]::ParameterName, 'Session Expiry Interval in DISCONNECT, -1 for ever; MQTT 5')
            [CompletionResult]::new('--presence', '--presence', [CompletionResultType]::ParameterName, 'Keep a retained topic true: "online" while connected, "offline" afterwards, whatever the end')
            [CompletionResult]::new('--presence-online', '--presence-online', [CompletionResultType]::ParameterName, 'What the topic says while connected [default: online]')
            [CompletionResult]::new('--presence-offline', '--presence-offline', [CompletionResultType]::ParameterName, 'What the topic says afterwards [default: offline]')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Watch these topics too; may be repeated')
            [CompletionResult]::new('--topic', '--topic', [CompletionResultType]::ParameterName, 'Watch these topics too; may be repeated')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Read options from this file first, one a line')
            [CompletionResult]::new('--compat', '--compat', [CompletionResultType]::ParameterName, 'Follow this version of mosquitto''s clients where they differ: 2.0 or 2.1; LASTWILL_COMPAT says the same for links [default: 2.1]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Options of this profile first; see lastwill profile --help')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour messages on stderr: always, never, or auto, which is on a terminal unless NO_COLOR is set [default: auto]')
            [CompletionResult]::new('--nodelay', '--nodelay', [CompletionResultType]::ParameterName, 'Send small packets at once (TCP_NODELAY)')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Keep the session when the connection ends; needs -i')
            [CompletionResult]::new('--disable-clean-session', '--disable-clean-session', [CompletionResultType]::ParameterName, 'Keep the session when the connection ends; needs -i')
            [CompletionResult]::new('--ws', '--ws', [CompletionResultType]::ParameterName, 'Use WebSocket, as -L ws://HOST/TOPIC does')
            [CompletionResult]::new('-S', '-S ', [CompletionResultType]::ParameterName, 'The host is a domain whose SRV records name the brokers (_mqtt._tcp, or _secure-mqtt._tcp with TLS); needs a build with the feature srv')
            [CompletionResult]::new('--password-prompt', '--password-prompt', [CompletionResultType]::ParameterName, 'Ask for the password on the terminal, as -P without a value')
            [CompletionResult]::new('--tls-use-os-certs', '--tls-use-os-certs', [CompletionResultType]::ParameterName, 'Use TLS and trust the system''s certificates, or those of SSL_CERT_FILE, SSL_CERT_DIR')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Believe any server: its certificate is not checked at all')
            [CompletionResult]::new('--no-tls', '--no-tls', [CompletionResultType]::ParameterName, 'Never use TLS, not even on port 8883')
            [CompletionResult]::new('--no-retry', '--no-retry', [CompletionResultType]::ParameterName, 'End when the connection is lost')
            [CompletionResult]::new('--will-retain', '--will-retain', [CompletionResultType]::ParameterName, 'The will stays as the topic''s retained message')
            [CompletionResult]::new('--will-stdin', '--will-stdin', [CompletionResultType]::ParameterName, 'Payload of the will from standard input')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print a line of JSON for each change instead of a table')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Print every packet sent and received')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Print every packet sent and received')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no errors while running')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print this help')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Exit with a code of its own for everything; see below')
            break
        }
        'lastwill;wills' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Host name or address of the broker [default: localhost]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Host name or address of the broker [default: localhost]')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Port of the broker [default: 1883, with TLS 8883]; 8883 implies TLS')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port of the broker [default: 1883, with TLS 8883]; 8883 implies TLS')
            [CompletionResult]::new('-L', '-L ', [CompletionResultType]::ParameterName, 'Everything at once: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC, or ws:// for WebSocket')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Everything at once: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC, or ws:// for WebSocket')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'User name')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'User name')
            [CompletionResult]::new('-P', '-P ', [CompletionResultType]::ParameterName, 'Password')
            [CompletionResult]::new('--pw', '--pw', [CompletionResultType]::ParameterName, 'Password')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'Local address to connect from')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Protocol version: mqttv31, mqttv311 or mqttv5, or 31, 311, 5 [default: mqttv311]')
            [CompletionResult]::new('--protocol-version', '--protocol-version', [CompletionResultType]::ParameterName, 'Protocol version: mqttv31, mqttv311 or mqttv5, or 31, 311, 5 [default: mqttv311]')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Keep Alive, 5 to 65535 seconds [default: 60]')
            [CompletionResult]::new('--keepalive', '--keepalive', [CompletionResultType]::ParameterName, 'Keep Alive, 5 to 65535 seconds [default: 60]')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Client identifier [default: the broker assigns one]')
            [CompletionResult]::new('--id', '--id', [CompletionResultType]::ParameterName, 'Client identifier [default: the broker assigns one]')
            [CompletionResult]::new('-I', '-I ', [CompletionResultType]::ParameterName, 'Client identifier made of this and the process id')
            [CompletionResult]::new('--id-prefix', '--id-prefix', [CompletionResultType]::ParameterName, 'Client identifier made of this and the process id')
            [CompletionResult]::new('-x', '-x', [CompletionResultType]::ParameterName, 'How long the session outlives the connection, -1 for ever; uses MQTT 5')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'An MQTT 5 property of a packet; may be repeated; see below')
            [CompletionResult]::new('--property', '--property', [CompletionResultType]::ParameterName, 'An MQTT 5 property of a packet; may be repeated; see below')
            [CompletionResult]::new('--unix', '--unix', [CompletionResultType]::ParameterName, 'Unix domain socket of the broker; the same as -h PATH -p 0')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'SOCKS5 proxy that connects to the broker: socks5h://[USER[:PASSWORD]@]HOST[:PORT] [default port: 1080]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'The password is the first line of this file')
            [CompletionResult]::new('--password-env', '--password-env', [CompletionResultType]::ParameterName, 'The password is the value of this environment variable')
            [CompletionResult]::new('--password-fd', '--password-fd', [CompletionResultType]::ParameterName, 'The password is the first line of this open file descriptor')
            [CompletionResult]::new('--cafile', '--cafile', [CompletionResultType]::ParameterName, 'Use TLS and trust the certificates in this PEM file; port 8883')
            [CompletionResult]::new('--capath', '--capath', [CompletionResultType]::ParameterName, 'Use TLS and trust the certificates in the files of this directory')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Our own certificate, PEM; needs --key')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Private key of --cert, PEM; the passphrase of an encrypted one is asked for')
            [CompletionResult]::new('--tls-version', '--tls-version', [CompletionResultType]::ParameterName, 'Lowest version of TLS: tlsv1.2 or tlsv1.3 [default: tlsv1.2]')
            [CompletionResult]::new('--ciphers', '--ciphers', [CompletionResultType]::ParameterName, 'Ciphers for TLS 1.2, as OpenSSL names them')
            [CompletionResult]::new('--tls-alpn', '--tls-alpn', [CompletionResultType]::ParameterName, 'Application protocol to offer to the server (ALPN)')
            [CompletionResult]::new('--tls-keylog', '--tls-keylog', [CompletionResultType]::ParameterName, 'Append the secrets of the connection to a file, for Wireshark')
            [CompletionResult]::new('--psk', '--psk', [CompletionResultType]::ParameterName, 'Use TLS with this pre-shared key, in hexadecimal; needs --psk-identity, and a build with the feature psk')
            [CompletionResult]::new('--psk-identity', '--psk-identity', [CompletionResultType]::ParameterName, 'By which name the server knows the pre-shared key')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Try again when there is no connection, the first one included: for ever, or this often in a row; see below')
            [CompletionResult]::new('--retry-max', '--retry-max', [CompletionResultType]::ParameterName, 'Longest delay between two attempts of --retry [default: 30s]')
            [CompletionResult]::new('--will-topic', '--will-topic', [CompletionResultType]::ParameterName, 'Topic that the broker publishes to when this client dies')
            [CompletionResult]::new('--will-payload', '--will-payload', [CompletionResultType]::ParameterName, 'Payload of the will [default: empty]')
            [CompletionResult]::new('--will-qos', '--will-qos', [CompletionResultType]::ParameterName, 'Quality of service of the will: 0, 1 or 2 [default: 0]')
            [CompletionResult]::new('--will-file', '--will-file', [CompletionResultType]::ParameterName, 'Payload of the will from a file')
            [CompletionResult]::new('--will-delay', '--will-delay', [CompletionResultType]::ParameterName, 'How long the broker waits for us to come back, such as 30s; MQTT 5')
            [CompletionResult]::new('--will-expiry', '--will-expiry', [CompletionResultType]::ParameterName, 'How long the published will is worth delivering; MQTT 5')
            [CompletionResult]::new('--will-content-type', '--will-content-type', [CompletionResultType]::ParameterName, 'Content Type of the will; MQTT 5')
            [CompletionResult]::new('--will-response-topic', '--will-response-topic', [CompletionResultType]::ParameterName, 'Response Topic of the will; MQTT 5')
            [CompletionResult]::new('--will-correlation', '--will-correlation', [CompletionResultType]::ParameterName, 'Correlation Data of the will; MQTT 5')
            [CompletionResult]::new('--will-user-property', '--will-user-property', [CompletionResultType]::ParameterName, 'A user property of the will, may be repeated; MQTT 5')
            [CompletionResult]::new('--will-payload-format', '--will-payload-format', [CompletionResultType]::ParameterName, 'Payload Format Indicator of the will: text or bytes; MQTT 5')
            [CompletionResult]::new('--end', '--end', [CompletionResultType]::ParameterName, 'How to leave: normal, will (DISCONNECT 0x04), drop, reset, stall, malformed, second-connect or oversize; see below')
            [CompletionResult]::new('--end-reason', '--end-reason', [CompletionResultType]::ParameterName, 'Leave with a DISCONNECT of this reason code, 0 to 255; MQTT 5')
            [CompletionResult]::new('--end-after', '--end-after', [CompletionResultType]::ParameterName, 'Leave this long after the connection was accepted, such as 5s')
            [CompletionResult]::new('--end-after-messages', '--end-after-messages', [CompletionResultType]::ParameterName, 'Leave after this many messages, received or published')
            [CompletionResult]::new('--end-session-expiry', '--end-session-expiry', [CompletionResultType]::ParameterName, 'Session Expiry Interval in DISCONNECT, -1 for ever; MQTT 5')
            [CompletionResult]::new('--presence', '--presence', [CompletionResultType]::ParameterName, 'Keep a retained topic true: "online" while connected, "offline" afterwards, whatever the end')
            [CompletionResult]::new('--presence-online', '--presence-online', [CompletionResultType]::ParameterName, 'What the topic says while connected [default: online]')
            [CompletionResult]::new('--presence-offline', '--presence-offline', [CompletionResultType]::ParameterName, 'What the topic says afterwards [default: offline]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Read options from this file first, one a line')
            [CompletionResult]::new('--compat', '--compat', [CompletionResultType]::ParameterName, 'Follow this version of mosquitto''s clients where they differ: 2.0 or 2.1; LASTWILL_COMPAT says the same for links [default: 2.1]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Options of this profile first; see lastwill profile --help')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour messages on stderr: always, never, or auto, which is on a terminal unless NO_COLOR is set [default: auto]')
            [CompletionResult]::new('--nodelay', '--nodelay', [CompletionResultType]::ParameterName, 'Send small packets at once (TCP_NODELAY)')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Keep the session when the connection ends; needs -i')
            [CompletionResult]::new('--disable-clean-session', '--disable-clean-session', [CompletionResultType]::ParameterName, 'Keep the session when the connection ends; needs -i')
            [CompletionResult]::new('--ws', '--ws', [CompletionResultType]::ParameterName, 'Use WebSocket, as -L ws://HOST/TOPIC does')
            [CompletionResult]::new('-S', '-S ', [CompletionResultType]::ParameterName, 'The host is a domain whose SRV records name the brokers (_mqtt._tcp, or _secure-mqtt._tcp with TLS); needs a build with the feature srv')
            [CompletionResult]::new('--password-prompt', '--password-prompt', [CompletionResultType]::ParameterName, 'Ask for the password on the terminal, as -P without a value')
            [CompletionResult]::new('--tls-use-os-certs', '--tls-use-os-certs', [CompletionResultType]::ParameterName, 'Use TLS and trust the system''s certificates, or those of SSL_CERT_FILE, SSL_CERT_DIR')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Believe any server: its certificate is not checked at all')
            [CompletionResult]::new('--no-tls', '--no-tls', [CompletionResultType]::ParameterName, 'Never use TLS, not even on port 8883')
            [CompletionResult]::new('--no-retry', '--no-retry', [CompletionResultType]::ParameterName, 'End when the connection is lost')
            [CompletionResult]::new('--will-retain', '--will-retain', [CompletionResultType]::ParameterName, 'The will stays as the topic''s retained message')
            [CompletionResult]::new('--will-stdin', '--will-stdin', [CompletionResultType]::ParameterName, 'Payload of the will from standard input')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the broker''s list as it came, in JSON')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Print every packet sent and received')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Print every packet sent and received')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no errors while running')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print this help')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Exit with a code of its own for everything; see below')
            break
        }
        'lastwill;store' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('info', 'info', [CompletionResultType]::ParameterValue, 'Print what is in it, as one JSON object')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Read everything, and say what is wrong')
            [CompletionResult]::new('compact', 'compact', [CompletionResultType]::ParameterValue, 'Make the file as small as what is in it allows')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Print all records, one JSON object a line')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Make a new store of the records on standard input')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'End the session of a client at the next start')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'lastwill;store;info' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'lastwill;store;check' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'lastwill;store;compact' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'lastwill;store;export' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'lastwill;store;import' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'lastwill;store;delete' {
            [CompletionResult]::new('--without-will', '--without-will', [CompletionResultType]::ParameterName, 'Its will is not published')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'lastwill;store;help' {
            [CompletionResult]::new('info', 'info', [CompletionResultType]::ParameterValue, 'Print what is in it, as one JSON object')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Read everything, and say what is wrong')
            [CompletionResult]::new('compact', 'compact', [CompletionResultType]::ParameterValue, 'Make the file as small as what is in it allows')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Print all records, one JSON object a line')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Make a new store of the records on standard input')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'End the session of a client at the next start')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'lastwill;store;help;info' {
            break
        }
        'lastwill;store;help;check' {
            break
        }
        'lastwill;store;help;compact' {
            break
        }
        'lastwill;store;help;export' {
            break
        }
        'lastwill;store;help;import' {
            break
        }
        'lastwill;store;help;delete' {
            break
        }
        'lastwill;store;help;help' {
            break
        }
        'lastwill;config' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Print every option with its value and where that came from; secrets are not shown')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'lastwill;config;explain' {
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Set one option, as for the broker. May be repeated')
            [CompletionResult]::new('--compat', '--compat', [CompletionResultType]::ParameterName, 'Behave as another broker does where there is a choice')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'lastwill;config;help' {
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Print every option with its value and where that came from; secrets are not shown')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'lastwill;config;help;explain' {
            break
        }
        'lastwill;config;help;help' {
            break
        }
        'lastwill;check' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Host name or address of the broker [default: localhost]')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Host name or address of the broker [default: localhost]')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Port of the broker [default: 1883, with TLS 8883]; 8883 implies TLS')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port of the broker [default: 1883, with TLS 8883]; 8883 implies TLS')
            [CompletionResult]::new('-L', '-L ', [CompletionResultType]::ParameterName, 'Everything at once: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC, or ws:// for WebSocket')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Everything at once: mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC, or ws:// for WebSocket')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'User name')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'User name')
            [CompletionResult]::new('-P', '-P ', [CompletionResultType]::ParameterName, 'Password')
            [CompletionResult]::new('--pw', '--pw', [CompletionResultType]::ParameterName, 'Password')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'Local address to connect from')
            [CompletionResult]::new('--unix', '--unix', [CompletionResultType]::ParameterName, 'Unix domain socket of the broker; the same as -h PATH -p 0')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'SOCKS5 proxy that connects to the broker: socks5h://[USER[:PASSWORD]@]HOST[:PORT] [default port: 1080]')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'The password is the first line of this file')
            [CompletionResult]::new('--password-env', '--password-env', [CompletionResultType]::ParameterName, 'The password is the value of this environment variable')
            [CompletionResult]::new('--password-fd', '--password-fd', [CompletionResultType]::ParameterName, 'The password is the first line of this open file descriptor')
            [CompletionResult]::new('--cafile', '--cafile', [CompletionResultType]::ParameterName, 'Use TLS and trust the certificates in this PEM file; port 8883')
            [CompletionResult]::new('--capath', '--capath', [CompletionResultType]::ParameterName, 'Use TLS and trust the certificates in the files of this directory')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Our own certificate, PEM; needs --key')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Private key of --cert, PEM; the passphrase of an encrypted one is asked for')
            [CompletionResult]::new('--tls-version', '--tls-version', [CompletionResultType]::ParameterName, 'Lowest version of TLS: tlsv1.2 or tlsv1.3 [default: tlsv1.2]')
            [CompletionResult]::new('--ciphers', '--ciphers', [CompletionResultType]::ParameterName, 'Ciphers for TLS 1.2, as OpenSSL names them')
            [CompletionResult]::new('--tls-alpn', '--tls-alpn', [CompletionResultType]::ParameterName, 'Application protocol to offer to the server (ALPN)')
            [CompletionResult]::new('--tls-keylog', '--tls-keylog', [CompletionResultType]::ParameterName, 'Append the secrets of the connection to a file, for Wireshark')
            [CompletionResult]::new('--psk', '--psk', [CompletionResultType]::ParameterName, 'Use TLS with this pre-shared key, in hexadecimal; needs --psk-identity, and a build with the feature psk')
            [CompletionResult]::new('--psk-identity', '--psk-identity', [CompletionResultType]::ParameterName, 'By which name the server knows the pre-shared key')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Versions to examine: 311 (with what 3.1 has of its own), 5 or both [default: both]')
            [CompletionResult]::new('--protocol-version', '--protocol-version', [CompletionResultType]::ParameterName, 'Versions to examine: 311 (with what 3.1 has of its own), 5 or both [default: both]')
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'These rows only, such as W01,W44-W65,MQTT-3.1.2-8,MQTT-4*; may be repeated')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Most time for everything, such as 90s [default: 120s]')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Rows that run at a time; 1 keeps them apart where a broker mixes up clients [default: 32]')
            [CompletionResult]::new('--junit', '--junit', [CompletionResultType]::ParameterName, 'Also write the results to FILE as JUnit XML')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Options of this profile first; see lastwill profile --help')
            [CompletionResult]::new('--nodelay', '--nodelay', [CompletionResultType]::ParameterName, 'Send small packets at once (TCP_NODELAY)')
            [CompletionResult]::new('--ws', '--ws', [CompletionResultType]::ParameterName, 'Use WebSocket, as -L ws://HOST/TOPIC does')
            [CompletionResult]::new('-S', '-S ', [CompletionResultType]::ParameterName, 'The host is a domain whose SRV records name the brokers (_mqtt._tcp, or _secure-mqtt._tcp with TLS); needs a build with the feature srv')
            [CompletionResult]::new('--password-prompt', '--password-prompt', [CompletionResultType]::ParameterName, 'Ask for the password on the terminal, as -P without a value')
            [CompletionResult]::new('--tls-use-os-certs', '--tls-use-os-certs', [CompletionResultType]::ParameterName, 'Use TLS and trust the system''s certificates, or those of SSL_CERT_FILE, SSL_CERT_DIR')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Believe any server: its certificate is not checked at all')
            [CompletionResult]::new('--no-tls', '--no-tls', [CompletionResultType]::ParameterName, 'Never use TLS, not even on port 8883')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'Print the rows and what they expect, without connecting')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one line of JSON a row')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no errors while running')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print this help')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            break
        }
        'lastwill;bench' {
            [CompletionResult]::new('-L', '-L ', [CompletionResultType]::ParameterName, 'The broker: mqtt://, mqtts://, ws:// or wss://[USER[:PASSWORD]@]HOST[:PORT] [default: mqtt://localhost]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The broker: mqtt://, mqtts://, ws:// or wss://[USER[:PASSWORD]@]HOST[:PORT] [default: mqtt://localhost]')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'User name')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'User name')
            [CompletionResult]::new('-P', '-P ', [CompletionResultType]::ParameterName, 'Password')
            [CompletionResult]::new('--password', '--password', [CompletionResultType]::ParameterName, 'Password')
            [CompletionResult]::new('--cafile', '--cafile', [CompletionResultType]::ParameterName, 'Certificates of the authorities to trust')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Certificate of the clients')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Private key of the clients')
            [CompletionResult]::new('--spawn', '--spawn', [CompletionResultType]::ParameterName, 'Start the broker by this command of the shell, and end it with the measurement; {port} in it and in --url is a free port')
            [CompletionResult]::new('--pid', '--pid', [CompletionResultType]::ParameterName, 'The process of the broker: its CPU time and memory are measured')
            [CompletionResult]::new('--metrics', '--metrics', [CompletionResultType]::ParameterName, 'Metrics of lastwill broker, http://HOST:PORT: how busy its lock is, and how long turns are')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Quality of service of messages and subscriptions: 0, 1 or 2 [default: 0, offline: 1]')
            [CompletionResult]::new('--qos', '--qos', [CompletionResultType]::ParameterName, 'Quality of service of messages and subscriptions: 0, 1 or 2 [default: 0, offline: 1]')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, '311 or 5')
            [CompletionResult]::new('--protocol-version', '--protocol-version', [CompletionResultType]::ParameterName, '311 or 5')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Bytes of a payload, at least 16 [default: 64]')
            [CompletionResult]::new('--size', '--size', [CompletionResultType]::ParameterName, 'Bytes of a payload, at least 16 [default: 64]')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Publishers of fanin, subscribers of fanout, retained and offline, pairs of pairs and latency, connections of idle and will-storm, of connect at a time')
            [CompletionResult]::new('--clients', '--clients', [CompletionResultType]::ParameterName, 'Publishers of fanin, subscribers of fanout, retained and offline, pairs of pairs and latency, connections of idle and will-storm, of connect at a time')
            [CompletionResult]::new('--window', '--window', [CompletionResultType]::ParameterName, 'Closed loop: unfinished messages that a publisher may have [default: 400; fanin: 900 by all together; at QoS 2 at most 20]')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Open loop: messages per second, all publishers together')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'End after so many messages, connections or subscriptions')
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'End after so many messages, connections or subscriptions')
            [CompletionResult]::new('--duration', '--duration', [CompletionResultType]::ParameterName, 'End after this time, such as 10s')
            [CompletionResult]::new('--warm-up', '--warm-up', [CompletionResultType]::ParameterName, 'Time or number of messages (such as 1000n) before the measurement [default: a tenth]')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Threads of the generator')
            [CompletionResult]::new('--death', '--death', [CompletionResultType]::ParameterName, 'How the clients of will-storm die: close, reset or silent')
            [CompletionResult]::new('--rounds', '--rounds', [CompletionResultType]::ParameterName, 'Measure so often [default: 1; 5 with --against]')
            [CompletionResult]::new('--until-stable', '--until-stable', [CompletionResultType]::ParameterName, 'Measure until the middle half of the rounds differs by no more than this')
            [CompletionResult]::new('--against', '--against', [CompletionResultType]::ParameterName, 'Another broker that takes turns with the first; repeatable')
            [CompletionResult]::new('--against-pid', '--against-pid', [CompletionResultType]::ParameterName, 'The process of each of these, in their order; 0 is unknown')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write a report with plots: HTML that needs no other file')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Believe any certificate of the broker')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Measure a broker on another machine: this is load for others')
            [CompletionResult]::new('--floor', '--floor', [CompletionResultType]::ParameterName, 'Measure a relay of the same bytes without MQTT, too: what no broker can beat. The way to it is plain TCP, also where the broker is behind TLS or WebSocket')
            [CompletionResult]::new('--properties', '--properties', [CompletionResultType]::ParameterName, 'Messages carry properties (version 5)')
            [CompletionResult]::new('--will', '--will', [CompletionResultType]::ParameterName, 'The connections of idle have a will')
            [CompletionResult]::new('--relay', '--relay', [CompletionResultType]::ParameterName, 'Be the floor')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object with every round instead of text')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'lastwill;passwd' {
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'argon2id, sha512-pbkdf2, or sha512 for mosquitto before 2.0')
            [CompletionResult]::new('-I', '-I ', [CompletionResultType]::ParameterName, 'How often sha512-pbkdf2 hashes [default: 1000]')
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'The password stands on the command line, where others see it')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Make a new file, in place of an old one; - is standard output')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Delete the user')
            [CompletionResult]::new('-U', '-U ', [CompletionResultType]::ParameterName, 'Hash the passwords of a file that has them in plain text')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'lastwill;link' {
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace what is there under these names, but never a folder')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'lastwill;profile' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Print the names of all profiles')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Print a profile, without its secrets')
            [CompletionResult]::new('save', 'save', [CompletionResultType]::ParameterValue, 'Save options as a profile')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove a profile')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'lastwill;profile;list' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'lastwill;profile;show' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'lastwill;profile;save' {
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'lastwill;profile;remove' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'lastwill;profile;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Print the names of all profiles')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Print a profile, without its secrets')
            [CompletionResult]::new('save', 'save', [CompletionResultType]::ParameterValue, 'Save options as a profile')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove a profile')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'lastwill;profile;help;list' {
            break
        }
        'lastwill;profile;help;show' {
            break
        }
        'lastwill;profile;help;save' {
            break
        }
        'lastwill;profile;help;remove' {
            break
        }
        'lastwill;profile;help;help' {
            break
        }
        'lastwill;help' {
            [CompletionResult]::new('broker', 'broker', [CompletionResultType]::ParameterValue, 'Run an MQTT broker (3.1, 3.1.1 and 5.0)')
            [CompletionResult]::new('sub', 'sub', [CompletionResultType]::ParameterValue, 'Subscribe to topics and print what is published')
            [CompletionResult]::new('pub', 'pub', [CompletionResultType]::ParameterValue, 'Publish messages to a topic')
            [CompletionResult]::new('rr', 'rr', [CompletionResultType]::ParameterValue, 'Publish a request and print the response')
            [CompletionResult]::new('retained', 'retained', [CompletionResultType]::ParameterValue, 'List, print and remove retained messages')
            [CompletionResult]::new('conn', 'conn', [CompletionResultType]::ParameterValue, 'Connect, hold a will and wait')
            [CompletionResult]::new('watch', 'watch', [CompletionResultType]::ParameterValue, 'Watch who is online, and when wills come')
            [CompletionResult]::new('wills', 'wills', [CompletionResultType]::ParameterValue, 'List the wills that a lastwill broker holds')
            [CompletionResult]::new('store', 'store', [CompletionResultType]::ParameterValue, 'Look into the store of a broker that is stopped, check it, move it')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Explain a configuration of the broker')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Examine a broker: every will, every connection-level rule')
            [CompletionResult]::new('bench', 'bench', [CompletionResultType]::ParameterValue, 'Measure a broker: messages, connections, wills, with every delivery checked')
            [CompletionResult]::new('passwd', 'passwd', [CompletionResultType]::ParameterValue, 'Make and change password files of the broker')
            [CompletionResult]::new('link', 'link', [CompletionResultType]::ParameterValue, 'Make links named mosquitto_sub, mosquitto_pub, mosquitto_rr, mosquitto_passwd and mosquitto to this program')
            [CompletionResult]::new('profile', 'profile', [CompletionResultType]::ParameterValue, 'Named sets of options about the connection')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'lastwill;help;broker' {
            break
        }
        'lastwill;help;sub' {
            break
        }
        'lastwill;help;pub' {
            break
        }
        'lastwill;help;rr' {
            break
        }
        'lastwill;help;retained' {
            break
        }
        'lastwill;help;conn' {
            break
        }
        'lastwill;help;watch' {
            break
        }
        'lastwill;help;wills' {
            break
        }
        'lastwill;help;store' {
            [CompletionResult]::new('info', 'info', [CompletionResultType]::ParameterValue, 'Print what is in it, as one JSON object')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Read everything, and say what is wrong')
            [CompletionResult]::new('compact', 'compact', [CompletionResultType]::ParameterValue, 'Make the file as small as what is in it allows')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Print all records, one JSON object a line')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Make a new store of the records on standard input')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'End the session of a client at the next start')
            break
        }
        'lastwill;help;store;info' {
            break
        }
        'lastwill;help;store;check' {
            break
        }
        'lastwill;help;store;compact' {
            break
        }
        'lastwill;help;store;export' {
            break
        }
        'lastwill;help;store;import' {
            break
        }
        'lastwill;help;store;delete' {
            break
        }
        'lastwill;help;config' {
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Print every option with its value and where that came from; secrets are not shown')
            break
        }
        'lastwill;help;config;explain' {
            break
        }
        'lastwill;help;check' {
            break
        }
        'lastwill;help;bench' {
            break
        }
        'lastwill;help;passwd' {
            break
        }
        'lastwill;help;link' {
            break
        }
        'lastwill;help;profile' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Print the names of all profiles')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Print a profile, without its secrets')
            [CompletionResult]::new('save', 'save', [CompletionResultType]::ParameterValue, 'Save options as a profile')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove a profile')
            break
        }
        'lastwill;help;profile;list' {
            break
        }
        'lastwill;help;profile;show' {
            break
        }
        'lastwill;help;profile;save' {
            break
        }
        'lastwill;help;profile;remove' {
            break
        }
        'lastwill;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
