// Writes tests/vectors/*.json with the real Yjs, y-protocols and lib0: what the Python and the TypeScript
// codecs must read and write, byte for byte. Run: node tests/system/vectors.mjs [folder]
import { writeFileSync } from 'node:fs'
import * as encoding from 'lib0/encoding'
import * as auth from 'y-protocols/auth'
import * as awarenessProtocol from 'y-protocols/awareness'
import * as sync from 'y-protocols/sync'
import * as Y from 'yjs'

const hex = (bytes) => Buffer.from(bytes).toString('hex')
const frame = (write) => hex(encoding.encode((encoder) => write(encoder)))

function doc(client, write) {
  const made = new Y.Doc()
  made.clientID = client
  if (write) made.transact(() => write(made))
  return made
}

function paragraph(made, text, marks) {
  const element = new Y.XmlElement('paragraph')
  element.insert(0, [new Y.XmlText()])
  made.getXmlFragment('default').push([element])
  element.get(0).insert(0, text, marks)
  return element.get(0)
}

const hello = doc(1, (made) => paragraph(made, 'Hello, 世界 🖋️'))
const empty = doc(2)
const larger = doc(4294967295, (made) => paragraph(made, '写'.repeat(200), { bold: {} }))

// -- the wire ------------------------------------------------------------------------------------

function synced(name, type, write, made) {
  return { name, hex: frame((e) => (encoding.writeVarUint(e, 0), write(e))), message: { type, ...made } }
}

function awareness(name, states) {
  const holder = new awarenessProtocol.Awareness(new Y.Doc())
  holder.destroy() // stops its timer; the maps stay
  holder.states.clear()
  holder.meta.clear()
  for (const [clientId, clock, state] of states) {
    holder.meta.set(clientId, { clock, lastUpdated: 0 })
    if (state !== null) holder.states.set(clientId, state)
  }
  const update = awarenessProtocol.encodeAwarenessUpdate(holder, states.map(([clientId]) => clientId))
  return {
    name,
    hex: frame((e) => (encoding.writeVarUint(e, 1), encoding.writeVarUint8Array(e, update))),
    message: {
      type: 'awareness',
      entries: states.map(([clientId, clock, state]) => ({ clientId, clock, state: JSON.stringify(state) })),
    },
  }
}

const own = (name, number, type, field, value) => ({
  name,
  hex: frame((e) => {
    encoding.writeVarUint(e, number)
    if (typeof value === 'number') encoding.writeVarUint(e, value)
    else encoding.writeVarString(e, value)
  }),
  message: { type, [field]: value },
})

const note = (name, upto, isUndo) => ({
  name,
  hex: frame((e) => {
    encoding.writeVarUint(e, 106)
    encoding.writeVarUint(e, upto)
    encoding.writeVarUint(e, isUndo ? 1 : 0)
  }),
  message: { type: 'editNote', upto, isUndo },
})

