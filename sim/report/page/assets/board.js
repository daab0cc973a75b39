// A board is the timeline of one scenario with the list beside it. The list shows all memories, or the events of the one
// that is followed.
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
    this.strip = make("div", { class: "strip", tabindex: "0", role: "group", "aria-label": "Timeline; the list beside it has the same events as text" });
    this.places = this.data.conservation && this.data.conservation.series.samples.length ? new Places(this.data.conservation, this.hatch) : null;
    const drawing = make("div", { class: "drawing" }, this.tools(), this.places && this.places.legend(), this.labels, this.strip);
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
      key("action", "client or operator"), key("ok", "success"), key("wait", "waiting"), key("warning", "retry or refusal"), key("error", "error", "cross"), key("ok", "receive count", "ring"),
      make("span", { class: "zoom" }, zoom(.5, "Zoom out", "−"), zoom(0, "Fit to width", "fit"), zoom(2, "Zoom in", "+")));
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
    const top = AXIS + (data.conditions.length ? CONDITIONS : 0) + bands.rows * BAND + 6;
    const rows = Math.max(1, Math.min(data.subjects.filter((subject) => subject.shown).length, 7));
    const laneHeight = LANE + Math.max(0, rows - 4) * 4;
    this.placesTop = top;
    let y = top + (this.places ? PLACES + 8 : 0);
    this.lanes = used.map((isUsed) => {
      const lane = { y, height: isUsed ? laneHeight : EMPTY, used: isUsed };
      y += lane.height;
      return lane;
    });
    this.rows = rows;
    this.height = y + (data.axis.length > 1 ? 18 : 4);
    const svg = draw("svg", { width: Math.ceil(axis.total), height: this.height, role: "img", "aria-label": "Swim lanes: " + DATA.lanes.join(", ") });
    svg.append(this.defs(), ...this.laneRows(axis.total), ...this.ticks(), ...this.bandMarks(bands, top), ...this.conditionMarks());
    this.threadLayer = draw("g");
    svg.append(...(this.places ? this.places.marks(this.axis, this.placesTop) : []), ...this.densityMarks(), this.threadLayer, ...this.spanMarks(), ...this.pointMarks());
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
    if (this.places) svg.append(...this.places.names(this.placesTop));
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
      for (const time of ticksOf(place)) {
        const x = this.axis.at(time);
        const line = draw("line", { x1: x, x2: x, y1: AXIS - 4, y2: this.height });
        const label = durationText(time, 3), room = label.length * 6;
        const isFirst = time === place.start;
        const ends = isFirst ? Infinity : place.x + place.width + (index < this.axis.places.length - 1 ? 8 : PAD);
        const from = Math.min(x - (isFirst && !index ? 4 : 0), this.axis.total - room - 2);
        const text = from > last + 8 && from + room < ends ? draw("text", { x: from, y: 13 }, label) : null;
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
    return draw("g", { class: "cut" }, draw("title", {}, "no events for " + durationText(seconds)),
      draw("rect", { x: from, y: AXIS, width: to - from, height: this.height - AXIS }), draw("path", { d: path }),
      draw("text", { x: middle, y: this.height - 5 }, durationText(seconds, 1)));
  }

  stack(faults, axis) {
    // Faults that overlap in time, or whose names would overlap, get separate rows.
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
    const conditions = this.data.conditions.length ? CONDITIONS : 0;
    return placed.map(({ fault, from, to, row }) => {
      const y = AXIS + conditions + row * BAND;
      const triggered = fault[4] === null ? "active until the end" : fault[4] ? "triggered " + countText(fault[4], "time") : "not triggered";
      return draw("g", { class: "band" }, draw("title", {}, `${fault[2]}, ${triggered}`),
        draw("rect", { x: from, y: y + 3, width: to - from, height: this.height - y, fill: `url(#${this.hatch})` }),
        draw("rect", { class: "head", x: from, y: y + 13, width: to - from, height: 3 }),
        draw("text", { x: Math.min(from + 1, Math.max(PAD, this.axis.total - fault[2].length * 6 - 10)), y: y + 10 }, fault[2]));
    });
  }

  conditionMarks() {
    let last = -999;
    return this.data.conditions.map(([time, name]) => {
      const x = this.axis.at(time);
      const room = x - last > name.length * 6 + 12;
      const line = draw("line", { x1: x, x2: x, y1: AXIS, y2: this.height });
      if (room) last = x;
      return draw("g", { class: "condition" }, draw("title", {}, `condition of the scenario became true: “${name}”, ${durationText(time)}`), line,
        room ? draw("text", { x: x - 4, y: AXIS + 13, "text-anchor": x > 90 ? "end" : "start" }, name) : null);
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

  densityMarks() {
    const marks = [];
    for (const [name, bins] of Object.entries(this.data.density || {})) {
      const lane = this.lanes[DATA.lanes.indexOf(name)], most = Math.max(...bins, 1);
      const shares = this.axis.places.map((place) => place.width), room = shares.reduce((sum, each) => sum + each, 0);
      bins.forEach((events, bin) => {
        if (!events) return;
        let along = bin / bins.length * room, place = 0;
        while (place < shares.length - 1 && along > shares[place]) along -= shares[place++];
        const height = Math.max(2, (lane.height - 6) * Math.sqrt(events / most));
        marks.push(draw("rect", { class: "density", x: this.axis.places[place].x + along, y: lane.y + lane.height - 2 - height, width: Math.max(1.5, room / bins.length - .5), height },
          draw("title", {}, countText(events, "event") + " of memories whose events are not shown")));
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
      if (style === "cold" && width > 7) group.append(draw("rect", { class: "notch", x: x + 2, y: y + 2, width: 2, height: Math.max(1, height - 4) }));
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
      element.classList.toggle("followed", followed !== null && event.subjects.includes(followed));
    }
    this.threadLayer.replaceChildren();
    if (followed === null) return;
    const path = this.eventsOf[followed].filter((index) => this.data.points[index][2] !== MINOR)
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
    if (event.target.closest(".places-strip")) return this.places.hovered(event, this.axis);
    const element = event.target.closest(".event");
    if (!element) return hideTip();
    const { time, lane, text, subjects } = this.eventOf(element);
    const subject = subjects.length === 1 ? this.nameOf(subjects[0]) : subjects.length ? countText(subjects.length, "memory", "memories") : "";
    showTip(event, durationText(time), `${DATA.lanes[lane]}: ${text}`, subject);
  }

  nameOf(subject) {
    const { title, id } = this.data.subjects[subject];
    return title || id.slice(0, 8);
  }

  fillSide() {
    const { subjects } = this.data;
    if (this.followed === null) {
      const title = make("h4", {}, subjects.length ? "Follow one of " + this.subjectsText() : "No memory to follow");
      const list = make("ul", { class: "subject-list" }, ...subjects.map((_, index) => this.subjectRow(index)));
      return this.side.replaceChildren(title, list);
    }
    const subject = subjects[this.followed];
    const back = make("button", { type: "button", class: "clear" }, "show all");
    back.addEventListener("click", () => this.follow(null, { keep: true }));
    const title = make("h4", {}, make("span", {}, this.nameOf(this.followed)), back);
    const full = make("div", { class: "full" }, subject.id);
    this.side.replaceChildren(title, full, make("div", { class: "subject-list", style: "flex:none;min-height:0" }, this.stateOf(subject)), this.eventList());
    return undefined;
  }

  subjectsText() {
    const memories = this.data.subjects.filter((subject) => subject.kind === "memory").length, messages = this.data.subjects.length - memories;
    return [memories && countText(memories, "memory", "memories"), messages && countText(messages, "message")].filter(Boolean).join(" and ");
  }

  subjectRow(index) {
    const subject = this.data.subjects[index];
    const button = make("button", { type: "button", "aria-pressed": String(this.followed === index) },
      make("span", { class: "subject" }, make("span", {}, this.nameOf(index)), make("code", {}, subject.id.slice(0, 8))), this.stateOf(subject));
    button.addEventListener("click", () => this.follow(index, { keep: true }));
    return make("li", {}, button);
  }

  stateOf(subject) {
    const details = [];
    if (subject.receives > 1) details.push(countText(subject.receives, "receive"));
    if (subject.calls) details.push(countText(subject.calls, "OpenAI\u00a0request"));
    if (subject.billed) details.push(subject.billed + "\u00a0s\u00a0billed");
    if (!subject.shown) details.push(countText(subject.events, "event") + ", counted only");
    const status = (subject.status || "no final status").replaceAll("_", " ") + (subject.reason ? `: ${subject.reason.replaceAll("_", " ")}` : "");
    const style = subject.status === "dead letter" ? "dead" : subject.status;
    return make("span", { class: "state" }, make("b", { class: style || null }, status), details.length ? " · " + details.join(" · ") : "");
  }

  eventList() {
    const rows = [];
    let before = null;
    for (const index of this.eventsOf[this.followed]) {
      const [time, lane, tone, , text] = this.data.points[index];
      if (before !== null && time - before >= 10) rows.push(make("li", { class: "pause" }, durationText(time - before) + " later"));
      before = time;
      const row = make("li", { class: TONES[tone], "data-point": index }, make("time", {}, durationText(time)), make("span", { class: "where" }, DATA.lanes[lane]), make("span", { class: "what" }, this.data.texts[text]));
      row.addEventListener("mouseenter", () => this.point(index, true));
      row.addEventListener("mouseleave", () => this.point(index, false));
      rows.push(row);
    }
    if (!rows.length) rows.push(make("li", { class: "minor" }, make("span", { class: "what" }, `Its events are only counted in the grey bars. All of them: tox -e sim -- events .sim/latest ${this.data.subjects[this.followed].id.slice(0, 8)}`)));
    return make("ol", { class: "events", tabindex: "0", "aria-label": "All its events" }, ...rows);
  }

  point(index, isHere) {
    const element = this.svg.querySelector(`[data-point="${index}"]`);
    if (element) element.classList.toggle("here", isHere);
  }

  step(by) {
    const total = this.data.subjects.length;
    if (!total) return;
    this.follow(this.followed === null ? (by > 0 ? 0 : total - 1) : (this.followed + by + total) % total, { keep: true });
  }
}
