// Single-key shortcuts, and the dialog that lists them. They can be switched off, for those who speak to their computer.
import { button, el, find } from "/page/dom.js";

const SETTING = "rawk-demo-shortcuts";

export class Keyboard {
  // keys: [[key, label, what it does]]
  constructor(keys) {
    this.keys = new Map(keys.map(([key, , act]) => [key, act]));
    this.isOn = read() !== "off";
    this.dialog = find("#help");
    const setting = el("input", { type: "checkbox", id: "shortcuts", checked: this.isOn, on: { change: () => this.set(setting.checked) } });
    this.dialog.replaceChildren(el("h2", { id: "help-name" }, "Keyboard"), el("p", {}, "Everything can be reached with Tab and the arrow keys. These keys work anywhere outside a text field:"),
      el("dl", {}, ...keys.flatMap(([key, label]) => [el("dt", {}, el("kbd", {}, NAMES[key] ?? key)), el("dd", {}, label)])),
      el("p", {}, el("label", { for: "shortcuts" }, setting, " Single-key shortcuts are on")), button("Close", () => this.dialog.close(), { class: "primary" }));
    find("#open-help").addEventListener("click", () => this.open());
    addEventListener("keydown", (event) => this.pressed(event));
  }

  set(isOn) {
    this.isOn = isOn;
    write(isOn ? "on" : "off");
  }

  open() { if (!this.dialog.open) this.dialog.showModal(); }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.dialog.open || document.body.dataset.phase !== "ready") return;
    if (event.target.matches("input:not([type=checkbox], [type=range]), select, textarea, summary") || (event.key === " " && event.target.matches("button, a, input, [role=tab]"))) return;
    const act = event.key === "?" ? () => this.open() : this.isOn ? this.keys.get(event.key) : null;
    if (!act) return;
    event.preventDefault();
    act();
  }
}

// A browser may keep nothing, for a page of a disk or by its settings: then the setting lasts as long as the page.
function read() { try { return localStorage.getItem(SETTING); } catch { return null; } }
function write(value) { try { localStorage.setItem(SETTING, value); } catch { /* see above */ } }

const NAMES = { " ": "Space", ArrowRight: "→", Escape: "Esc" };
