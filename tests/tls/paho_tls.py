"""paho-mqtt over TLS with a certificate: subscribes, publishes to itself, prints what comes."""

import queue
import sys

import paho.mqtt.client as mqtt

PATIENCE_SECS = 20
PORT, AUTHORITY, CERTIFICATE, KEY = sys.argv[1:5]


def main():
    received = queue.Queue()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "paho", protocol=mqtt.MQTTv5)
    client.tls_set(ca_certs=AUTHORITY, certfile=CERTIFICATE, keyfile=KEY)
    client.on_connect = lambda *_: client.subscribe("t", qos=1)
    client.on_subscribe = lambda *_: client.publish("t", "hello", qos=1)
    client.on_message = lambda _client, _data, message: received.put(message)
    client.connect("localhost", int(PORT))
    client.loop_start()
    message = received.get(timeout=PATIENCE_SECS)
    print(message.topic, message.payload.decode(), flush=True)
    client.disconnect()
    client.loop_stop()


main()
