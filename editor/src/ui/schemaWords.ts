// The words that stand in a document's own boxes and buttons, for every editor that shows one.
import type { Translate } from "../i18n";
import type { SchemaWords } from "../schema/extensions";

export function schemaWords(t: Translate): SchemaWords {
  return {
    done: t("done"),
    notDone: t("notDone"),
    open: t("openDetails"),
    close: t("closeDetails"),
    callouts: {
      note: t("calloutNote"),
      tip: t("calloutTip"),
      important: t("calloutImportant"),
      warning: t("calloutWarning"),
      caution: t("calloutCaution"),
    },
    unknown: (name) => t("unknownContent", { name }),
  };
}
