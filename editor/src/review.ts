import { translator } from "./i18n";
import { readBootstrap } from "./review/bootstrap";
import { ReviewPage } from "./review/page";
import "./styles/editor.css";
import "./styles/history.css";
import "./styles/review.css";

const root = document.getElementById("review-app");
if (!root) throw new Error("the page has no place for the review");
const page = readBootstrap(document);
void new ReviewPage(root, page, translator(page.locale)).open();
