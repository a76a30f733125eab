// How much of the page a phone's keyboard covers: --keyboard, in pixels, for what stands at the lower edge. Where the
// browser makes the page smaller instead (`interactive-widget=resizes-content`) it is 0.

/** Keep `--keyboard` at what the on-screen keyboard takes. */
export function followKeyboard(): void {
  const seen = window.visualViewport;
  if (!seen) return;
  const look = () => {
    // Zoomed in, what is below is out of sight, and not covered.
    const covered = seen.scale > 1.01 ? 0 : innerHeight - seen.height - seen.offsetTop;
    document.documentElement.style.setProperty(
      "--keyboard",
      `${Math.max(0, Math.round(covered))}px`,
    );
  };
  seen.addEventListener("resize", look);
  seen.addEventListener("scroll", look);
  look();
}
