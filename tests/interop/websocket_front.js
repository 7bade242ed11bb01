// A WebSocket server in front of a broker: what arrives in binary frames goes to the broker's TCP
// port, and back, whatever the frames hold. Arguments: the broker's port, then, for wss, the files
// of a certificate and its key. Prints its own port, then the path and the sub-protocol of every
// client, and the code with which it closed.
'use strict';
const fs = require('fs');
const http = require('http');
const https = require('https');
const net = require('net');
const { WebSocketServer, createWebSocketStream } = require('ws');

const [brokerPort, certificate, key] = process.argv.slice(2);
const server = certificate
    ? https.createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) })
    : http.createServer();
const front = new WebSocketServer({
    server,
    path: '/mqtt',
    handleProtocols: (protocols) => (protocols.has('mqtt') ? 'mqtt' : false),
});
front.on('connection', (socket, request) => {
    console.log(`client ${request.url} ${socket.protocol} host=${request.headers.host}`);
    socket.on('close', (code) => console.log(`closed ${code}`));
    socket.ping('are you there');
    socket.on('pong', (data) => console.log(`pong ${data}`));
    const stream = createWebSocketStream(socket);
    const broker = net.connect(brokerPort, '127.0.0.1');
    stream.on('error', () => broker.destroy());
    broker.on('error', () => stream.destroy());
    stream.pipe(broker).pipe(stream);
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
