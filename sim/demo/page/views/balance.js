// Always on top: the sum that must hold, the strip of places, and each violation as a sentence.
import { el, keyed, setAttribute, setText, find, redraw } from "/page/dom.js";
import { equationOf, equationText } from "/page/model.js";
import { Strip } from "/page/views/strip.js";

const SWATCH = { waiting: "queued", working: "in-flight", "dead letters": "dead-lettered", transcript: "readable", complete: "complete", failed: "failed", deleted: "deleted", "not known": "not-known" };
const SHOWN_VIOLATIONS = 3;

export class Balance {
  constructor({ show }) {
    this.show = show;
    this.equation = find("#equation");
    this.violations = find("#violations");
    this.strip = new Strip(find("#strip"));
  }

  render(model) {
    const sum = equationOf(model.picture);
    redraw(this.equation, [...sum.terms, ...sum.alarms].map((term) => term.name).join(), () => this.parts(sum));
    const numbers = [sum.accepted, ...sum.terms.map((term) => term.count), ...sum.alarms.map((alarm) => alarm.count)];
    this.numbers.forEach((element, index) => this.write(element, numbers[index]));
    setText(this.sign, sum.isEqual ? "=" : "≠");
    this.sign.classList.toggle("wrong", !sum.isEqual);
    this.alarms.forEach((element, index) => element.classList.toggle("wrong", sum.alarms[index].count > 0));
    setAttribute(this.equation, "aria-label", equationText(sum));
    this.strip.render(model);
    this.renderViolations(model.picture.violations);
  }

  parts(sum) {
    this.numbers = [];
    const number = () => { const element = el("b", {}, ""); this.numbers.push(element); return element; };
    this.sign = el("span", { class: "sign" }, "=");
    const accepted = el("span", { class: "term accepted-term" }, "Accepted ", number());
    const terms = sum.terms.map((term, index) => [
      index ? el("span", { class: "plus" }, "+") : null,
      el("button", { type: "button", class: "term", "data-focus": "term-" + term.name, title: "Show these recordings", on: { click: () => this.show(term) } },
        el("i", { class: "swatch place " + SWATCH[term.name] }), term.name + " ", number()),
    ]);
    this.alarms = sum.alarms.map((alarm) => el("span", { class: "term alarm " + alarm.name.replaceAll(" ", "-") }, alarm.name + " ", number()));
    return [accepted, this.sign, ...terms.flat(), el("span", { class: "alarms" }, ...this.alarms)];
  }

  write(element, number) {
    if (element.textContent === String(number)) return;
    const isFirst = element.textContent === "";
    element.textContent = number;
    if (!isFirst && !matchMedia("(prefers-reduced-motion: reduce)").matches) element.animate([{ transform: "translateY(-.28em)", opacity: .3 }, { transform: "none", opacity: 1 }], { duration: 220, easing: "ease-out" });
  }

  renderViolations(violations) {
    const shown = violations.slice(0, SHOWN_VIOLATIONS);
    const items = shown.map((violation) => ({ key: violation.text, text: violation.text }));
    if (violations.length > shown.length) items.push({ key: "more", text: `and ${violations.length - shown.length} more` });
    keyed(this.violations, items, (item) => item.key, () => el("li"), (element, item) => setText(element, item.text));
  }
}
