// Many stock y-websocket clients, driven by one JSON command a line; answers one JSON line each.
// What a client does is drawn from the number that it is told, so that a story can be told again.
import { createInterface } from 'node:readline'
import * as decoding from 'lib0/decoding'
import WebSocket from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'

const members = new Map()
console.error = () => {} // y-websocket says so of each message that is ours alone

// -- dice ----------------------------------------------------------------------------------

function dice(seed) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit) => Math.floor(next() * limit)
  return { below, one: (from) => from[below(from.length)] }
}

// -- acknowledgements ----------------------------------------------------------------------

// The socket of a client, which keeps what it sends until the server says that it is committed.
function keepingSocket(member) {
  return class extends WebSocket {
    constructor(url, protocols) {
      super(url, protocols)
      this.unsettled = []
      this.settled = 0
      this.on('message', (data) => this.hear(new Uint8Array(data)))
    }
    send(data) {
      const decoder = decoding.createDecoder(new Uint8Array(data))
      if (decoding.readVarUint(decoder) === 0 && decoding.readVarUint(decoder) > 0) {
        this.unsettled.push(decoding.readVarUint8Array(decoder).slice())
      }
      super.send(data)
    }
    hear(data) {
      const decoder = decoding.createDecoder(data)
      if (decoding.readVarUint(decoder) !== 100) return
      const until = decoding.readVarUint(decoder)
      member.kept.push(...this.unsettled.splice(0, until - this.settled))
      this.settled = until
    }
  }
}

// -- edits ---------------------------------------------------------------------------------

const WORDS = ['apple ', '文档', '协作编辑', '👩‍👩‍👧‍👦', '😀', 'naïve ', '𠮷野家', 'e\u0301', '🇨🇳', 'end. ']

// Where a text may be cut: never within a pair of surrogates, as no editor does.
function cuts(text) {
  const found = [0]
  for (const op of text.toDelta()) {
    const at = found.at(-1)
    if (typeof op.insert !== 'string') found.push(at + 1)
    else {
      let end = at
      for (const letter of op.insert) found.push((end += letter.length))
    }
  }
  return found
}

function texts(type, found = []) {
  for (const child of type.toArray()) {
    if (child instanceof Y.XmlText) found.push(child)
    else texts(child, found)
  }
  return found
}

function insertBlock(body, roll, token) {
  const block = new Y.XmlElement(roll.one(['paragraph', 'heading', 'blockquote']))
  if (block.nodeName === 'heading') block.setAttribute('level', 1 + roll.below(3))
  const text = new Y.XmlText()
  text.insert(0, token + roll.one(WORDS))
  let inner = block
  if (block.nodeName === 'blockquote') {
    inner = new Y.XmlElement('paragraph')
    block.insert(0, [inner])
  }
  inner.insert(0, [text])
  body.insert(roll.below(body.length + 1), [block])
}

function editText(text, roll, token) {
  const places = cuts(text)
  const from = roll.below(places.length)
  const to = Math.min(places.length - 1, from + roll.below(8))
  const [start, length] = [places[from], places[to] - places[from]]
  switch (roll.below(6)) {
    case 0:
      if (length) text.delete(start, length)
      break
    case 1:
      if (length) text.format(start, length, { bold: roll.one([true, null]) })
      break
    case 2:
      if (length) text.format(start, length, { link: { href: 'https://example.org/' + token } })
      break
    default:
      text.insert(start, token + roll.one(WORDS), roll.one([{}, { italic: true }, undefined]))
  }
}

function edit(doc, roll, token) {
  const body = doc.getXmlFragment('default')
  const notes = doc.getText('notes')
  const inBody = texts(body)
  const choice = roll.below(18)
  if (choice < 4 || !inBody.length) insertBlock(body, roll, token)
  else if (choice < 12) editText(roll.one(inBody), roll, token)
  else if (choice < 16) editText(notes, roll, token)
  else if (choice === 16 && body.length > 3) body.delete(roll.below(body.length), 1)
  else doc.getMap('meta').set(roll.one(['a', 'b']), { token, n: roll.below(9) })
}

// -- what is compared ----------------------------------------------------------------------

function tree(node) {
  if (node instanceof Y.XmlText) return node.toDelta()
  return [node.nodeName, node.getAttributes?.(), node.toArray().map(tree)]
}

const contents = (doc) => ({
  body: tree(doc.getXmlFragment('default')),
  notes: doc.getText('notes').toDelta(),
  meta: doc.getMap('meta').toJSON(),
})

function seen(doc) {
  const snapshot = Y.snapshot(doc)
  const deleted = [...snapshot.ds.clients].map(([client, ranges]) => [
    client,
    ranges.map(({ clock, len }) => [clock, len]),
  ])
  return [[...snapshot.sv].sort(([a], [b]) => a - b), deleted.sort(([a], [b]) => a - b)]
}

