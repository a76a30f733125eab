// Writes a recorded session as the real Yjs would send it: one update for each few edits, a hexadecimal line
// each. Reads [[position, deleted, inserted], ...] from the file that is named. Several client ids take turns of
// so many updates, each in a document of its own that hears the others.
import { readFileSync } from 'node:fs'
import * as Y from 'yjs'

const [file, perUpdate, clients, updatesATurn = '1'] = process.argv.slice(2)
const edits = JSON.parse(readFileSync(file, 'utf-8'))
const lines = []
const writers = clients.split(',').map((client) => {
  const doc = new Y.Doc()
  doc.clientID = Number(client)
  doc.on('update', (update, origin) => {
    if (origin === 'heard') return
    lines.push(Buffer.from(update).toString('hex'))
    for (const other of writers) if (other !== doc) Y.applyUpdate(other, update, 'heard')
  })
  return doc
})

const paragraph = new Y.XmlElement('paragraph')
writers[0].transact(() => {
  writers[0].getXmlFragment('default').insert(0, [paragraph])
  paragraph.insert(0, [new Y.XmlText()])
})
for (let start = 0, turn = 0; start < edits.length; start += Number(perUpdate), turn += 1) {
  const doc = writers[Math.floor(turn / Number(updatesATurn)) % writers.length]
  const text = doc.getXmlFragment('default').get(0).get(0)
  doc.transact(() => {
    for (const [position, deleted, inserted] of edits.slice(start, start + Number(perUpdate))) {
      if (deleted) text.delete(position, deleted)
      if (inserted) text.insert(position, inserted)
    }
  })
}
process.stdout.write(`${lines.join('\n')}\n`)