const messages = [
  synced('step 1 of an empty document', 'syncStep1', (e) => sync.writeSyncStep1(e, empty), {
    stateVector: hex(Y.encodeStateVector(empty)),
  }),
  synced('step 1 of a document', 'syncStep1', (e) => sync.writeSyncStep1(e, hello), {
    stateVector: hex(Y.encodeStateVector(hello)),
  }),
  synced('step 2 that brings all', 'syncStep2', (e) => sync.writeSyncStep2(e, hello), {
    update: hex(Y.encodeStateAsUpdate(hello)),
  }),
  synced('step 2 that brings nothing', 'syncStep2', (e) => sync.writeSyncStep2(e, hello, Y.encodeStateVector(hello)), {
    update: hex(Y.encodeStateAsUpdate(hello, Y.encodeStateVector(hello))),
  }),
  synced('an update longer than 127 bytes', 'syncUpdate', (e) => sync.writeUpdate(e, Y.encodeStateAsUpdate(larger)), {
    update: hex(Y.encodeStateAsUpdate(larger)),
  }),
  awareness('nobody', []),
  awareness('two people', [
    [1, 3, { user: { name: '苏轼', color: '#2a4fc4' }, cursor: null }],
    [4294967295, 200, { cursor: { anchor: 1.5, head: -2 } }],
  ]),
  awareness('somebody who left', [[300, 7, null]]),
  {
    name: 'permission denied',
    hex: frame((e) => (encoding.writeVarUint(e, 2), auth.writePermissionDenied(e, 'permission denied'))),
    message: { type: 'permissionDenied', reason: 'permission denied' },
  },
  { name: 'query awareness', hex: frame((e) => encoding.writeVarUint(e, 3)), message: { type: 'queryAwareness' } },
  own('nothing saved', 100, 'saved', 'frames', 0),
  own('saved', 100, 'saved', 'frames', 300),
  own('saved to the last number', 100, 'saved', 'frames', Number.MAX_SAFE_INTEGER),
  own('ping', 101, 'ping', 'token', 127),
  own('pong', 102, 'pong', 'token', 128),
  own('event', 103, 'event', 'payload', '{"type":"title","title":"赤壁赋 🖋️"}'),
  own('signal', 104, 'signal', 'payload', '{}'),
  own('chat', 105, 'chat', 'payload', '{"text":"\\u0000"}'),
  note('what an edit had seen', 300, false),
  note('an undo', 0, true),
]

const refused = [
  ['empty frame', ''],
  ['unknown type', '04'],
  ['unknown own type', '6b00'],
  ['edit that is neither an edit nor an undo', '6a0002'],
  ['unknown sync type', '000300'],
  ['sync without a body', '0000'],
  ['body shorter than its length', '00020501'],
  ['bytes left over', '0300'],
  ['bytes left over after an update', '0002010000'],
  ['number of more than 53 bits', '64ffffffffffffffff7f'],
  ['number without an end', '6480'],
  ['unknown auth type', '020100'],
  ['reason that is not UTF-8', '020002c328'],
  ['awareness that claims more entries than it holds', '010105'],
  ['awareness with bytes left over', '01020000'],
].map(([name, bytes]) => ({ name, hex: bytes }))

// -- updates -------------------------------------------------------------------------------------

const sample = (name, made) => ({
  name,
  hex: hex(Y.encodeStateAsUpdate(made)),
  stateVector: hex(Y.encodeStateVector(made)),
  xml: made.getXmlFragment('default').toString(),
})

function edited() {
  const made = doc(7, (each) => paragraph(each, 'abcdef'))
  const text = made.getXmlFragment('default').get(0).get(0)
  text.delete(1, 2)
  text.insert(2, '🖋️')
  text.format(0, 4, { bold: {}, link: { href: 'https://example.org/' } })
  return made
}

function merged() {
  const one = doc(10, (each) => paragraph(each, '同'))
  const two = doc(11)
  Y.applyUpdate(two, Y.encodeStateAsUpdate(one))
  one.getXmlFragment('default').get(0).get(0).insert(1, ' left')
  two.getXmlFragment('default').get(0).get(0).insert(1, ' right')
  Y.applyUpdate(one, Y.encodeStateAsUpdate(two))
  return one
}

function attributes() {
  return doc(12, (made) => {
    const heading = new Y.XmlElement('heading')
    heading.setAttribute('level', 2)
    heading.setAttribute('half', 0.5)
    heading.setAttribute('none', null)
    made.getXmlFragment('default').push([heading])
    heading.push([new Y.XmlText('A title')])
  })
}

// What was deleted is kept for undo, and values that were set in a row become one struct.
function attributeChanged() {
  return doc(13, (made) => {
    const body = made.getXmlFragment('default')
    const heading = new Y.XmlElement('heading')
    body.push([heading])
    heading.push([new Y.XmlText('A title')])
    new Y.UndoManager(body, { captureTimeout: 0 })
    for (const level of [1, 2, 3, 4]) heading.setAttribute('level', level)
  })
}

const updates = [
  sample('empty', empty),
  sample('hello', hello),
  sample('large client id', larger),
  sample('deleted, inserted, formatted', edited()),
  sample('two writers at one place', merged()),
  sample('attributes of several kinds', attributes()),
  sample('an attribute changed again and again, kept for undo', attributeChanged()),
]

