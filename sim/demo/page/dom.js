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

// Replaces the children when `key` changed. Returns whether it did. The focus returns to the element with the same data-focus.
export function redraw(element, key, children) {
  if (element.dataset.key === key) return false;
  const held = element.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
  element.dataset.key = key;
  element.replaceChildren(...[children()].flat().filter(Boolean));
  if (held) find(`[data-focus="${CSS.escape(held)}"]`, element)?.focus({ preventScroll: true });
  return true;
}

// One element for each item, kept by key, in the order of the items.
export function keyed(container, items, keyOf, create, update) {
  const known = new Map([...container.children].map((child) => [child.dataset.id, child]));
  let previous = null;
  for (const item of items) {
    const key = String(keyOf(item));
    let element = known.get(key);
    if (!element) {
      element = create(item);
      element.dataset.id = key;
    }
    known.delete(key);
    update(element, item);
    const place = previous ? previous.nextSibling : container.firstChild;
    if (place !== element) container.insertBefore(element, place);
    previous = element;
  }
  for (const element of known.values()) element.remove();
}

// `words` between backticks are code.
export const withCode = (text) => text.split("`").map((part, index) => (index % 2 ? el("code", {}, part) : part));

export const isReduced = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
