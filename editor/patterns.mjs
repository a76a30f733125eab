// Prints every regular expression of the files named, as JSON: what tests/test_js_patterns.py tries.
// Usage: node patterns.mjs FILE…
import { readFileSync } from "node:fs";
import { parseAst } from "rolldown/parseAst";

const found = [];

function visit(node, text, file) {
  if (node === null || typeof node !== "object") return;
  if (Array.isArray(node)) {
    for (const each of node) visit(each, text, file);
    return;
  }
  const line = () => text.slice(0, node.start).split("\n").length;
  if (node.type === "Literal" && node.regex) {
    found.push({ where: `${file}:${line()}`, ...node.regex });
  }
  const isMade = node.type === "NewExpression" || node.type === "CallExpression";
  if (isMade && node.callee.type === "Identifier" && node.callee.name === "RegExp") {
    const [pattern] = node.arguments;
    const said = pattern?.type === "Literal" ? pattern.value : pattern?.quasis?.[0]?.value.cooked;
    const isWhole = typeof said === "string" && !pattern.expressions?.length;
    const made = text.slice(node.start, node.end);
    found.push({ where: `${file}:${line()}`, pattern: isWhole ? said : null, flags: "", made });
  }
  for (const [key, value] of Object.entries(node)) if (key !== "value") visit(value, text, file);
  // A property's value is a node too; a literal's is none.
  if (node.type !== "Literal" && "value" in node) visit(node.value, text, file);
}

for (const file of process.argv.slice(2)) {
  const text = readFileSync(file, "utf8");
  visit(parseAst(text, { lang: file.endsWith(".ts") ? "ts" : "js" }), text, file);
}
process.stdout.write(JSON.stringify(found));
