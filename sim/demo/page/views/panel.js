// The tabs beside the pipeline. Arrow keys move between them, as in every list of tabs.
import { el, find } from "/page/dom.js";

export class Panel {
  // tabs: [{ id, title, element }]; only the open one is drawn, which `opened` does at once: the next key may be faster than a frame
  constructor(tabs, opened) {
    this.tabs = tabs;
    this.opened = opened;
    this.list = el("div", { class: "tabs", role: "tablist", "aria-label": "Controls" }, ...tabs.map(({ id, title }) => el("button", { type: "button", role: "tab", id: "tab-" + id, "aria-controls": "panel-" + id, on: { click: () => this.open(id) } }, title)));
    const panels = tabs.map(({ id, element }) => Object.assign(element, { id: "panel-" + id }));
    for (const element of panels) {
      element.setAttribute("role", "tabpanel");
      element.setAttribute("aria-labelledby", element.id.replace("panel-", "tab-"));
      element.setAttribute("tabindex", "0");
    }
    find("#panel").replaceChildren(this.list, ...panels);
    this.list.addEventListener("keydown", (event) => this.moved(event));
    this.show(tabs[0].id);
  }

  open(id, { focus = false } = {}) {
    this.show(id);
    this.opened();
    if (focus) find("#tab-" + id).focus();
  }

  show(id) {
    this.current = id;
    for (const { id: each, element } of this.tabs) {
      const tab = find("#tab-" + each), isCurrent = each === id;
      tab.setAttribute("aria-selected", String(isCurrent));
      tab.setAttribute("tabindex", isCurrent ? "0" : "-1");
      element.hidden = !isCurrent;
    }
  }

  moved(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const shown = this.tabs.filter(({ id }) => !find("#tab-" + id).hidden), here = shown.findIndex(({ id }) => id === this.current);
    this.open(shown[(here + by + shown.length) % shown.length].id, { focus: true });
  }

  mark(id, number) {
    const tab = find("#tab-" + id);
    tab.dataset.mark = number || "";
  }
}
