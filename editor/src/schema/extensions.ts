// The nodes and marks of a document; the twin of collab/richtext/schema.py (schema.json is compared).
import { type Extensions, getSchema } from "@tiptap/core";
import { Details, DetailsContent, DetailsSummary } from "@tiptap/extension-details";
import { Highlight } from "@tiptap/extension-highlight";
import { Image } from "@tiptap/extension-image";
import { Link } from "@tiptap/extension-link";
import { TaskItem, TaskList } from "@tiptap/extension-list";
import { Subscript } from "@tiptap/extension-subscript";
import { Superscript } from "@tiptap/extension-superscript";
import { Table, TableCell, TableHeader, TableRow } from "@tiptap/extension-table";
import { StarterKit } from "@tiptap/starter-kit";
import { Aligned, type Callout, CalloutBlock, TextColour } from "./blocks";
import { CodeColours } from "./code";
import { Footnote } from "./footnotes";
import { BlockMath, InlineMath } from "./math";
import { ReadableTable } from "./readableTable";
import { STAND_INS, UnknownBlock, UnknownInline, UnknownMark, type UnknownWords } from "./unknown";

const IMAGE_SCHEMES: ReadonlySet<string> = new Set(["http:", "https:"]);
const LINK_SCHEMES: ReadonlySet<string> = new Set([...IMAGE_SCHEMES, "mailto:", "tel:"]);

/** In UTF-16 units: the server takes no mark of more than 256 Ki characters in JSON, where one may take six. */
const MAX_ADDRESS = 32 * 1024;

function hasScheme(address: string | null, schemes: ReadonlySet<string>): boolean {
  if (address === null) return false; // a link of another program, without an address
  // Half a surrogate pair is a value that the server cannot read.
  if (address.length > MAX_ADDRESS || /\p{Surrogate}/u.test(address)) return false;
  try {
    return schemes.has(new URL(address, "https://relative.invalid").protocol);
  } catch {
    return false;
  }
}

/** Whether a link may have this address: no scheme that could run anything, and what the server takes. */
export function isSafeLink(href: string): boolean {
  return hasScheme(href, LINK_SCHEMES);
}

/** Whether an image may be loaded from this address. */
export function isSafeImage(src: string): boolean {
  return hasScheme(src, IMAGE_SCHEMES);
}

export interface SchemaWords {
  readonly done: string;
  readonly notDone: string;
  readonly open: string;
  readonly close: string;
  readonly callouts: Readonly<Record<Callout, string>>;
  readonly unknown: UnknownWords;
}

/** For a schema that is not shown. */
export const NO_WORDS: SchemaWords = {
  done: "",
  notDone: "",
  open: "",
  close: "",
  callouts: { note: "", tip: "", important: "", warning: "", caution: "" },
  unknown: String,
};

