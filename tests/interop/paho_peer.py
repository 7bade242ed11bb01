"""paho-mqtt as a peer: subscribes, publishes, and leaves a will by closing its socket."""

import queue
import socket
import sys

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

PATIENCE_SECS = 20
PORT = int(sys.argv[1])
# mqtt, ws or wss with the file of the authority.
SCHEME = sys.argv[3] if len(sys.argv) > 3 else "mqtt"
PROTOCOL = {"4": mqtt.MQTTv311, "5": mqtt.MQTTv5}[sys.argv[2]]


def connect(client_id, prepare=lambda client: None):
    """A connected client whose loop runs in a thread of its own."""
    transport = "tcp" if SCHEME == "mqtt" else "websockets"
    version = mqtt.CallbackAPIVersion.VERSION2
    client = mqtt.Client(version, client_id, protocol=PROTOCOL, transport=transport)
    if SCHEME == "wss":
        client.tls_set(sys.argv[4])
    answers = queue.Queue()
    client.on_connect = lambda client, data, flags, reason, properties: answers.put(reason)
    client.answers = answers
    prepare(client)
    client.connect("localhost", PORT)
    client.loop_start()
    reason = answers.get(timeout=PATIENCE_SECS)
    if reason != 0:
        sys.exit(f"{client_id}: CONNACK {reason}")
    return client


def will_properties():
    """Properties that must arrive as they were sent."""
    properties = Properties(PacketTypes.WILLMESSAGE)
    properties.ContentType = "text/plain"
    properties.ResponseTopic = "answer/to"
    properties.CorrelationData = b"corr"
    properties.UserProperty = [("a", "1"), ("a", "2")]
    return properties


def leave_will(client):
    """Prepares the will."""
    is_v5 = PROTOCOL == mqtt.MQTTv5
    properties = will_properties() if is_v5 else None
    client.will_set("peer/will", "die", qos=2, properties=properties)


def main():
    received = queue.Queue()

    def show_next():
        message = received.get(timeout=PATIENCE_SECS)
        print(f"{message.topic} {message.payload.decode()} qos={message.qos}", flush=True)
        return message

    subscriber = connect("paho-subscriber")
    subscriber.on_message = lambda client, data, message: received.put(message)
    granted = queue.Queue()
    subscriber.on_subscribe = lambda client, data, mid, reasons, properties: granted.put(reasons)
    subscriber.subscribe("peer/#", qos=2)
    reasons = granted.get(timeout=PATIENCE_SECS)
    if [reason.value for reason in reasons] != [2]:
        sys.exit(f"granted {reasons}")
    print("subscribed", flush=True)
    show_next()

    publisher = connect("paho-publisher")
    for qos, payload in enumerate(["zero", "one", "two"]):
        publisher.publish(f"peer/q{qos}", payload, qos=qos).wait_for_publish(PATIENCE_SECS)
        show_next()
    publisher.disconnect()
    publisher.loop_stop()

    mortal = connect("paho-mortal", leave_will)
    # Below the WebSocket, where it says nothing any more.
    wire = mortal.socket()
    getattr(wire, "_socket", wire).shutdown(socket.SHUT_RDWR)
    message = show_next()
    if PROTOCOL == mqtt.MQTTv5:
        properties = message.properties
        pairs = " ".join(f"{name}={value}" for name, value in properties.UserProperty)
        correlation = properties.CorrelationData.hex().upper()
        print(properties.ContentType, properties.ResponseTopic, correlation, pairs, flush=True)
    subscriber.disconnect()
    subscriber.loop_stop()


main()
# The loop of the client whose socket we closed would reconnect.
sys.stdout.flush()
