// Elements, texts and small helpers that every view uses.
import { draw, make } from "/js/picture/dom.js";

export const find = (selector, within = document) => within.querySelector(selector);

// `el("button", { class: "x", on: { click } }, "text", child, null)`; null children and attributes are left out.
export const el = (tag, attributes = {}, ...children) => listening(make, tag, attributes, children);
export const svg = (tag, attributes = {}, ...children) => listening(draw, tag, attributes, children);

function listening(create, tag, { on = {}, ...attributes }, children) {
  const element = create(tag, attributes, ...children.flat().filter((child) => child !== false));
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener);
  return element;
}

export const button = (label, click, attributes = {}) => el("button", { type: "button", ...attributes, on: { click } }, label);

// Writes only what changed: a text that is written anew loses the selection and is spoken again.
// Returns whether the text changed.
export function setText(element, text) {
  if (element.textContent === text) return false;
  element.textContent = text;
  return true;
}

export function setAttribute(element, name, value) {
  if (value === null || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
}

// Whether a control works now. One that has the focus keeps it, so that the keyboard need not come back to it.
export function able(element, isPossible) {
  const isHeld = !isPossible && element === document.activeElement;
  setAttribute(element, "disabled", !isPossible && !isHeld);
  setAttribute(element, "aria-disabled", isHeld ? "true" : null);
}
addEventListener("click", (event) => {
  if (!event.target.closest?.("[aria-disabled=true]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

// Gives the focus back to what had it, to what has the same data-focus in its place, or else to the nearest around it.
export function focusAgain(held, around) {
  const name = held.dataset.focus;
  const element = held.isConnected ? held : name && find(`[data-focus="${CSS.escape(name)}"]`, around);
  if (element?.disabled) {
    element.disabled = false;
    element.setAttribute("aria-disabled", "true");
  }
  element?.focus({ preventScroll: true });
  if (document.activeElement === document.body) around.closest("[tabindex]")?.focus({ preventScroll: true });
}

function keepingFocus(element, change) {
  const held = element === document.activeElement || !element.contains(document.activeElement) ? null : document.activeElement;
  change();
  if (held && document.activeElement !== held) focusAgain(held, element);
}

// Replaces the children when `key` changed. Returns whether it did.
export function redraw(element, key, children) {
  if (element.dataset.key === key) return false;
  element.dataset.key = key;
  keepingFocus(element, () => element.replaceChildren(...[children()].flat().filter(Boolean)));
  return true;
}

// One element for each item, kept by key, in the order of the items.
export function keyed(container, items, keyOf, create, update) {
  keepingFocus(container, () => arrange(container, items, keyOf, create, update));
}

function arrange(container, items, keyOf, create, update) {
  const known = new Map([...container.children].map((child) => [child.dataset.id, child]));
  const wanted = new Set(items.map((item) => String(keyOf(item))));
  for (const [key, element] of known) if (!wanted.has(key)) element.remove();
  let previous = null;
  for (const item of items) {
    const key = String(keyOf(item));
    let element = known.get(key);
    if (!element) {
      element = create(item);
      element.dataset.id = key;
    }
    update(element, item);
    const next = previous ? previous.nextSibling : container.firstChild;
    if (next !== element) container.insertBefore(element, next);
    previous = element;
  }
}

// `words` between backticks are code.
export const withCode = (text) => text.split("`").map((part, index) => (index % 2 ? el("code", {}, part) : part));

export const isReduced = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
