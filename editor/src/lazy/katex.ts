// Loaded with the first formula of a page.
import katex from "katex";
import "katex/dist/katex.min.css";

export const render = katex.render;
