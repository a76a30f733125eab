// Messages by key, in the page's language. A key that lacks a translation does not compile.
import { en, type Messages } from "./en";
import { zhHans } from "./zh-hans";

export type Key = keyof Messages;
export type Translate = (key: Key, values?: Readonly<Record<string, string | number>>) => string;

/** Return the translator for Django's language code `locale`. */
export function translator(locale: string): Translate {
  const messages = locale.toLowerCase().startsWith("zh") ? zhHans : en;
  return (key, values = {}) =>
    messages[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
