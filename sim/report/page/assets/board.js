// A board is the timeline of one scenario with the list beside it. The list shows all memories, or the events of the one
// that is followed. All that it shows is the state to which the reducer has reduced the scenario's feed.
class Board {
  constructor(element, feed) {
    this.element = element;
    this.state = reduce(feed);
    this.moments = momentsOf(this.state);
    this.isEmpty = !this.moments.length;
    if (this.isEmpty) return;
    this.subjects = [...this.state.subjects.values()].sort(byRelevance);
    this.indexOf = new Map(this.subjects.map((subject, index) => [subject.id, index]));
    this.zoom = 1;
    this.pace = "time";
    this.hatch = "hatch-" + element.dataset.index;
    this.followed = null;
    this.build();
  }

  build() {
    const { state } = this;
    this.labels = make("div", { class: "labels" });
    this.strip = make("div", { class: "strip", tabindex: "0", role: "group", "aria-label": "Timeline; the list beside it has the same events as text" });
    this.places = state.series.length ? new Strip(state, this.hatch) : null;
    const sentences = sentencesOf(state).join(" ");
    const drawing = make("div", { class: "drawing" }, this.tools(), this.places && this.places.legend("at the end"), this.labels, this.strip);
    this.side = make("div", { class: "side" });
    this.element.replaceChildren(sentences ? make("p", { class: "sentences" }, sentences) : "", make("div", { class: "board" }, drawing, this.side));
    this.redraw();
    this.fillSide();
    this.strip.addEventListener("click", (event) => this.clicked(event));
    this.strip.addEventListener("mousemove", (event) => this.hovered(event));
    this.strip.addEventListener("mouseleave", () => hideTip());
  }

  tools() {
    const key = (tone, text, glyph = "dot") => make("span", { class: "key " + tone }, draw("svg", { width: 14, height: 14, viewBox: "-7 -7 14 14", "aria-hidden": "true" }, ...glyphOf(glyph, 4.5, "")), text);
    const button = (label, text, act) => {
      const element = make("button", { type: "button", "aria-label": label, title: label }, text);
      element.addEventListener("click", act);
      return element;
    };
    const paces = [["time", "Axis paced by time, idle time cut out"], ["events", "Axis paced by events, each moment as wide as any other"]];
    this.paceButtons = new Map(paces.map(([pace, label]) => [pace, button(label, pace, () => this.setPace(pace))]));
    this.paceButtons.forEach((element, pace) => element.setAttribute("aria-pressed", String(pace === this.pace)));
    const zoom = [[.5, "Zoom out", "−"], [0, "Fit to width", "fit"], [2, "Zoom in", "+"]].map(([by, label, text]) => button(label, text, () => this.zoomBy(by)));
    return make("div", { class: "tools" },
      make("details", { class: "keys", open: innerWidth > 620 }, make("summary", {}, "Legend"),
        make("span", { class: "key-list" }, key("action", "client or operator"), key("ok", "success"), key("wait", "waiting"), key("warning", "retry or refusal"), key("error", "error", "cross"), key("ok", "receive count", "ring"))),
      make("span", { class: "buttons", role: "group", "aria-label": "Pace of the axis" }, make("span", { "aria-hidden": "true" }, "paced by"), ...this.paceButtons.values()),
      make("span", { class: "buttons zoom" }, ...zoom));
  }

  setPace(pace) {
    this.pace = pace;
    this.paceButtons.forEach((element, name) => element.setAttribute("aria-pressed", String(name === pace)));
    this.redraw();
    writeHash(this);
  }

  zoomBy(by) {
    const middle = (this.strip.scrollLeft + this.strip.clientWidth / 2) / Math.max(1, this.strip.scrollWidth);
    this.zoom = by === 0 ? 1 : Math.min(32, Math.max(1, this.zoom * by));
    this.redraw();
    this.strip.scrollLeft = middle * this.strip.scrollWidth - this.strip.clientWidth / 2;
  }

