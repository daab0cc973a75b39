"use strict";
// Draws the timelines and lets one memory be followed through all lanes. Everything it shows is text: nothing is parsed
// as HTML, so nothing that a journal holds can become part of the page.
const DATA = JSON.parse(document.getElementById("data").textContent);
const TONES = ["ok", "wait", "trouble", "bad", "dim", "people"];
const NS = "http://www.w3.org/2000/svg";
const CUT = 54, LANE = 40, EMPTY = 19, PAD = 16, FLAGS = 20, AXIS = 22, BAND = 18;
const boards = new Map();
const tip = document.getElementById("tip");

const make = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);
const draw = (name, attributes = {}, ...children) => fill(document.createElementNS(NS, name), attributes, children);
function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  for (const child of children) if (child !== null && child !== undefined) element.append(child);
  return element;
}

// ---- words ----
function spoken(seconds, units = 2) {
  const sign = seconds < 0 ? "−" : "";
  seconds = Math.abs(seconds);
  if (seconds < 10) return sign + (Math.round(seconds * 100) / 100) + " s";
  const all = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const finest = all[Math.min(3, all.findIndex(([, size]) => Math.round(seconds) >= size) + units - 1)][1];
  let whole = Math.round(seconds / finest) * finest;
  const first = all.findIndex(([, size]) => whole >= size);
  const words = [];
  for (const [unit, size] of all.slice(first, first + units)) {
    const count = Math.floor(whole / size);
    if (count) words.push(count + " " + unit);
    whole -= count * size;
  }
  return sign + words.join(" ");
}
const count = (number, one, more) => number + "\u00a0" + (number === 1 ? one : more || one + "s");