const clockOf = (doc) => Y.getState(doc.store, doc.clientID)
// The names of an object in order: in which order replicas heard of them says nothing.
const sorted = (_, value) =>
  value?.constructor === Object ? Object.fromEntries(Object.entries(value).sort()) : value
const told = (value) => JSON.stringify(value, sorted)
const same = (one, other) => told(one) === told(other)

const commands = {
  join({ name, url, room, token }) {
    const doc = new Y.Doc()
    const member = { doc, kept: [], refused: [] }
    // Not of the notes: two who undo one deletion make its text twice, by Yjs's own rules.
    member.undo = new Y.UndoManager(doc.getXmlFragment('default'), { captureTimeout: 200 })
    member.provider = new WebsocketProvider(url, room, doc, {
      WebSocketPolyfill: keepingSocket(member),
      params: { token },
      protocols: ['scriptorium.v1'],
      disableBc: true,
      maxBackoffTime: 300,
    })
    member.provider.on('closed', ({ code, reason }) => member.refused.push([code, reason]))
    members.set(name, member)
    return {}
  },
  edit({ name, seed, token }) {
    const { doc, undo } = members.get(name)
    const roll = dice(seed)
    const choice = roll.below(20)
    if (choice === 0) undo.undo()
    else if (choice === 1) undo.redo()
    else doc.transact(() => edit(doc, roll, token)) // one transaction an edit, as an editor does
    return {}
  },
  disconnect: ({ name }) => (members.get(name).provider.disconnect(), {}),
  // To another server, as behind a load balancer.
  connect({ name, url }) {
    const { provider } = members.get(name)
    if (url && provider.serverUrl !== url) {
      provider.disconnect()
      provider.serverUrl = url
    }
    provider.connect()
    return {}
  },
  // Its machine loses power: nothing more is sent, and what it had and never sent is gone.
  perish({ name }) {
    const { provider } = members.get(name)
    provider.shouldConnect = false
    provider.ws?.terminate()
    return {}
  },
  // Who of those named is not yet like the first.
  unlike({ names }) {
    const [first, ...others] = names.map((name) => members.get(name))
    if (!first.provider.synced) return { value: names.slice(0, 1) }
    const [content, has] = [contents(first.doc), seen(first.doc)]
    const isUnlike = ({ doc, provider }) =>
      !provider.synced || !same(has, seen(doc)) || !same(content, contents(doc))
    return { value: names.slice(1).filter((_, index) => isUnlike(others[index])) }
  },
  unsettled({ names }) {
    const waits = (name) => members.get(name).provider.ws?.unsettled.length ?? 1
    return { value: names.filter((name) => waits(name) > 0) }
  },
  contents: ({ name }) => ({ value: contents(members.get(name).doc) }),
  refused: () => ({ value: [...members.values()].flatMap((member) => member.refused) }),
  counts: () => ({ value: [...members.values()].map((member) => member.kept.length) }),
  // Whether a state is what a client holds, which clients had something acknowledged that is not in
  // it, and which ids of clients it has with more than they wrote; rescues are the server's.
  judge({ state, name }) {
    const stored = new Y.Doc()
    Y.applyUpdate(stored, Buffer.from(state, 'base64'))
    const has = seen(stored)
    const lost = [...members].flatMap(([each, { kept }]) => {
      const before = kept.length
      const trial = new Y.Doc()
      Y.applyUpdate(trial, Buffer.from(state, 'base64'))
      for (const update of kept) Y.applyUpdate(trial, update)
      const isWhole = same(has, seen(trial)) && !trial.store.pendingStructs && !trial.store.pendingDs
      return isWhole ? [] : [[each, before]]
    })
    const { doc } = members.get(name)
    const isSame = same(has, seen(doc)) && same(contents(stored), contents(doc))
    const wrote = new Map([...members.values()].map(({ doc }) => [doc.clientID, clockOf(doc)]))
    // The law of merging writes words back under ids of its own (docs/merging.md).
    const isRescue = (client) => client >= 2 ** 16 && client < 2 ** 20 && !wrote.has(client)
    const foreign = has[0].filter(
      ([client, clock]) => !isRescue(client) && clock > (wrote.get(client) ?? 0),
    )
    return { value: { lost, foreign, isSame, notes: stored.getText('notes').toString() } }
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...rest } = JSON.parse(line)
  try {
    console.log(JSON.stringify(commands[command](rest)))
  } catch (error) {
    console.log(JSON.stringify({ error: String(error?.stack ?? error) }))
  }
}
process.exit(0)