/** Return the extensions that make the schema. */
export function schemaExtensions(words: SchemaWords): Extensions {
  return [
    StarterKit.configure({
      undoRedo: false, // the collaboration's own knows whose change it was
      trailingNode: false, // it would write into a document that somebody only opened
      link: false,
      heading: { levels: [1, 2, 3, 4, 5, 6] },
      dropcursor: { class: "drop-cursor", color: false, width: 2 },
    }),
    Link.extend({
      addAttributes: () => ({ href: { default: null } }),
      // A link that is typed on ends: what follows it is not part of it.
      inclusive: () => false,
    }).configure({
      openOnClick: false,
      autolink: false, // ui/typing/autolink.ts: `README.md` is no address
      isAllowedUri: (href) => isSafeLink(href),
      HTMLAttributes: { rel: "noopener noreferrer nofollow", target: "_blank" },
    }),
    Image.extend({
      addAttributes: () => ({
        src: { default: null, parseHTML: (element) => imageOf(element)?.getAttribute("src") },
        alt: { default: null, parseHTML: (element) => imageOf(element)?.getAttribute("alt") },
        title: { default: null, parseHTML: (element) => imageOf(element)?.getAttribute("title") },
        width: { default: null, parseHTML: widthOf },
        caption: { default: null, parseHTML: captionOf },
      }),
      parseHTML: () => [
        { tag: "figure", getAttrs: (figure) => imageOf(figure) !== null && null },
        { tag: "img[src]" },
      ],
      renderHTML: ({ HTMLAttributes: { caption, ...attrs } }) => {
        const src = typeof attrs.src === "string" && isSafeImage(attrs.src) ? attrs.src : null;
        const image = ["img", { ...attrs, src, alt: attrs.alt ?? "", loading: "lazy" }] as const;
        return caption ? ["figure", {}, image, ["figcaption", {}, String(caption)]] : image;
      },
    }),
    TaskList,
    TaskItem.configure({
      nested: true,
      a11y: { checkboxLabel: (_node, checked) => (checked ? words.done : words.notDone) },
    }),
    Table.configure({ resizable: true, cellMinWidth: 48, View: ReadableTable }),
    TableRow,
    TableHeader.extend({ addAttributes: cellAttributes }),
    TableCell.extend({ addAttributes: cellAttributes }),
    Highlight,
    Subscript,
    Superscript,
    TextColour,
    Aligned,
    CalloutBlock.configure({ titles: words.callouts }),
    Details.configure({
      renderToggleButton: ({ element, isOpen }) => {
        element.setAttribute("aria-label", isOpen ? words.close : words.open);
        element.setAttribute("aria-expanded", String(isOpen));
      },
    }),
    DetailsSummary,
    DetailsContent,
    CodeColours,
    InlineMath,
    BlockMath,
    Footnote,
    UnknownBlock.configure({ words: words.unknown }),
    UnknownInline.configure({ words: words.unknown }),
    UnknownMark.configure({ words: words.unknown }),
  ];
}

/** Return the one image in an element that shows nothing beside it but a caption. */
function imageOf(element: HTMLElement): HTMLImageElement | null {
  if (element instanceof HTMLImageElement) return element;
  const images = element.querySelectorAll("img");
  return images.length === 1 && !element.querySelector("table, pre, ul, ol")
    ? (images[0] ?? null)
    : null;
}

function widthOf(element: HTMLElement): number | null {
  const width = Number(imageOf(element)?.getAttribute("width"));
  return Number.isInteger(width) && width > 0 ? width : null;
}

function captionOf(element: HTMLElement): string | null {
  return element.querySelector("figcaption")?.textContent?.trim() || null;
}

function cellAttributes() {
  return {
    colspan: { default: 1 },
    rowspan: { default: 1 },
    colwidth: {
      default: null,
      parseHTML: (cell: HTMLElement) =>
        cell.getAttribute("data-colwidth")?.split(",").map(Number) ?? null,
      renderHTML: ({ colwidth }: Record<string, unknown>) =>
        Array.isArray(colwidth) ? { "data-colwidth": colwidth.join(",") } : {},
    },
  };
}

/** Stand-ins are on the screen only. */
function known<T>(types: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(types).filter(([name]) => !STAND_INS.has(name));
}

/** Return the schema in a form that Python compares with its own. */
export function describeSchema(): Record<string, Record<string, Record<string, unknown>>> {
  const schema = getSchema(schemaExtensions(NO_WORDS));
  const attrsOf = (spec: { attrs?: Record<string, { default?: unknown }> | null }) =>
    Object.fromEntries(
      Object.entries(spec.attrs ?? {}).map(([name, attr]) => [name, attr.default ?? null]),
    );
  return {
    nodes: Object.fromEntries(
      known(schema.nodes).map(([name, type]) => [name, attrsOf(type.spec)]),
    ),
    marks: Object.fromEntries(
      known(schema.marks).map(([name, type]) => [name, attrsOf(type.spec)]),
    ),
  };
}
