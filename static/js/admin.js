// What the administration's own pages leave out for screen readers: a name may stand at a picture, not at plain text.
"use strict";

const name = () => {
  for (const icon of document.querySelectorAll("span[aria-label]:not([role])")) icon.setAttribute("role", "img");
};

// After the listeners of Django's scripts, which make the lists of choices then.
addEventListener("load", () => setTimeout(name));
