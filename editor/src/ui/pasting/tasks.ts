// Checklists of other pages: Google's documents, GitHub, and lists with boxes in general.

/** Return whether an item is a task, and done; null: it is none. What draws its box is taken out. */
function taken(item: HTMLElement): boolean | null {
  if (item.getAttribute("role") === "checkbox") {
    const [drawn] = item.children;
    if (drawn instanceof HTMLImageElement) drawn.remove();
    return item.getAttribute("aria-checked") === "true";
  }
  const box = item.querySelector<HTMLInputElement>('input[type="checkbox"]');
  if (!box || box.closest("li") !== item) return null;
  const isDone = box.hasAttribute("checked");
  box.remove();
  return isDone;
}

/** Make items with boxes tasks; a list of both kinds becomes lists of one each. */
export function cleanTasks(body: HTMLElement): void {
  const lists = new Set<Element>();
  for (const item of body.querySelectorAll<HTMLElement>("li")) {
    if (item.dataset.type === "taskItem") continue;
    const isDone = taken(item);
    if (isDone === null) continue;
    item.dataset.type = "taskItem";
    item.dataset.checked = String(isDone);
    if (item.parentElement) lists.add(item.parentElement);
  }
  for (const list of lists) {
    let made: HTMLElement | null = null;
    for (const item of [...list.children]) {
      const isTask = item instanceof HTMLElement && item.dataset.type === "taskItem";
      const isSame = made !== null && (made.dataset.type === "taskList") === isTask;
      if (!isSame || !made) {
        made = document.createElement(isTask ? "ul" : list.tagName);
        if (isTask) made.dataset.type = "taskList";
        list.before(made);
      }
      made.append(item);
    }
    list.remove();
  }
}
