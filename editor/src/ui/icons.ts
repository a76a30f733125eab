// Icons as SVG elements, each made anew: an element stands in one place only.
import {
  BetweenHorizontalStart,
  BetweenVerticalStart,
  Bold,
  ChevronDown,
  ChevronLeft,
  ChevronUp,
  Code,
  Download,
  Ellipsis,
  GitCompareArrows,
  Heading1,
  Heading2,
  Heading3,
  Highlighter,
  History,
  type IconNode,
  Image,
  Italic,
  Keyboard,
  Link,
  List,
  ListOrdered,
  ListTodo,
  Minus,
  Moon,
  Paperclip,
  Pause,
  Pilcrow,
  Play,
  Redo2,
  RemoveFormatting,
  SkipBack,
  SkipForward,
  SquareCode,
  Strikethrough,
  Subscript,
  Sun,
  Superscript,
  Table,
  TableColumnsSplit,
  TableRowsSplit,
  TextQuote,
  Trash2,
  Underline,
  Undo2,
  UserPen,
  UserPlus,
  UserSearch,
  X,
} from "lucide";

const ICONS = {
  history: History,
  play: Play,
  pause: Pause,
  up: ChevronUp,
  down: ChevronDown,
  close: X,
  revisionBefore: SkipBack,
  revisionAfter: SkipForward,
  compare: GitCompareArrows,
  back: ChevronLeft,
  bold: Bold,
  bulletList: List,
  clear: RemoveFormatting,
  code: Code,
  codeBlock: SquareCode,
  columnAfter: BetweenVerticalStart,
  deleteColumn: TableColumnsSplit,
  deleteRow: TableRowsSplit,
  deleteTable: Trash2,
  export: Download,
  more: Ellipsis,
  heading1: Heading1,
  heading2: Heading2,
  heading3: Heading3,
  highlight: Highlighter,
  image: Image,
  italic: Italic,
  link: Link,
  moon: Moon,
  orderedList: ListOrdered,
  quote: TextQuote,
  redo: Redo2,
  rowAfter: BetweenHorizontalStart,
  rule: Minus,
  share: UserPlus,
  shortcuts: Keyboard,
  strike: Strikethrough,
  subscript: Subscript,
  sun: Sun,
  superscript: Superscript,
  table: Table,
  taskList: ListTodo,
  text: Pilcrow,
  authors: UserPen,
  whoWrote: UserSearch,
  underline: Underline,
  undo: Undo2,
  upload: Paperclip,
} satisfies Record<string, IconNode>;

export type IconName = keyof typeof ICONS;

const SVG = "http://www.w3.org/2000/svg";

/** Return a new icon, hidden from screen readers: the control beside it has the words. */
export function icon(name: IconName, extraClass = ""): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon ${extraClass}`.trim());
  svg.setAttribute("aria-hidden", "true");
  for (const [tag, attrs] of ICONS[name]) {
    const shape = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(attrs)) shape.setAttribute(key, String(value));
    svg.append(shape);
  }
  return svg;
}
