// Builds the page's script and style into static/editor, which is committed. The same sources must give
// the same bytes everywhere, so there are no source maps, no dates and no absolute paths in the output.
import { defineConfig } from "vitest/config";

export default defineConfig({
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
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1200,
    rolldownOptions: { input: ["src/main.ts", "src/history.ts"] },
  },
  test: { include: ["src/**/*.test.ts"], environment: "jsdom" },
});
