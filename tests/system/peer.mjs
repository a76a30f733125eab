// A stock y-websocket client, driven by one JSON command a line; answers one JSON line each.
import { createInterface } from 'node:readline'
import WebSocket from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'

const doc = new Y.Doc()
const body = doc.getXmlFragment('default')
let provider
const events = []

function text() {
  if (body.length === 0) {
    const paragraph = new Y.XmlElement('paragraph')
    paragraph.insert(0, [new Y.XmlText()])
    body.insert(0, [paragraph])
  }
  return body.get(0).get(0)
}

const commands = {
  connect({ url, room, token }) {
    provider = new WebsocketProvider(url, room, doc, {
      WebSocketPolyfill: WebSocket,
      params: token ? { token } : {},
      disableBc: true,
      maxBackoffTime: 300,
    })
    provider.on('connection-close', (event) => events.push({ code: event?.code, reason: event?.reason }))
    return {}
  },
  disconnect: () => (provider.disconnect(), {}),
  reconnect: () => (provider.connect(), {}),
  insert: ({ at, value }) => (text().insert(at, value), {}),
  append: ({ value }) => (text().insert(text().length, value), {}),
  text: () => ({ value: body.length ? body.get(0).get(0).toString() : '' }),
  present: ({ state }) => (provider.awareness.setLocalState(state), {}),
  states: () => ({ value: [...provider.awareness.getStates().values()] }),
  status: () => ({ synced: provider.synced, connected: provider.wsconnected, client: doc.clientID, events }),
  state: () => ({ value: Buffer.from(Y.encodeStateAsUpdate(doc)).toString('hex') }),
}

for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...rest } = JSON.parse(line)
  try {
    console.log(JSON.stringify(commands[command](rest)))
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }))
  }
}
process.exit(0)
