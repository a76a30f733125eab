// Writes a recorded session as the real Yjs would send it: one update for each few hundred edits,
// a hexadecimal line each. Reads [[position, deleted, inserted], ...] from the file that is named.
import { readFileSync } from 'node:fs'
import * as Y from 'yjs'

const [file, perUpdate, client] = process.argv.slice(2)
const edits = JSON.parse(readFileSync(file, 'utf-8'))
const doc = new Y.Doc()
doc.clientID = Number(client)
const lines = []
doc.on('update', (update) => lines.push(Buffer.from(update).toString('hex')))

const paragraph = new Y.XmlElement('paragraph')
const text = new Y.XmlText()
doc.transact(() => {
  doc.getXmlFragment('default').insert(0, [paragraph])
  paragraph.insert(0, [text])
})
for (let start = 0; start < edits.length; start += Number(perUpdate)) {
  doc.transact(() => {
    for (const [position, deleted, inserted] of edits.slice(start, start + Number(perUpdate))) {
      if (deleted) text.delete(position, deleted)
      if (inserted) text.insert(position, inserted)
    }
  })
}
process.stdout.write(`${lines.join('\n')}\n`)
