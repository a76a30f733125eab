// Colours that pasted letters have, in the few that a document has (schema/blocks.ts).
import type { Colour } from "../../schema/blocks";

interface Hsl {
  readonly hue: number;
  readonly saturation: number;
  readonly light: number;
}

const NAMED: Readonly<Record<string, string>> = {
  red: "#ff0000",
  green: "#008000",
  blue: "#0000ff",
  orange: "#ffa500",
  purple: "#800080",
  gray: "#808080",
  grey: "#808080",
  yellow: "#ffff00",
  lime: "#00ff00",
  cyan: "#00ffff",
  magenta: "#ff00ff",
  white: "#ffffff",
  black: "#000000",
};

function parsed(color: string): Hsl | null {
  const hex = /^#([0-9a-f]{6})\b/i.exec(NAMED[color.toLowerCase()] ?? color)?.[1];
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])\b/i.exec(color);
  const rgb = /^rgba?\(\s*(\d+)[,\s]+(\d+)[,\s]+(\d+)(?:[,\s/]+([\d.]+))?/i.exec(color);
  if (rgb?.[4] !== undefined && Number(rgb[4]) === 0) return null;
  const parts = hex
    ? [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16))
    : short
      ? short.slice(1, 4).map((digit) => Number.parseInt(digit + digit, 16))
      : rgb?.slice(1, 4).map(Number);
  const [r, g, b] = (parts ?? []).map((part) => part / 255);
  if (r === undefined || g === undefined || b === undefined) return null;
  const most = Math.max(r, g, b);
  const range = most - Math.min(r, g, b);
  const light = most - range / 2;
  const saturation = range === 0 ? 0 : range / (1 - Math.abs(2 * light - 1));
  if (range === 0) return { hue: 0, saturation, light };
  const sixth =
    most === r ? ((g - b) / range + 6) % 6 : most === g ? (b - r) / range + 2 : (r - g) / range + 4;
  return { hue: sixth * 60, saturation, light };
}

/** Return the colour of a document that letters of this CSS colour get; null: that of the text. */
export function colourFor(color: string): Colour | null {
  const found = parsed(color.trim());
  if (!found) return null;
  const { hue, saturation, light } = found;
  if (saturation < 0.2) return light > 0.35 && light < 0.75 ? "gray" : null;
  if (light < 0.12 || light > 0.95) return null;
  if (hue < 15 || hue >= 340) return "red";
  if (hue < 65) return "orange";
  if (hue < 170) return "green";
  if (hue < 260) return "blue";
  return "purple";
}

/** Whether a CSS background marks words: no page's or table's white and grey. */
export function isMarked(background: string): boolean {
  const found = parsed(background.trim());
  return found !== null && found.saturation >= 0.2 && found.light > 0.25;
}
