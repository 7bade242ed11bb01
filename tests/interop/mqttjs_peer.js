// MQTT.js as a peer: subscribes, publishes, and leaves a will by destroying its socket.
'use strict'

const mqtt = require('mqtt')

const port = Number(process.argv[2])
const protocolVersion = Number(process.argv[3])
// mqtt, ws or wss; for wss NODE_EXTRA_CA_CERTS names the authority.
const scheme = process.argv[4] || 'mqtt'
const patienceMillis = 20000

function fail (error) {
  console.error(error)
  process.exit(1)
}

function connect (clientId, options = {}) {
  const all = { host: 'localhost', port, clientId, protocolVersion, reconnectPeriod: 0, ...options }
  return mqtt.connectAsync(`${scheme}://localhost:${port}/mqtt`, all)
}

// What has arrived, and who waits for it.
const arrived = []
let wake = () => {}

async function next () {
  while (arrived.length === 0) await new Promise(resolve => { wake = resolve })
  const { topic, payload, packet } = arrived.shift()
  console.log(`${topic} ${payload} qos=${packet.qos}`)
  return packet
}

async function main () {
  const subscriber = await connect('mqttjs-subscriber')
  subscriber.on('message', (topic, payload, packet) => {
    arrived.push({ topic, payload, packet })
    wake()
  })
  const [granted] = await subscriber.subscribeAsync('peer/#', { qos: 2 })
  if (granted.qos !== 2) throw new Error(`granted ${granted.qos}`)
  console.log('subscribed')
  await next()

  const publisher = await connect('mqttjs-publisher')
  for (const [qos, payload] of ['zero', 'one', 'two'].entries()) {
    await publisher.publishAsync(`peer/q${qos}`, payload, { qos })
    await next()
  }
  await publisher.endAsync()

  const will = { topic: 'peer/will', payload: Buffer.from('die'), qos: 2, retain: false }
  if (protocolVersion === 5) {
    will.properties = {
      contentType: 'text/plain',
      responseTopic: 'answer/to',
      correlationData: Buffer.from('corr'),
      userProperties: { a: ['1', '2'] }
    }
  }
  const mortal = await connect('mqttjs-mortal', { will })
  mortal.stream.destroy()
  const { properties } = await next()
  if (protocolVersion === 5) {
    const correlation = properties.correlationData.toString('hex').toUpperCase()
    const pairs = properties.userProperties.a.map(value => `a=${value}`).join(' ')
    console.log(properties.contentType, properties.responseTopic, correlation, pairs)
  }
  await subscriber.endAsync()
}

setTimeout(() => fail('nothing more has arrived'), patienceMillis).unref()
main().then(() => process.exit(0), fail)
