// A stock y-websocket client that edits blocks as y-prosemirror writes it: what it cannot keep it deletes and
// makes anew, in one transaction. Driven by one JSON command a line; answers one JSON line each.
import { createInterface } from 'node:readline'
import WebSocket from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'

const doc = new Y.Doc()
const body = doc.getXmlFragment('default')
let provider

const element = (name, children) => {
  const made = new Y.XmlElement(name)
  made.insert(0, children)
  return made
}
const said = (value) => {
  const text = new Y.XmlText()
  if (value) text.insert(0, value)
  return text
}
const paragraph = (value, name = 'paragraph') => element(name, [said(value)])

function* texts(parent = body) {
  for (const child of parent.toArray()) {
    if (child instanceof Y.XmlText) yield child
    else yield* texts(child)
  }
}

// The text with these words in it, and the block at the top that holds it.
function found(word) {
  const text = [...texts()].find((each) => each.toString().includes(word))
  if (!text) throw new Error(`no block with ${word}`)
  let block = text.parent
  while (block.parent !== body) block = block.parent
  return { text, block, place: body.toArray().indexOf(block) }
}

const replaced = (place, blocks) => {
  body.delete(place, 1)
  body.insert(place, blocks)
}

const operations = {
  retype: ({ text, place }) => replaced(place, [paragraph(text.toString(), 'heading')]),
  code: ({ text, place }) => replaced(place, [paragraph(text.toString(), 'codeBlock')]),
  quote: ({ text, place }) => replaced(place, [element('blockquote', [paragraph(text.toString())])]),
  list: ({ text, place }) =>
    replaced(place, [element('bulletList', [element('listItem', [paragraph(text.toString())])])]),
  lift: ({ text, place }) => replaced(place, [paragraph(text.toString())]),
  move: ({ text, place }) => {
    const value = text.toString()
    body.delete(place, 1)
    body.insert(0, [paragraph(value)])
  },
  split: ({ text, place }) => {
    const value = text.toString()
    const at = value.indexOf(' ') + 1
    text.delete(at, value.length - at)
    body.insert(place + 1, [paragraph(value.slice(at))])
  },
  join: ({ text, place }) => {
    const value = text.toString()
    const before = [...texts(body.get(place - 1))].at(-1)
    before.insert(before.length, value)
    body.delete(place, 1)
  },
  remove: ({ place }) => body.delete(place, 1),
}

const commands = {
  connect({ url, room, token }) {
    provider = new WebsocketProvider(url, room, doc, {
      WebSocketPolyfill: WebSocket,
      params: token ? { token } : {},
      disableBc: true,
      maxBackoffTime: 300,
    })
    return {}
  },
  disconnect: () => (provider.disconnect(), {}),
  reconnect: () => (provider.connect(), {}),
  status: () => ({ synced: provider.synced, client: doc.clientID }),
  put: ({ value }) => (body.insert(body.length, [paragraph(value)]), {}),
  // Letter by letter behind ``after``, as a person types.
  type({ after, value }) {
    const { text } = found(after)
    const at = text.toString().indexOf(after) + after.length
    ;[...value].forEach((letter, place) => {
      text.insert(at + place, letter)
    })
    return {}
  },
  erase({ word }) {
    const { text } = found(word)
    text.delete(text.toString().indexOf(word), word.length)
    return {}
  },
  act: ({ name, word }) => (doc.transact(() => operations[name](found(word))), {}),
  blocks: () => ({ value: [...texts()].map((text) => text.toString()) }),
  tree: () => ({ value: body.toString() }),
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
