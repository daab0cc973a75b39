// What one can break: every fault of the harness as a switch with its options, by family; and what is broken now.
import { able, button, el, find, keyed, setAttribute, setText, withCode } from "/page/dom.js";
import { countText } from "/js/picture/formatting.js";

const FAMILIES = { openai: "OpenAI", worker: "Workers", queue: "Queue", api: "API", database: "Database", storage: "Storage", network: "Network", permissions: "Permissions", clients: "Clients" };
const FAMILY_OF_NODE = { app: "clients", s3: "storage", sqs: "queue", workers: "worker", postgres: "database" };

export class Faults {
  constructor({ perform }) {
    this.perform = perform;
    this.search = el("input", { type: "search", placeholder: "Find a fault", "aria-label": "Find a fault", autocomplete: "off", on: { input: () => this.filter() } });
    this.active = el("ul", { class: "active-faults", "aria-label": "Active faults" });
    this.families = el("div", { class: "families" });
    this.rows = new Map();
    this.element = el("div", { class: "faults" }, this.active, this.search, this.families);
  }

  render(model) {
    const { faults } = model.control;
    const key = faults.map((fault) => fault.id).join();
    if (key !== this.key) { this.key = key; this.build(faults); }
    const isPossible = model.isPossible("fault_on");
    for (const fault of faults) this.update(fault, isPossible);
    keyed(this.active, faults.filter((fault) => fault.active), (fault) => fault.id, (fault) => this.chip(fault), (element, fault) => setText(find(".times", element), triggered(fault)));
  }

  chip(fault) {
    return el("li", {}, el("b", {}, fault.name), " ", el("span", { class: "times" }), button("End", () => this.perform("fault_off", { fault: fault.id }), { "aria-label": `End: ${fault.name}`, "data-focus": "end-" + fault.id }));
  }

  build(faults) {
    this.rows.clear();
    const order = Object.keys(FAMILIES), families = [...new Set(faults.map((fault) => fault.family))].sort((one, other) => order.indexOf(one) - order.indexOf(other));
    this.families.replaceChildren(...families.map((family, index) => el("details", { "data-family": family, open: index === 0 },
      el("summary", {}, FAMILIES[family] ?? family), ...faults.filter((fault) => fault.family === family).map((fault) => this.row(fault)))));
  }

  row(fault) {
    const name = "fault-" + fault.id.replace(/[^\w-]/g, "-");
    const inputs = (fault.options ?? []).map((option) => this.option(option, name));
    const toggle = el("button", { type: "button", class: "switch", role: "switch", "aria-checked": "false", "aria-labelledby": name, "aria-describedby": name + "-about", "data-focus": name, on: { click: () => this.toggle(fault.id) } }, el("span", { class: "knob", "aria-hidden": "true" }));
    if (fault.momentary) { toggle.removeAttribute("role"); toggle.removeAttribute("aria-checked"); toggle.className = "once"; toggle.replaceChildren("Do it"); }
    const times = el("span", { class: "times" });
    const element = el("div", { class: "fault" }, toggle, el("div", { class: "fault-text" }, el("span", { class: "fault-name", id: name }, fault.name), times, el("p", { class: "about", id: name + "-about" }, ...withCode(fault.about ?? "")),
      inputs.length ? el("details", { class: "more" }, el("summary", { "aria-label": `Options: ${fault.name}` }, "Options"), el("div", { class: "options" }, ...inputs.map((input) => input.element))) : null));
    this.rows.set(fault.id, { element, toggle, times, inputs, fault });
    return element;
  }

  option(option, name) {
    const id = `${name}-${option.name}`;
    if (option.kind === "choice") {
      const choices = option.values.map((value) => Array.isArray(value) ? value : [value, value]);
      const select = el("select", { id }, ...choices.map(([value, label]) => el("option", { value: JSON.stringify(value), selected: value === option.default }, String(label))));
      return { name: option.name, element: el("label", { for: id }, option.label, " ", select), value: () => JSON.parse(select.value) };
    }
    const unit = option.kind === "duration" ? " (s)" : "";
    const input = el("input", { id, type: "number", step: option.kind === "duration" ? "any" : "1", min: option.minimum, max: option.maximum, value: option.default });
    return { name: option.name, element: el("label", { for: id }, option.label + unit, " ", input), value: () => input.value === "" ? undefined : Number(input.value) };
  }

  update(fault, isPossible) {
    const row = this.rows.get(fault.id);
    if (!row) return;
    row.fault = fault;
    if (!fault.momentary) setAttribute(row.toggle, "aria-checked", String(Boolean(fault.active)));
    able(row.toggle, isPossible);
    setText(row.times, fault.active || fault.times_triggered ? triggered(fault) : "");
    row.element.classList.toggle("active", Boolean(fault.active));
  }

  toggle(id) {
    const { fault, inputs } = this.rows.get(id);
    if (fault.active) return this.perform("fault_off", { fault: id });
    const options = Object.fromEntries(inputs.map((input) => [input.name, input.value()]).filter(([, value]) => value !== undefined));
    return this.perform("fault_on", { fault: id, options });
  }

  filter() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const { element, fault } of this.rows.values()) element.hidden = !words.every((word) => `${fault.name} ${fault.about} ${fault.family}`.toLowerCase().includes(word));
    for (const details of this.families.children) {
      details.hidden = ![...details.querySelectorAll(".fault")].some((fault) => !fault.hidden);
      if (words.length) details.open = true;
    }
  }

  // Shows the faults of one card of the pipeline.
  openFamily(node) {
    const family = FAMILY_OF_NODE[node] ?? node;
    this.search.value = "";
    this.filter();
    for (const details of this.families.children) details.open = details.dataset.family === family;
    const details = find(`[data-family="${CSS.escape(family)}"]`, this.families);
    details?.scrollIntoView({ block: "nearest" });
    details?.querySelector("summary").focus({ preventScroll: true });
  }
}

const triggered = (fault) => `triggered ${countText(fault.times_triggered || 0, "time")}`;