  redraw() {
    const { state } = this, seen = Math.max(300, this.strip.clientWidth || 700);
    const width = Math.max(seen, Math.min(560, 90 + stretches(this.moments).length * 120)) * this.zoom;
    const axis = this.axis = (this.pace === "time" ? timeAxis : eventAxis)(this.moments, width);
    const used = new Set([...state.points, ...state.spans, ...state.omitted].map((each) => each.lane));
    const bands = this.stack(axis), steps = this.stepItems();
    this.stepsTop = AXIS;
    this.conditionsTop = AXIS + steps.rows * LABEL_ROW;
    this.bandsTop = this.conditionsTop + (state.conditions.length ? LABEL_ROW : 0);
    this.placesTop = this.bandsTop + bands.rows * BAND + 6;
    this.rows = Math.max(1, Math.min(this.subjects.filter((subject) => !subject.isOmitted).length, 7));
    let y = this.placesTop + (this.places ? STRIP_HEIGHT + 8 : 0);
    this.lanes = new Map(DATA.lanes.map((name) => {
      const lane = { y, height: used.has(name) ? LANE + Math.max(0, this.rows - 4) * 4 : EMPTY, used: used.has(name) };
      y += lane.height;
      return [name, lane];
    }));
    this.height = y + (axis.places.length > 1 ? 18 : 4);
    const svg = draw("svg", { width: Math.ceil(axis.total), height: this.height, role: "img", "aria-label": "Swim lanes: " + DATA.lanes.join(", ") });
    this.threadLayer = draw("g");
    svg.append(this.defs(), ...this.laneRows(axis.total), ...this.ticks(), ...this.bandMarks(bands), ...this.stepMarks(steps), ...this.conditionMarks(),
      ...(this.places ? this.places.marks(axis, this.placesTop) : []), ...this.densityMarks(), this.threadLayer, ...this.spanMarks(), ...this.pointMarks());
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
    return [...this.lanes.values()].map((lane, index) => draw("rect", { class: "lane" + (index % 2 ? " odd" : ""), x: 0, y: lane.y, width, height: lane.height }));
  }

  laneNames() {
    const svg = draw("svg", { width: 74, height: this.height, "aria-hidden": "true" });
    if (this.places) svg.append(...this.places.names(this.placesTop));
    [...this.lanes].forEach(([name, lane], index) => {
      if (index % 2) svg.append(draw("rect", { class: "lane odd", x: 0, y: lane.y, width: 74, height: lane.height }));
      svg.append(draw("text", { class: "lane-name" + (lane.used ? "" : " empty"), x: 10, y: lane.y + lane.height / 2 + 4 }, name));
    });
    return svg;
  }

  ticks() {
    let last = -99;
    const marks = this.axis.ticks.map(({ time, label, isFirst }, index) => {
      const x = this.axis.at(time), room = label.length * LETTER;
      const from = Math.min(x - (isFirst && !index ? 4 : 0), this.axis.total - room - 2);
      const next = this.axis.ticks.slice(index + 1).find((each) => each.isFirst);
      const hasRoom = from > last + 8 && (isFirst || !next || from + room + 8 < this.axis.at(next.time));
      if (hasRoom) last = from + room;
      return draw("g", { class: "tick" }, draw("line", { x1: x, x2: x, y1: AXIS - 4, y2: this.height }), hasRoom ? draw("text", { x: from, y: 13 }, label) : null);
    });
    const cuts = this.axis.places.slice(0, -1).map((place, index) => this.cut(place.x + place.width, this.axis.places[index + 1].start - place.end));
    return [...marks, ...cuts];
  }

  cut(x, seconds) {
    const from = x + 10, to = x + CUT - 10, middle = (from + to) / 2;
    let path = "";
    for (const edge of [from, to]) {
      path += `M${edge} ${AXIS}`;
      for (let y = AXIS, side = 1; y < this.height; y += 7, side = -side) path += `L${edge + 2.5 * side} ${Math.min(y + 7, this.height)}`;
    }
    return draw("g", { class: "cut" }, draw("title", {}, "no events for " + durationText(seconds)),
      draw("rect", { x: from, y: AXIS, width: to - from, height: this.height - AXIS }), draw("path", { d: path }),
      draw("text", { x: middle, y: this.height - 5 }, durationText(seconds, 1)));
  }

  stack(axis) {
    // Faults that overlap in time, or whose names would overlap, get separate rows.
    const ends = [];
    const placed = this.state.faults.map((fault) => {
      const from = axis.at(fault.start), to = Math.max(axis.at(fault.end ?? this.state.at), from + 3);
      let row = ends.findIndex((end) => end <= from);
      if (row < 0) row = ends.length < 6 ? ends.length : 5;
      ends[row] = Math.max(to, from + fault.fault.length * LETTER + 20);
      return { fault, from, to, row };
    });
    return { placed, rows: ends.length };
  }

