// The sharing dialog for pages without the editor: static/js/home.js asks for it by an event.
import { translator } from "./i18n";
import { type SharePage, showSharing } from "./ui/share/dialog";
import type { Subject } from "./ui/share/model";
import "./styles/share.css";

interface Wish {
  readonly page: SharePage & { readonly locale: string };
  readonly subject: Subject;
}

addEventListener("scriptorium:share", (event) => {
  const { page, subject } = (event as CustomEvent<Wish>).detail;
  showSharing(page, subject, translator(page.locale));
});
