// Pictures above the limit are made smaller in the browser, rather than refused: what is on the screen is enough.

/** What a canvas can read and keep: no drawings in lines, no moving pictures. */
const SCALED: ReadonlySet<string> = new Set([
  "image/png",
  "image/jpeg",
  "image/webp",
  "image/avif",
]);
const QUALITY = 0.86;
const MAX_SIDE = 8_192;
const ATTEMPTS = 8;
const ENDINGS: Readonly<Record<string, string>> = {
  "image/jpeg": "jpg",
  "image/webp": "webp",
  "image/png": "png",
};

/** Return the part of its sides to which a picture of so many bytes is made smaller next. */
export function nextScale(scale: number, bytes: number, limit: number): number {
  return scale * Math.min(0.9, Math.sqrt(limit / bytes) * 0.95);
}

/** Return `file` in at most `limit` bytes; null: it is none of the pictures that can be made smaller. */
export async function scaled(file: File, limit: number): Promise<File | null> {
  if (!SCALED.has(file.type)) return null;
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return null; // no picture, whatever it calls itself
  }
  // A picture may be seen through; JPEG has no way to say so.
  const type = file.type === "image/jpeg" ? "image/jpeg" : "image/webp";
  let scale = Math.min(1, MAX_SIDE / Math.max(picture.width, picture.height));
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const canvas = document.createElement("canvas");
      canvas.width = Math.max(1, Math.round(picture.width * scale));
      canvas.height = Math.max(1, Math.round(picture.height * scale));
      canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise<Blob | null>((resolve) =>
        canvas.toBlob(resolve, type, QUALITY),
      );
      if (blob === null) return null;
      if (blob.size <= limit) {
        const stem = file.name.replace(/\.[^.]*$/, "");
        const name = `${stem}.${ENDINGS[blob.type] ?? "png"}`;
        return new File([blob], name, { type: blob.type });
      }
      scale = nextScale(scale, blob.size, limit);
    }
    return null;
  } finally {
    picture.close();
  }
}
