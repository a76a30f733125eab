// The status in words: what the page claims about its words, and nothing that it does not know.
import type { Key, Translate } from "../i18n";
import type { ProviderState } from "../provider/provider";

export type Mood = "ok" | "busy" | "warn" | "danger" | "plain";

export interface StatusWords {
  readonly text: string;
  readonly mood: Mood;
  /** What the banner says, where the person must know or do something. */
  readonly banner: string | null;
  readonly remedy: "signIn" | "reload" | "home" | null;
}

const CLOSED: Readonly<Record<string, { key: Key; remedy: StatusWords["remedy"] }>> = {
  badFrame: { key: "closedBadFrame", remedy: "reload" },
  signedOut: { key: "closedSignedOut", remedy: "signIn" },
  noAccess: { key: "closedNoAccess", remedy: "home" },
  removed: { key: "closedRemoved", remedy: "reload" },
  noDocument: { key: "closedNoDocument", remedy: "home" },
  refused: { key: "closedRefused", remedy: "reload" },
  tooBig: { key: "closedTooBig", remedy: "reload" },
  other: { key: "closedOther", remedy: "reload" },
};

/** Return the words for `state`. */
export function statusWords(
  { status, isKeptOnDevice, device }: ProviderState,
  t: Translate,
): StatusWords {
  const plain = { banner: null, remedy: null };
  switch (status.kind) {
    case "connecting":
      return { text: t("connecting"), mood: "busy", ...plain };
    case "saving":
      return { text: t("saving"), mood: "busy", ...plain };
    case "saved":
      return { text: t("saved"), mood: "ok", ...plain };
    case "held":
      return { text: t("heldBack", { count: status.unsaved }), mood: "warn", ...plain };
    case "readonly": {
      const count = status.unsaved;
      if (count > 0 && !status.isFrozen)
        return { text: t("readOnlyUnsent", { count }), mood: "warn", ...plain };
      return { text: t(status.isFrozen ? "frozen" : "readOnly"), mood: "plain", ...plain };
    }
    case "offline": {
      const count = status.unsaved;
      if (count === 0) return { text: t("offline"), mood: "warn", ...plain };
      if (!isKeptOnDevice && device.kind === "keeping")
        return { text: t("offlineKeeping", { count }), mood: "warn", ...plain };
      if (!isKeptOnDevice)
        return { text: t("offlineNotKept", { count }), mood: "danger", ...plain };
      const key = count === 1 ? "offlineKeptOne" : "offlineKept";
      return { text: t(key, { count }), mood: "warn", ...plain };
    }
    case "closed": {
      const said = CLOSED[status.reason] ?? { key: "closedOther", remedy: "reload" };
      return {
        text: t("closed"),
        mood: "danger",
        banner: t(said.key as Key),
        remedy: said.remedy as StatusWords["remedy"],
      };
    }
  }
}
