import * as Y from "yjs";
import { readBootstrap } from "./bootstrap";
import { translator } from "./i18n";
import { Provider } from "./provider/provider";
import { narrowRemoteChanges } from "./ui/narrow";
import { Page } from "./ui/page";
import "./styles/editor.css";

/** Ids below it are those of the server's rescues: collab/crdt/rescue_ids.py. They stand left in a tie. */
const FIRST_ID = 2 ** 20;

const root = document.getElementById("editor-app");
if (!root) throw new Error("the page has no place for the editor");
const page = readBootstrap(document);
const { host, protocol } = location;
narrowRemoteChanges();
const doc = new Y.Doc();
while (doc.clientID < FIRST_ID) doc.clientID = Math.floor(Math.random() * 2 ** 32);
const provider = new Provider({
  doc,
  documentId: page.document.id,
  userId: page.user.id,
  url: `${protocol === "https:" ? "wss:" : "ws:"}//${host}${page.socketUrl}`,
  access: page.access,
  limits: page.limits,
});
provider.awareness.setLocalStateField("user", page.user);
new Page(root, page, provider, translator(page.locale));
provider.connect();
