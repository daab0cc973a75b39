"use strict";
// What the timelines are drawn with: glyphs, sizes, the tooltip. The modules of sim/picture/js stand before this script.
const DATA = JSON.parse(document.getElementById("data").textContent);
const LANE = 40, EMPTY = 19, LABEL_ROW = 20, AXIS = 22, BAND = 18, LETTER = 6, STEP_ROWS = 3;
const boards = new Map();
const tip = document.getElementById("tip");

function glyphOf(glyph, size, label) {
  if (glyph === "ring") {
    const radius = label ? Math.max(size + 2.2, 6) : size;
    return [draw("circle", { class: "ring", r: radius }), label ? draw("text", { class: "count", y: 3.4 }, label) : ""];
  }
  if (glyph === "cross") return [draw("circle", { r: size + 3, fill: "transparent" }), draw("path", { class: "cross", d: `M${-size * .8} ${-size * .8}L${size * .8} ${size * .8}M${-size * .8} ${size * .8}L${size * .8} ${-size * .8}` })];
  if (glyph === "diamond") return [draw("path", { class: "diamond", d: `M0 ${-size * 1.3}L${size * 1.3} 0L0 ${size * 1.3}L${-size * 1.3} 0Z` })];
  return [draw("circle", { class: "dot", r: size })];
}

// Items whose labels would overlap get separate rows.
function rowsOf(items, most) {
  const ends = [];
  return items.map(({ x, short }) => {
    let row = ends.findIndex((end) => end <= x);
    if (row < 0) row = Math.min(ends.length, most - 1);
    ends[row] = x + short.length * (LETTER + 1) + 8;
    return row;
  });
}

// Labels in one row: each gets as much of its text as there is room until the next one; null where there is none.
function labelsIn(items, end, letter = LETTER) {
  return items.map((item, index) => {
    const next = items.slice(index + 1).find((each) => each.x > item.x);
    const room = Math.floor(((next ? next.x : end) - item.x - 8) / letter);
    if (index && items[index - 1].x === item.x) return null;
    if (item.text.length <= room) return item.text;
    return item.short.length <= room ? (room > item.short.length + 8 ? item.text.slice(0, room - 1) + "…" : item.short) : null;
  });
}

function showTip(event, time, text, subject) {
  tip.replaceChildren(make("b", {}, time), " ", text, subject ? make("div", {}, subject) : "");
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = Math.max(6, Math.min(event.clientX + 12, innerWidth - width - 8)) + "px";
  tip.style.top = (event.clientY + 18 + height > innerHeight ? event.clientY - height - 10 : event.clientY + 16) + "px";
}
function hideTip() { tip.hidden = true; }