  bandMarks({ placed }) {
    return placed.map(({ fault, from, to, row }) => {
      const y = this.bandsTop + row * BAND, name = fault.fault;
      const triggered = fault.end === null ? "active until the end" : fault.times_triggered ? "triggered " + countText(fault.times_triggered, "time") : "not triggered";
      return draw("g", { class: "band" }, draw("title", {}, `${name}, ${triggered}`),
        draw("rect", { x: from, y: y + 3, width: to - from, height: this.height - y, fill: `url(#${this.hatch})` }),
        draw("rect", { class: "head", x: from, y: y + 13, width: to - from, height: 3 }),
        draw("text", { x: Math.min(from + 1, Math.max(PAD, this.axis.total - name.length * LETTER - 10)), y: y + 10 }, name));
    });
  }

  stepItems() {
    const items = this.state.steps.map((step) => ({ step, x: this.axis.at(step.at), text: `${step.name} ${step.text}`, short: step.name }));
    rowsOf(items, STEP_ROWS).forEach((row, index) => { items[index].row = row; });
    const rows = Math.max(0, ...items.map((item) => item.row + 1));
    for (let row = 0; row < rows; row += 1) {
      const inRow = items.filter((item) => item.row === row);
      labelsIn(inRow, this.axis.total, LETTER * 1.15).forEach((label, index) => { inRow[index].label = label; });
    }
    return { items, rows };
  }

  stepMarks({ items }) {
    return items.map(({ step, x, text, label, row }) => {
      const top = this.stepsTop + row * LABEL_ROW;
      return draw("g", { class: "step", "data-line": step.line }, draw("title", {}, `${durationText(step.at)}, line ${step.line}: ${text}`),
        draw("line", { x1: x, x2: x, y1: AXIS, y2: this.height }),
        draw("rect", { x: x - 1, y: top + 2, width: Math.max(10, (label || "").length * LETTER + 6), height: LABEL_ROW - 5, fill: "transparent" }),
        label ? draw("text", { x: x + 4, y: top + 13 }, label) : null);
    });
  }

  showStep(line) {
    const step = this.state.steps.find((each) => each.line === line);
    if (!step) return;
    for (const each of this.svg.querySelectorAll(".step")) each.classList.toggle("here", Number(each.dataset.line) === line);
    this.strip.scrollLeft = this.axis.at(step.at) - this.strip.clientWidth / 2;
    this.strip.scrollIntoView({ block: "nearest" });
  }

  conditionMarks() {
    const items = this.state.conditions.map(({ at, text }) => ({ at, text, short: text, x: this.axis.at(at) }));
    const labels = labelsIn(items, this.axis.total);
    return items.map(({ at, text, x }, index) => draw("g", { class: "condition" }, draw("title", {}, `condition of the scenario became true: “${text}”, ${durationText(at)}`),
      draw("line", { x1: x, x2: x, y1: this.conditionsTop, y2: this.height }),
      labels[index] ? draw("text", { x: x + 4, y: this.conditionsTop + 13 }, labels[index])
        : x > text.length * LETTER + 8 && !labels[index - 1] && index === items.length - 1 ? draw("text", { x: x - 4, y: this.conditionsTop + 13, "text-anchor": "end" }, text) : null));
  }

  rowOf(subjects) {
    return subjects.length ? this.indexOf.get(subjects[0]) % this.rows : (this.rows - 1) / 2;
  }
  yOf(name, subjects) {
    const { y, height } = this.lanes.get(name);
    return this.rows === 1 ? y + height / 2 : y + 8 + (height - 16) * this.rowOf(subjects) / (this.rows - 1);
  }

  densityMarks() {
    const { omitted } = this.state, most = Math.max(...omitted.map((each) => each.events), 1);
    return omitted.map(({ at, lane: name, events }) => {
      const lane = this.lanes.get(name), height = Math.max(2, (lane.height - 6) * Math.sqrt(events / most));
      return draw("rect", { class: "density", x: this.axis.at(at) - 2, y: lane.y + lane.height - 2 - height, width: 4, height },
        draw("title", {}, countText(events, "event") + " of memories whose events are not shown"));
    });
  }

