// Plain text that is the cells of a sheet: columns between tabs.

/** Return the cells of a text that is a table of at least two rows and columns; null: it is none. */
export function cellsOf(text: string): string[][] | null {
  const lines = text.replace(/\r/g, "").split("\n");
  while (lines.length > 1 && lines.at(-1) === "") lines.pop();
  const rows = lines.map((line) => line.split("\t"));
  const width = rows[0]?.length ?? 0;
  const isTable = rows.length > 1 && width > 1 && rows.every((row) => row.length === width);
  // Lines that all begin with a tab are indented, and not cells.
  const isIndented = rows.every(([first]) => first === "");
  return isTable && !isIndented ? rows : null;
}

/** Return the cells as a table. */
export function tableOf(rows: readonly (readonly string[])[]): HTMLElement {
  const body = document.createElement("div");
  const table = document.createElement("table");
  for (const row of rows) {
    const line = table.insertRow();
    for (const words of row) {
      const paragraph = document.createElement("p");
      paragraph.textContent = words.trim();
      line.insertCell().append(paragraph);
    }
  }
  body.append(table);
  return body;
}