// ---- the axis: stretches, with cuts of a fixed width between them ----
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
function steps(place) {
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

// ---- a board: the drawing of one scenario, and the list beside it ----
class Board {
  constructor(element, data) {
    this.element = element;
    this.data = data;
    this.zoom = 1;
    this.hatch = "hatch-" + element.dataset.index;
    this.followed = null;
    this.eventsOf = data.subjects.map(() => []);
    data.points.forEach((point, index) => point[5].forEach((subject) => this.eventsOf[subject].push(index)));
    this.build();
  }

  build() {
    this.labels = make("div", { class: "labels" });
    this.strip = make("div", { class: "strip", tabindex: "0", role: "group", "aria-label": "Timeline; the list beside it says the same in words" });
    const drawing = make("div", { class: "drawing" }, this.tools(), this.labels, this.strip);
    this.side = make("div", { class: "side" });
    this.element.replaceChildren(make("div", { class: "board" }, drawing, this.side));
    this.redraw();
    this.fillSide();
    this.strip.addEventListener("click", (event) => this.clicked(event));
    this.strip.addEventListener("mousemove", (event) => this.hovered(event));
    this.strip.addEventListener("mouseleave", () => hideTip());
  }

  tools() {
    const key = (tone, text, glyph = "dot") => make("span", { class: "key " + tone }, draw("svg", { width: 14, height: 14, viewBox: "-7 -7 14 14", "aria-hidden": "true" }, ...glyphOf(glyph, 4.5, "")), text);
    const zoom = (by, label, text) => {
      const button = make("button", { type: "button", "aria-label": label, title: label }, text);
      button.addEventListener("click", () => this.zoomBy(by));
      return button;
    };
    return make("div", { class: "tools" },
      key("people", "people"), key("ok", "as it should"), key("wait", "waits"), key("trouble", "trouble"), key("bad", "lost ground", "cross"), key("ok", "receive count", "ring"),
      make("span", { class: "zoom" }, zoom(.5, "Zoom out", "−"), zoom(0, "Fit", "fit"), zoom(2, "Zoom in", "+")));
  }

  zoomBy(by) {
    const middle = (this.strip.scrollLeft + this.strip.clientWidth / 2) / Math.max(1, this.strip.scrollWidth);
    this.zoom = by === 0 ? 1 : Math.min(32, Math.max(1, this.zoom * by));
    this.redraw();
    this.strip.scrollLeft = middle * this.strip.scrollWidth - this.strip.clientWidth / 2;
  }

  redraw() {
    const { data } = this;
    const seen = Math.max(300, this.strip.clientWidth || 700);
    const width = Math.max(seen, Math.min(560, 90 + data.axis.length * 120)) * this.zoom;
    const axis = this.axis = scale(data.axis, width);
    const used = DATA.lanes.map((_, lane) => data.points.some((point) => point[1] === lane) || data.spans.some((span) => span[2] === lane) || Boolean(data.density && data.density[DATA.lanes[lane]]));
    const bands = this.stack(data.faults, axis);
    const top = AXIS + (data.flags.length ? FLAGS : 0) + bands.rows * BAND + 6;
    const rows = Math.max(1, Math.min(data.subjects.filter((subject) => subject.shown).length, 7));
    const laneHeight = LANE + Math.max(0, rows - 4) * 4;
    let y = top;
    this.lanes = used.map((isUsed) => {
      const lane = { y, height: isUsed ? laneHeight : EMPTY, used: isUsed };
      y += lane.height;
      return lane;
    });
    this.rows = rows;
    this.height = y + (data.axis.length > 1 ? 18 : 4);
    const svg = draw("svg", { width: Math.ceil(axis.total), height: this.height, role: "img", "aria-label": "Swim lanes: " + DATA.lanes.join(", ") });
    svg.append(this.defs(), ...this.laneRows(axis.total), ...this.ticks(), ...this.bandMarks(bands, top), ...this.flagMarks(bands.rows));
    this.threadLayer = draw("g");
    svg.append(...this.crowds(), this.threadLayer, ...this.spanMarks(), ...this.pointMarks());
    this.svg = svg;
    this.strip.replaceChildren(svg);
    this.labels.replaceChildren(this.laneNames());
    this.mark();
  }

  defs() {
    return draw("defs", {}, draw("pattern", { id: this.hatch, width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      draw("line", { class: "hatching", x1: 0, y1: 0, x2: 0, y2: 7, "stroke-width": 5 })));
  }

  laneRows(width) {
    return this.lanes.map((lane, index) => draw("rect", { class: "lane" + (index % 2 ? " odd" : ""), x: 0, y: lane.y, width, height: lane.height }));
  }

  laneNames() {
    const svg = draw("svg", { width: 74, height: this.height, "aria-hidden": "true" });
    this.lanes.forEach((lane, index) => {
      if (index % 2) svg.append(draw("rect", { class: "lane odd", x: 0, y: lane.y, width: 74, height: lane.height }));
      svg.append(draw("text", { class: "lane-name" + (lane.used ? "" : " empty"), x: 10, y: lane.y + lane.height / 2 + 4 }, DATA.lanes[index]));
    });
    return svg;
  }

  ticks() {
    const marks = [];
    let last = -99;
    this.axis.places.forEach((place, index) => {
      for (const time of steps(place)) {
        const x = this.axis.at(time);
        const line = draw("line", { x1: x, x2: x, y1: AXIS - 4, y2: this.height });
        const words = spoken(time, 3), room = words.length * 6;
        const isFirst = time === place.start;
        const ends = isFirst ? Infinity : place.x + place.width + (index < this.axis.places.length - 1 ? 8 : PAD);
        const from = Math.min(x - (isFirst && !index ? 4 : 0), this.axis.total - room - 2);
        const text = from > last + 8 && from + room < ends ? draw("text", { x: from, y: 13 }, words) : null;
        if (text) last = from + room;
        marks.push(draw("g", { class: "tick" }, line, text));
      }
      const next = this.axis.places[index + 1];
      if (next) marks.push(this.cut(place.x + place.width, next.start - place.end));
    });
    return marks;
  }

  cut(x, seconds) {
    const from = x + 10, to = x + CUT - 10, middle = (from + to) / 2;
    let path = "";
    for (const edge of [from, to]) {
      path += `M${edge} ${AXIS}`;
      for (let y = AXIS, side = 1; y < this.height; y += 7, side = -side) path += `L${edge + 2.5 * side} ${Math.min(y + 7, this.height)}`;
    }
    return draw("g", { class: "cut" }, draw("title", {}, "nothing happens for " + spoken(seconds)),
      draw("rect", { x: from, y: AXIS, width: to - from, height: this.height - AXIS }), draw("path", { d: path }),
      draw("text", { x: middle, y: this.height - 5 }, spoken(seconds, 1)));
  }

  stack(faults, axis) {
    // Faults that overlap, or whose names would, get rows of their own.
    const ends = [], placed = [];
    for (const fault of faults) {
      const from = axis.at(fault[0]), to = Math.max(axis.at(fault[1]), from + 3);
      const needed = Math.max(to, from + fault[2].length * 6 + 20);
      let row = ends.findIndex((end) => end <= from);
      if (row < 0) row = ends.length < 6 ? ends.length : 5;
      ends[row] = needed;
      placed.push({ fault, from, to, row });
    }
    return { placed, rows: ends.length };
  }

  bandMarks({ placed, rows }, top) {
    const flags = this.data.flags.length ? FLAGS : 0;
    return placed.map(({ fault, from, to, row }) => {
      const y = AXIS + flags + row * BAND;
      const met = fault[4] === null ? "never ended" : "met " + count(fault[4], "time");
      return draw("g", { class: "band" }, draw("title", {}, `${fault[2]}, ${met}`),
        draw("rect", { x: from, y: y + 3, width: to - from, height: this.height - y, fill: `url(#${this.hatch})` }),
        draw("rect", { class: "head", x: from, y: y + 13, width: to - from, height: 3 }),
        draw("text", { x: Math.min(from + 1, Math.max(PAD, this.axis.total - fault[2].length * 6 - 10)), y: y + 10 }, fault[2]));
    });
  }

  flagMarks() {
    let last = -999;
    return this.data.flags.map(([time, words]) => {
      const x = this.axis.at(time);
      const room = x - last > words.length * 6 + 12;
      const line = draw("line", { x1: x, x2: x, y1: AXIS, y2: this.height });
      if (room) last = x;
      return draw("g", { class: "flag" }, draw("title", {}, `the scenario has waited for “${words}”, ${spoken(time)}`), line,
        room ? draw("text", { x: x - 4, y: AXIS + 13, "text-anchor": x > 90 ? "end" : "start" }, words) : null);
    });
  }

  rowOf(subjects) {
    return subjects.length ? subjects[0] % this.rows : (this.rows - 1) / 2;
  }
  yOf(lane, subjects) {
    const { y, height } = this.lanes[lane];
    if (this.rows === 1) return y + height / 2;
    return y + 8 + (height - 16) * this.rowOf(subjects) / (this.rows - 1);
  }

  crowds() {
    const marks = [];
    for (const [name, bins] of Object.entries(this.data.density || {})) {
      const lane = this.lanes[DATA.lanes.indexOf(name)], most = Math.max(...bins, 1);
      const shares = this.axis.places.map((place) => place.width), room = shares.reduce((sum, each) => sum + each, 0);
      bins.forEach((many, bin) => {
        if (!many) return;
        let along = bin / bins.length * room, place = 0;
        while (place < shares.length - 1 && along > shares[place]) along -= shares[place++];
        const height = Math.max(2, (lane.height - 6) * Math.sqrt(many / most));
        marks.push(draw("rect", { class: "crowd", x: this.axis.places[place].x + along, y: lane.y + lane.height - 2 - height, width: Math.max(1.5, room / bins.length - .5), height },
          draw("title", {}, count(many, "event") + " of memories not shown one by one")));
      });
    }
    return marks;
  }

  spanMarks() {
    const thin = Math.max(2, Math.min(5, 26 / this.rows));
    return this.data.spans.map((span, index) => {
      const [start, end, lane, tone, style, , subjects] = span;
      const x = this.axis.at(start), width = Math.max(2, this.axis.at(end) - x);
      const isState = ["waiting", "flight", "delayed", "dead"].includes(style);
      const height = isState ? thin * .8 : Math.min(11, Math.max(4, 34 / this.rows));
      const y = this.yOf(lane, subjects) - height / 2;
      const group = draw("g", { class: `event ${TONES[tone]}${subjects.length ? "" : " alone"}`, "data-span": index },
        draw("rect", { class: "span " + style, x, y, width, height, rx: Math.min(2, height / 2) }));
      if (style === "cold" && width > 7) group.append(draw("rect", { class: "snow", x: x + 2, y: y + 2, width: 2, height: Math.max(1, height - 4) }));
      return group;
    });
  }

  pointMarks() {
    const size = this.rows > 5 ? 3.4 : this.rows > 2 ? 4 : 4.6;
    const isCrowded = this.data.subjects.length > 40;
    const marks = [];
    this.data.points.forEach((point, index) => {
      const [time, lane, tone, glyph, , subjects, label] = point;
      if (glyph === "none") return;
      marks.push(draw("g", { class: `event ${TONES[tone]}${subjects.length ? "" : " alone"}`, "data-point": index,
        transform: `translate(${this.axis.at(time).toFixed(1)} ${this.yOf(lane, subjects).toFixed(1)})` }, ...glyphOf(glyph, size, isCrowded ? "" : label)));
    });
    return marks;
  }

  // -- following one memory --
  follow(subject, { keep = false } = {}) {
    this.followed = this.followed === subject && !keep ? null : subject;
    current = this;
    this.fillSide();
    this.mark();
    writeHash(this);
  }

  mark() {
    const { svg, followed } = this;
    svg.classList.toggle("following", followed !== null);
    for (const element of svg.querySelectorAll(".event")) {
      const event = this.eventOf(element);
      element.classList.toggle("mine", followed !== null && event.subjects.includes(followed));
    }
    this.threadLayer.replaceChildren();
    if (followed === null) return;
    const path = this.eventsOf[followed].filter((index) => this.data.points[index][2] !== 4)
      .map((index) => this.data.points[index]).map(([time, lane, , , , subjects]) => `${this.axis.at(time).toFixed(1)},${this.yOf(lane, subjects.includes(followed) ? [followed] : subjects).toFixed(1)}`);
    this.threadLayer.append(draw("polyline", { class: "thread", points: path.join(" ") }));
  }

  eventOf(element) {
    const { point, span } = element.dataset;
    if (point !== undefined) {
      const [time, lane, , , text, subjects] = this.data.points[point];
      return { time, lane, text: this.data.texts[text], subjects };
    }
    const [time, , lane, , , text, subjects] = this.data.spans[span];
    return { time, lane, text: this.data.texts[text], subjects };
  }

  clicked(event) {
    const element = event.target.closest(".event");
    if (!element) return;
    const { subjects } = this.eventOf(element);
    if (subjects.length) this.follow(subjects.includes(this.followed) ? this.followed : subjects[0], { keep: true });
    const row = element.dataset.point && this.side.querySelector(`[data-point="${element.dataset.point}"]`);
    if (row) { row.classList.add("here"); row.scrollIntoView({ block: "nearest" }); }
  }

  hovered(event) {
    const element = event.target.closest(".event");
    if (!element) return hideTip();
    const { time, lane, text, subjects } = this.eventOf(element);
    const who = subjects.length === 1 ? this.nameOf(subjects[0]) : subjects.length ? count(subjects.length, "memory", "memories") : "";
    showTip(event, spoken(time), `${DATA.lanes[lane]}: ${text}`, who);
  }

  nameOf(subject) {
    const { title, id } = this.data.subjects[subject];
    return title || id.slice(0, 8);
  }

  fillSide() {
    const { subjects } = this.data;
    if (this.followed === null) {
      const title = make("h4", {}, subjects.length ? `Follow one of ${count(subjects.length, "memory", "memories")}` : "Nobody to follow");
      const list = make("ul", { class: "people-list" }, ...subjects.map((_, index) => this.personRow(index)));
      return this.side.replaceChildren(title, list);
    }
    const subject = subjects[this.followed];
    const back = make("button", { type: "button", class: "clear" }, "all");
    back.addEventListener("click", () => this.follow(null, { keep: true }));
    const title = make("h4", {}, make("span", {}, this.nameOf(this.followed)), back);
    const full = make("div", { class: "full" }, subject.id);
    this.side.replaceChildren(title, full, make("div", { class: "people-list", style: "flex:none;min-height:0" }, this.endOf(subject)), this.eventList());
    return undefined;
  }

  personRow(index) {
    const subject = this.data.subjects[index];
    const button = make("button", { type: "button", "aria-pressed": String(this.followed === index) },
      make("span", { class: "who" }, make("span", {}, this.nameOf(index)), make("code", {}, subject.id.slice(0, 8))), this.endOf(subject));
    button.addEventListener("click", () => this.follow(index, { keep: true }));
    return make("li", {}, button);
  }

  endOf(subject) {
    const told = [];
    if (subject.receives > 1) told.push(count(subject.receives, "receive"));
    if (subject.calls) told.push(count(subject.calls, "call"));
    if (subject.paid) told.push(subject.paid + " s paid");
    if (!subject.shown) told.push(count(subject.events, "event") + ", summed up");
    const status = (subject.status || "on its way").replaceAll("_", " ") + (subject.reason ? `: ${subject.reason.replaceAll("_", " ")}` : "");
    const look = subject.status === "dead letter" ? "dead" : subject.status;
    return make("span", { class: "end" }, make("b", { class: look || null }, status), told.length ? " · " + told.join(" · ") : "");
  }

  eventList() {
    const rows = [];
    let before = null;
    for (const index of this.eventsOf[this.followed]) {
      const [time, lane, tone, , text] = this.data.points[index];
      if (before !== null && time - before >= 10) rows.push(make("li", { class: "pause" }, spoken(time - before) + " pass"));
      before = time;
      const row = make("li", { class: TONES[tone], "data-point": index }, make("time", {}, spoken(time)), make("span", { class: "where" }, DATA.lanes[lane]), make("span", { class: "what" }, this.data.texts[text]));
      row.addEventListener("mouseenter", () => this.point(index, true));
      row.addEventListener("mouseleave", () => this.point(index, false));
      rows.push(row);
    }
    if (!rows.length) rows.push(make("li", { class: "dim" }, make("span", { class: "what" }, "Its events are summed up in the bars: `python -m sim events` tells them all.")));
    return make("ol", { class: "events", tabindex: "0", "aria-label": "All that happened to it" }, ...rows);
  }

  point(index, isHere) {
    const element = this.svg.querySelector(`[data-point="${index}"]`);
    if (element) element.classList.toggle("here", isHere);
  }

  step(by) {
    const many = this.data.subjects.length;
    if (!many) return;
    this.follow(this.followed === null ? (by > 0 ? 0 : many - 1) : (this.followed + by + many) % many, { keep: true });
  }
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

function showTip(event, time, text, who) {
  tip.replaceChildren(make("b", {}, time), " ", text, who ? make("div", {}, who) : "");
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = Math.max(6, Math.min(event.clientX + 12, innerWidth - width - 8)) + "px";
  tip.style.top = (event.clientY + 18 + height > innerHeight ? event.clientY - height - 10 : event.clientY + 16) + "px";
}
function hideTip() { tip.hidden = true; }

// ---- cards ----
const cards = [...document.querySelectorAll(".card")];
let current = null;

function boardOf(card) {
  const index = Number(card.dataset.index);
  if (!boards.has(index)) {
    const data = DATA.scenarios[index];
    const place = card.querySelector(".timeline");
    if (!data.axis.length) { place.replaceChildren(make("p", { class: "nothing" }, "Nothing was written down about this one.")); return null; }
    boards.set(index, new Board(place, data));
  }
  return boards.get(index);
}

for (const card of cards) {
  card.addEventListener("toggle", () => { if (card.open) current = boardOf(card) || current; });
  const copy = card.querySelector(".copy");
  if (navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(copy.previousElementSibling.textContent);
      copy.textContent = "copied";
    });
  }
}

// ---- search and filters ----
const search = document.getElementById("search"), folder = document.getElementById("folder"), found = document.getElementById("found");
const chips = [...document.querySelectorAll(".chip")];
function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = chips.filter((chip) => chip.getAttribute("aria-pressed") === "true").map((chip) => chip.dataset.verdict);
  let shown = 0;
  for (const card of cards) {
    const fits = words.every((word) => card.dataset.search.includes(word)) && (!wanted.length || wanted.includes(card.dataset.verdict)) && (!folder.value || folder.value === card.dataset.folder);
    card.hidden = !fits;
    shown += fits;
  }
  found.textContent = shown === cards.length ? "" : `${shown} of ${cards.length}`;
}
search.addEventListener("input", filter);
folder.addEventListener("change", filter);
for (const chip of chips) chip.addEventListener("click", () => { chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true")); filter(); });

// ---- the address says what is open, so that it can be sent to somebody ----
function writeHash(board) {
  const card = board.element.closest(".card");
  const parts = new URLSearchParams({ scenario: card.dataset.name });
  if (board.followed !== null) parts.set("follow", board.data.subjects[board.followed].id);
  history.replaceState(null, "", "#" + parts);
}
function readHash() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const wanted = parts.get("scenario");
  const card = wanted === null ? null : cards.find((each) => each.dataset.name === wanted || each.dataset.index === wanted);
  if (!card) return;
  card.hidden = false;
  card.open = true;
  const board = current = boardOf(card);
  const subject = board ? board.data.subjects.findIndex((each) => each.id === parts.get("follow")) : -1;
  if (subject >= 0) board.follow(subject, { keep: true });
  card.scrollIntoView({ block: "start" });
}
addEventListener("hashchange", readHash);

// ---- keys ----
function move(by) {
  const shown = cards.filter((card) => !card.hidden);
  const here = shown.findIndex((card) => card.contains(document.activeElement));
  const next = shown[Math.max(0, Math.min(shown.length - 1, here < 0 ? (by > 0 ? 0 : shown.length - 1) : here + by))];
  if (!next) return;
  next.querySelector("summary").focus();
  next.scrollIntoView({ block: "nearest" });
  if (next.open) current = boardOf(next) || current;
}
const KEYS = {
  "/": () => search.focus(), j: () => move(1), k: () => move(-1), n: () => current?.step(1), p: () => current?.step(-1),
  "+": () => current?.zoomBy(2), "=": () => current?.zoomBy(2), "-": () => current?.zoomBy(.5), 0: () => current?.zoomBy(0),
  Escape: () => current?.followed !== null && current?.follow(null, { keep: true }),
};
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches("input, select, textarea");
  if (typing && event.key === "Escape") return event.target.blur();
  if (typing || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});
let resizing = 0;
addEventListener("resize", () => { cancelAnimationFrame(resizing); resizing = requestAnimationFrame(() => boards.forEach((board) => board.element.closest(".card").open && board.redraw())); });

for (const card of cards) if (card.open) current = boardOf(card) || current;
readHash();