  spanMarks() {
    const thin = Math.max(2, Math.min(5, 26 / this.rows));
    return this.state.spans.map(({ start, end, lane, tone, style, subjects }, index) => {
      const x = this.axis.at(start), width = Math.max(2, this.axis.at(end ?? this.state.at) - x);
      const isState = ["waiting", "flight", "delayed", "dead"].includes(style);
      const height = isState ? thin * .8 : Math.min(11, Math.max(4, 34 / this.rows));
      const y = this.yOf(lane, subjects) - height / 2;
      const group = draw("g", { class: `event ${tone}${subjects.length ? "" : " alone"}`, "data-span": index },
        draw("rect", { class: "span " + style, x, y, width, height, rx: Math.min(2, height / 2) }));
      if (style === "cold" && width > 7) group.append(draw("rect", { class: "notch", x: x + 2, y: y + 2, width: 2, height: Math.max(1, height - 4) }));
      return group;
    });
  }

  pointMarks() {
    const size = this.rows > 5 ? 3.4 : this.rows > 2 ? 4 : 4.6, isCrowded = this.subjects.length > 40;
    return this.state.points.map(({ at, lane, tone, glyph, subjects, label }, index) => glyph === "none" ? "" : draw("g", { class: `event ${tone}${subjects.length ? "" : " alone"}`, "data-point": index,
      transform: `translate(${this.axis.at(at).toFixed(1)} ${this.yOf(lane, subjects).toFixed(1)})` }, ...glyphOf(glyph, size, isCrowded ? "" : label)));
  }

  // ---- following one memory ----
  follow(id, { keep = false } = {}) {
    this.followed = this.followed === id && !keep ? null : id;
    current = this;
    this.fillSide();
    this.mark();
    writeHash(this);
  }

  mark() {
    const { svg, followed } = this;
    svg.classList.toggle("following", followed !== null);
    for (const element of svg.querySelectorAll(".event")) element.classList.toggle("followed", followed !== null && this.eventOf(element).subjects.includes(followed));
    this.threadLayer.replaceChildren();
    if (followed === null) return;
    const path = this.state.points.filter((point) => point.subjects.includes(followed) && point.tone !== "minor")
      .map(({ at, lane }) => `${this.axis.at(at).toFixed(1)},${this.yOf(lane, [followed]).toFixed(1)}`);
    this.threadLayer.append(draw("polyline", { class: "thread", points: path.join(" ") }));
  }

  eventOf(element) {
    const { point, span } = element.dataset;
    return point !== undefined ? this.state.points[point] : { ...this.state.spans[span], at: this.state.spans[span].start };
  }

  clicked(event) {
    const step = event.target.closest(".step");
    if (step) return showLine(this.element.closest(".card"), Number(step.dataset.line));
    const element = event.target.closest(".event");
    if (!element) return;
    const { subjects } = this.eventOf(element);
    if (subjects.length) this.follow(subjects.includes(this.followed) ? this.followed : subjects[0], { keep: true });
    const row = element.dataset.point && this.side.querySelector(`[data-point="${element.dataset.point}"]`);
    if (!row) return;
    row.closest("details")?.setAttribute("open", "");
    row.classList.add("here");
    row.scrollIntoView({ block: "nearest" });
  }

  hovered(event) {
    if (event.target.closest(".places-strip")) {
      const x = event.clientX - this.svg.getBoundingClientRect().left, sample = this.places.sampleAt(this.axis, x);
      return showTip(event, "since " + durationText(sample.at), sample.text, "");
    }
    const element = event.target.closest(".event");
    if (!element) return hideTip();
    const { at, lane, text, subjects } = this.eventOf(element);
    const subject = subjects.length === 1 ? this.nameOf(subjects[0]) : subjects.length ? countText(subjects.length, "memory", "memories") : "";
    showTip(event, durationText(at), `${lane}: ${text}`, subject);
  }

  nameOf(id) {
    return this.state.subjects.get(id).title || id.slice(0, 8);
  }

  fillSide() {
    this.side.replaceChildren(...(this.followed === null ? allSubjects(this) : oneSubject(this)));
  }

  point(index, isHere) {
    this.svg.querySelector(`[data-point="${index}"]`)?.classList.toggle("here", isHere);
  }

  step(by) {
    const total = this.subjects.length;
    if (!total) return;
    const here = this.followed === null ? (by > 0 ? -1 : 0) : this.indexOf.get(this.followed);
    this.follow(this.subjects[(here + by + total) % total].id, { keep: true });
  }
}

// First those without a good final status, then those that were dead-lettered, with most problems, with most receives.
function byRelevance(one, other) {
  const rank = (each) => [!["complete", ""].includes(each.status), each.dead_at.length > 0, each.problems, each.receives].map(Number);
  const first = rank(one), second = rank(other);
  const index = first.findIndex((value, at) => value !== second[at]);
  return index < 0 ? 0 : second[index] - first[index];
}