const folder = process.argv[2] ?? new URL('../vectors', import.meta.url).pathname
// -- what other programs keep beside the rich text, and how it reads as JSON ------------------------

function root(name, write, value) {
  const made = doc(5, write)
  return { name, hex: hex(Y.encodeStateAsUpdate(made)), value }
}

const nested = (depth) => (depth ? [nested(depth - 1)] : 1)
const roots = [
  root('text', (d) => d.getText('t').insert(0, '你好 🖋️'), '你好 🖋️'),
  root('text with marks and an embed', (d) => d.getText('t').applyDelta([{ insert: 'a', attributes: { bold: true } }, { insert: 'b' }, { insert: { image: 'x' } }]), { delta: [{ insert: 'a', attributes: { bold: true } }, { insert: 'b' }, { insert: { image: 'x' } }] }),
  root('list', (d) => d.getArray('t').insert(0, [1, 1.5, null, 'a', true, [1], { a: 1 }, new Uint8Array([1, 2])]), [1, 1.5, null, 'a', true, [1], { a: 1 }, { base64: 'AQI=' }]),
  root('map', (d) => (d.getMap('t').set('a', 1), d.getMap('t').set('b', new Y.Array()), d.getMap('t').get('b').insert(0, ['x']), d.getMap('t').set('a', 2)), { a: 2, b: ['x'] }),
  root('XML', (d) => {
    const element = new Y.XmlElement('p')
    d.getXmlFragment('t').insert(0, [element, new Y.XmlText('tail')])
    element.setAttribute('level', 2)
    element.insert(0, [new Y.XmlText('words')])
  }, [{ tag: 'p', attributes: { level: 2 }, content: ['words'] }, 'tail']),
  // Slate: texts in texts, each with attributes. A root that holds types only may be a list as well.
  root('texts in texts in a text', (d) => {
    const content = d.get('t', Y.XmlText)
    const [paragraph, link] = [new Y.XmlText(), new Y.XmlText()]
    content.insertEmbed(0, paragraph)
    paragraph.setAttribute('type', 'paragraph')
    paragraph.insert(0, 'see ')
    paragraph.insertEmbed(4, link)
    link.insert(0, 'here')
    link.setAttribute('url', '/x')
  }, [{ entries: { type: 'paragraph' }, content: { delta: [{ insert: 'see ' }, { insert: { entries: { url: '/x' }, content: 'here' } }] } }]),
  // Lexical: maps and elements in texts, a map as an attribute.
  root('maps and elements in a text in a text', (d) => {
    const [paragraph, run, image] = [new Y.XmlText(), new Y.Map(), new Y.XmlElement('img')]
    d.get('t', Y.XmlText).insertEmbed(0, paragraph)
    paragraph.setAttribute('__state', new Y.Map())
    paragraph.insertEmbed(0, run)
    run.set('__type', 'text')
    paragraph.insert(1, 'hello')
    paragraph.insertEmbed(6, image)
    image.setAttribute('__src', '/x')
  }, [{ entries: { __state: {} }, content: { delta: [{ insert: { __type: 'text' } }, { insert: 'hello' }, { insert: { tag: 'img', attributes: { __src: '/x' }, content: [] } }] } }]),
  root('a type as an attribute', (d) => {
    const element = new Y.XmlElement('p')
    d.getXmlFragment('t').insert(0, [element])
    element.setAttribute('notes', new Y.Text('of a type'))
  }, [{ tag: 'p', attributes: { notes: 'of a type' }, content: [] }]),
  root('a subdocument', (d) => (d.getMap('t').set('a', new Y.Doc({ guid: 'g', autoLoad: true }))), { a: { subdocument: 'g' } }),
  root('values nested deep', (d) => d.getMap('t').set('a', nested(90)), { a: nested(90) }),
]

const write = (name, value) => writeFileSync(`${folder}/${name}`, `${JSON.stringify(value, null, 1)}\n`)
write('wire.json', { messages, refused })
write('updates.json', updates)
write('roots.json', roots)
