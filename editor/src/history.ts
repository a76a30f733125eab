import { HistoryApi } from "./history/api";
import { readBootstrap } from "./history/bootstrap";
import { HistoryPage } from "./history/page";
import { translator } from "./i18n";
import "./styles/editor.css";
import "./styles/history.css";

const root = document.getElementById("history-app");
if (!root) throw new Error("the page has no place for the history");
const page = readBootstrap(document);
const api = new HistoryApi(page.apiUrl, page.document.id, page.csrfToken);
void new HistoryPage(root, page, api, translator(page.locale)).open();
