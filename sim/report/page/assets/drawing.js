"use strict";
// What the timelines are drawn with: elements, durations as text, the time axis, glyphs, the tooltip. The script inserts
// all content of the journal as text and never parses it as HTML.
const DATA = JSON.parse(document.getElementById("data").textContent);
const TONES = ["ok", "wait", "warning", "error", "minor", "action"];
const MINOR = TONES.indexOf("minor");
const NS = "http://www.w3.org/2000/svg";
const CUT = 54, LANE = 40, EMPTY = 19, PAD = 16, CONDITIONS = 20, AXIS = 22, BAND = 18, PLACES = 56;
const boards = new Map();
const tip = document.getElementById("tip");

const make = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);
const draw = (name, attributes = {}, ...children) => fill(document.createElementNS(NS, name), attributes, children);
function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  for (const child of children) if (child !== null && child !== undefined) element.append(child);
  return element;
}

// ---- durations and counts as text ----
function durationText(seconds, units = 2) {
  const sign = seconds < 0 ? "−" : "";
  seconds = Math.abs(seconds);
  if (seconds < 10) return sign + (Math.round(seconds * 100) / 100) + " s";
  const all = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const finest = all[Math.min(3, all.findIndex(([, size]) => Math.round(seconds) >= size) + units - 1)][1];
  let whole = Math.round(seconds / finest) * finest;
  const first = all.findIndex(([, size]) => whole >= size);
  const parts = [];
  for (const [unit, size] of all.slice(first, first + units)) {
    const count = Math.floor(whole / size);
    if (count) parts.push(count + " " + unit);
    whole -= count * size;
  }
  return sign + parts.join(" ");
}
const countText = (number, singular, plural) => number + "\u00a0" + (number === 1 ? singular : plural || singular + "s");

// ---- the time axis: stretches of events, with cuts of a fixed width between them ----
function scale(axis, width) {
  const cuts = axis.length - 1;
  const room = Math.max(width - 2 * PAD - cuts * CUT, axis.length * 34);
  let x = PAD;
  const places = axis.map(([start, end, share]) => {
    const place = { start, end, x, width: share * room };
    x += place.width + CUT;
    return place;
  });
  const total = x - CUT + PAD;
  const at = (time) => {
    let before = null;
    for (const place of places) {
      if (time < place.start) {
        if (!before) return place.x;
        const from = before.x + before.width;
        return from + (place.x - from) * (time - before.end) / (place.start - before.end);
      }
      if (time <= place.end) return place.x + (place.end > place.start ? place.width * (time - place.start) / (place.end - place.start) : place.width / 2);
      before = place;
    }
    return before ? before.x + before.width + Math.min(PAD - 4, 4) : PAD;
  };
  return { at, places, total };
}
function ticksOf(place) {
  const length = place.end - place.start;
  const wanted = Math.floor(place.width / 96);
  if (length <= 0 || wanted < 1) return [place.start];
  const nice = [.05, .1, .2, .5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800];
  const step = nice.find((each) => length / each <= wanted) || length;
  const ticks = [];
  const first = Math.ceil((place.start + step * .35) / step) * step;
  for (let time = first; time <= place.end; time += step) ticks.push(time);
  return [place.start, ...ticks];
}

function glyphOf(glyph, size, label) {
  if (glyph === "ring") {
    const radius = label ? Math.max(size + 2.2, 6) : size;
    return [draw("circle", { class: "ring", r: radius }), label ? draw("text", { class: "count", y: 3.4 }, label) : ""];
  }
  if (glyph === "cross") return [draw("circle", { r: size + 3, fill: "transparent" }), draw("path", { class: "cross", d: `M${-size * .8} ${-size * .8}L${size * .8} ${size * .8}M${-size * .8} ${size * .8}L${size * .8} ${-size * .8}` })];
  if (glyph === "diamond") return [draw("path", { class: "diamond", d: `M0 ${-size * 1.3}L${size * 1.3} 0L0 ${size * 1.3}L${-size * 1.3} 0Z` })];
  return [draw("circle", { class: "dot", r: size })];
}

function showTip(event, time, text, subject) {
  tip.replaceChildren(make("b", {}, time), " ", text, subject ? make("div", {}, subject) : "");
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = Math.max(6, Math.min(event.clientX + 12, innerWidth - width - 8)) + "px";
  tip.style.top = (event.clientY + 18 + height > innerHeight ? event.clientY - height - 10 : event.clientY + 16) + "px";
}
function hideTip() { tip.hidden = true; }
