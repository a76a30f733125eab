// Reads logs (a JSON list of lists of updates, hexadecimal) and writes what Yjs makes of each: the blocks that
// hold text, each as its name and its letters.
import { readFileSync } from 'node:fs'
import * as Y from 'yjs'

const BLOCKS = new Set(['paragraph', 'heading', 'codeBlock'])

function* blocks(parent) {
  for (const child of parent.toArray()) {
    if (!(child instanceof Y.XmlElement)) continue
    if (!BLOCKS.has(child.nodeName)) yield* blocks(child)
    else {
      const texts = child.toArray().filter((each) => each instanceof Y.XmlText)
      const parts = texts.flatMap((text) => text.toDelta().map((part) => part.insert))
      yield [child.nodeName, parts.join('')]
    }
  }
}

const logs = JSON.parse(readFileSync(0, 'utf-8'))
const read = logs.map((log) => {
  const doc = new Y.Doc()
  for (const update of log) Y.applyUpdate(doc, Buffer.from(update, 'hex'))
  return [...blocks(doc.getXmlFragment('default'))]
})
process.stdout.write(JSON.stringify(read))
