// Styles in copied HTML, read and taken out in time that grows with its length.

/** Return whether `style` has a property whose name begins so, with a value that `value` finds something in. */
export function declares(style: string, property: string, value: RegExp): boolean {
  return style.split(";").some((declaration) => {
    const said = declaration.trimStart();
    return said.slice(0, property.length).toLowerCase() === property && value.test(said);
  });
}

/** Return `html` without its style sheets. */
export function withoutSheets(html: string): string {
  let kept = "";
  let at = 0;
  for (const { index } of html.matchAll(/<style\b/gi)) {
    if (index < at) continue;
    const end = /<\/style\s*>/gi;
    end.lastIndex = index;
    // One that has no end is left to the parser, and so are those after it: there is no end for them either.
    if (!end.test(html)) break;
    kept += html.slice(at, index);
    at = end.lastIndex;
  }
  return kept + html.slice(at);
}

/** Return `html` with each of its tags changed. */
export function withTags(html: string, change: (tag: string) => string): string {
  let kept = "";
  let at = 0;
  for (const { index } of html.matchAll(/<[a-z]/gi)) {
    if (index < at) continue;
    const end = html.indexOf(">", index);
    if (end < 0) break;
    kept += html.slice(at, index) + change(html.slice(index, end + 1));
    at = end + 1;
  }
  return kept + html.slice(at);
}
