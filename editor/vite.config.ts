// Builds the page's script and style into static/editor, which is committed. The same sources must give
// the same bytes everywhere, so there are no source maps, no dates and no absolute paths in the output.
import { defineConfig } from "vitest/config";

/** Every browser that runs this reads WOFF2: the other fonts of KaTeX stay out of the repository. */
const woff2Only = {
  name: "woff2-only",
  enforce: "pre" as const,
  transform: (code: string, id: string) =>
    id.includes("katex.min.css")
      ? code.replace(/,url\([^)]*\.(?:woff|ttf)\) ?format\("(?:woff|truetype)"\)/g, "")
      : null,
};

export default defineConfig({
  plugins: [woff2Only],
  base: "./",
  publicDir: false,
  build: {
    outDir: "../static/editor",
    emptyOutDir: true,
    manifest: "manifest.json",
    sourcemap: false,
    target: "es2022",
    cssTarget: "esnext", // leave light-dark() and nesting to the browser
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the content security policy takes fonts from files only
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1200,
    rolldownOptions: { input: ["src/main.ts", "src/history.ts", "src/review.ts", "src/share.ts"] },
  },
  test: { include: ["src/**/*.test.ts"], environment: "jsdom" },
});
