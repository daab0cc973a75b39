// The recordings as dots on one canvas: where each one is, its way there, its receive count, and the ring that counts down
// its visibility timeout. It draws only while something changes.
import { isReduced } from "/page/dom.js";
import { nameOf, placeOfMessage } from "/page/model.js";

const HOP_MILLISECONDS = 420, FAST_HOP_MILLISECONDS = 150, SLIDE_MILLISECONDS = 220, RINGS_MILLISECONDS = 100;
const SMALLEST = 3.2, LABEL_WIDTH = 9.6; // in largest radii
const MOST_MOVES_SHOWN = 900; // more than these between two frames: a page that was opened, or slept
// Half-way there: the ring in the colour of what it becomes.
const HOLLOW = new Set(["readable", "outbox"]);
// A way between two places leads past these nodes.
const PAST = {
  "client's answer>outbox": "api", "client's answer>queued": "api", "client's answer>complete": "api", "in flight>complete": "postgres", "in flight>readable": "postgres",
};

export class Dots {
  constructor(canvas, slots, colours) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.slots = slots; // place → its element
    this.colours = colours;
    this.dots = new Map();
    this.workers = new Map();
    this.hovered = this.selected = null;
    this.rings = 0;
    this.isDirty = true;
  }

  begin() {
    this.dots.clear();
    this.workers.clear();
    this.isDirty = true;
  }

  // Measures the slots; called when the layout changed.
  measure(origin, nodes) {
    const within = (element) => {
      const box = element.getBoundingClientRect();
      return { x: box.left - origin.left, y: box.top - origin.top, width: box.width, height: box.height };
    };
    this.areas = Object.fromEntries(Object.entries(this.slots).map(([place, element]) => [place, within(element)]));
    this.nodes = Object.fromEntries(Object.entries(nodes).map(([name, element]) => [name, within(element)]));
    const ratio = Math.min(2, devicePixelRatio || 1);
    this.width = origin.width;
    this.height = origin.height;
    this.canvas.width = Math.round(origin.width * ratio);
    this.canvas.height = Math.round(origin.height * ratio);
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.font = getComputedStyle(this.canvas).fontFamily;
    this.largest = Math.max(10, Math.min(15, origin.width / 92));
    this.isMeasured = true;
    this.settle(false);
  }

  // Takes what moved since the last frame, and where everything is now.
  take(model, { isNew }) {
    const { picture, moves } = model;
    const jump = isNew || isReduced() || moves.length > MOST_MOVES_SHOWN || document.hidden;
    const present = new Set(), messages = new Map(); // of a subject: its message
    for (const message of picture.messages.values()) if (message.state !== "gone") messages.set(message.subject, message);
    for (const subject of picture.subjects.values()) {
      const place = subject.kind === "memory" || subject.place ? subject.place : placeOfStray(picture, messages.get(subject.id));
      if (!place || !this.slots[place]) continue;
      present.add(subject.id);
      const dot = this.dots.get(subject.id) ?? this.create(subject, place);
      Object.assign(dot, { name: nameOf(subject), receives: subject.receives, isPoison: subject.kind !== "memory", isWrong: dot.isWrong });
      dot.until = visibleUntil(subject, messages.get(subject.id));
      if (dot.place !== place) {
        if (!jump) this.sendThrough(dot, moves, place);
        dot.place = place;
        dot.order = ++this.orders;
      }
    }
    for (const violation of picture.violations) { const dot = this.dots.get(violation.subject); if (dot) dot.isWrong = true; }
    for (const [id, dot] of this.dots) if (!present.has(id)) this.leave(id, dot, jump);
    this.takeWorkers(picture);
    model.moves = [];
    this.settle(!jump);
  }

  orders = 0;

  create(subject, place) {
    const area = this.areas?.["client's answer"] ?? { x: 0, y: 0, width: 0, height: 0 };
    const dot = { id: subject.id, place: null, at: place, x: area.x + area.width / 2, y: area.y + area.height / 2, trail: [], alpha: 0, radius: this.largest ?? 10, order: 0 };
    this.dots.set(subject.id, dot);
    return dot;
  }

  // Between two frames a recording may have been in several places: it visits all of them.
  sendThrough(dot, moves, place) {
    const visited = moves.filter(([id, where]) => id === dot.id && where && this.slots[where]).map(([, where]) => where);
    dot.trail.push(...(visited.length ? visited : [place]));
  }

  leave(id, dot, jump) {
    dot.isLeaving = true;
    if (jump) this.dots.delete(id);
  }

  takeWorkers(picture) {
    for (const worker of picture.workers.values()) {
      if (!worker.messages.length) continue;
      const known = this.workers.get(worker.id);
      if (known) Object.assign(known, { subjects: worker.subjects });
      else this.workers.set(worker.id, { id: worker.id, subjects: worker.subjects, cold: worker.cold, alpha: 0 });
    }
    for (const [id, worker] of this.workers) worker.isLeaving = !picture.workers.has(id);
  }

  // Gives each dot its cell in the slot of its place.
  settle(isMoving) {
    if (!this.isMeasured) return;
    const groups = new Map();
    for (const dot of this.dots.values()) {
      if (dot.isLeaving) continue;
      if (!groups.has(dot.place)) groups.set(dot.place, []);
      groups.get(dot.place).push(dot);
    }
    for (const [place, dots] of groups) {
      dots.sort((one, other) => one.order - other.order);
      const cells = this.cells(this.areas[place], dots.length);
      if (place === "in flight") this.byWorker(dots);
      dots.forEach((dot, index) => this.aim(dot, cells, index, isMoving));
    }
    this.isDirty = true;
  }

  byWorker(dots) {
    const rank = new Map();
    [...this.workers.values()].forEach((worker, index) => worker.subjects.forEach((id) => rank.set(id, index)));
    dots.sort((one, other) => (rank.get(one.id) ?? 1e6) - (rank.get(other.id) ?? 1e6) || one.order - other.order);
  }

  cells(area, count) {
    // Few dots are listed with their names. More become a grid whose cells shrink until all have room.
    const { largest } = this, line = largest * 2 + 9;
    const columns = Math.max(1, Math.floor(area.width / (largest * LABEL_WIDTH))), rows = Math.max(1, Math.floor(area.height / line));
    if (count <= columns * rows) return { area, columns, width: area.width / columns, height: line, radius: largest - 2, labelled: true };
    let radius = largest - 1;
    for (; radius > SMALLEST; radius -= .4) if (Math.floor(area.width / pitch(radius)) * Math.floor(area.height / pitch(radius)) >= count) break;
    const across = Math.max(1, Math.floor(area.width / pitch(radius))), down = Math.ceil(count / across);
    return { area, columns: across, width: pitch(radius), height: Math.min(pitch(radius), area.height / down), radius, labelled: false };
  }

  aim(dot, { area, columns, width, height, radius, labelled }, index, isMoving) {
    const x = area.x + (index % columns) * width + radius + 3, y = area.y + Math.floor(index / columns) * height + height / 2;
    Object.assign(dot, { targetRadius: radius, labelled, room: width - radius * 2 - 10 });
    if (!isMoving || !dot.alpha && !dot.trail.length) Object.assign(dot, { x, y, radius, trail: [], way: null, at: dot.place, targetX: x, targetY: y });
    else if (dot.targetX !== x || dot.targetY !== y) {
      Object.assign(dot, { targetX: x, targetY: y });
      if (!dot.trail.length && !dot.way) this.depart(dot, [[dot.x, dot.y], [x, y]], SLIDE_MILLISECONDS, dot.place);
      else if (dot.way && !dot.trail.length) dot.way.points[dot.way.points.length - 1] = [x, y];
    }
  }

  depart(dot, points, milliseconds, to) {
    dot.way = { points, milliseconds, from: performance.now(), to };
  }

  next(dot) {
    const place = dot.trail.shift(), isLast = !dot.trail.length, area = this.areas[place];
    const end = isLast ? [dot.targetX, dot.targetY] : [area.x + area.width / 2, area.y + area.height / 2];
    const past = this.nodes[PAST[`${dot.at}>${place}`]];
    const points = [[dot.x, dot.y]];
    if (past) points.push([past.x + past.width / 2, past.y + past.height / 2]);
    else points.push([(dot.x + end[0]) / 2, (dot.y + end[1]) / 2 - Math.min(26, Math.abs(end[0] - dot.x) * .12)]);
    points.push(end);
    this.depart(dot, points, dot.trail.length > 2 || this.dots.size > 120 ? FAST_HOP_MILLISECONDS : HOP_MILLISECONDS, place);
  }

  // Moves everything to its place at this time. Returns whether something still moves.
  advance(time) {
    let isMoving = false;
    for (const [id, dot] of this.dots) {
      if (dot.isLeaving) {
        dot.alpha -= .08;
        if (dot.alpha <= 0) this.dots.delete(id);
        isMoving = true;
        continue;
      }
      if (dot.alpha < 1) { dot.alpha = isReduced() ? 1 : Math.min(1, dot.alpha + .12); isMoving = true; }
      if (!dot.way && dot.trail.length) this.next(dot);
      if (dot.way) { this.along(dot, time); isMoving = true; }
      if (Math.abs(dot.radius - dot.targetRadius) > .1) { dot.radius += (dot.targetRadius - dot.radius) * .25; isMoving = true; }
    }
    for (const [id, worker] of this.workers) {
      const wanted = worker.isLeaving ? 0 : 1;
      if (worker.alpha === wanted) { if (worker.isLeaving) this.workers.delete(id); continue; }
      worker.alpha = isReduced() ? wanted : Math.max(0, Math.min(1, worker.alpha + (wanted ? .14 : -.07)));
      isMoving = true;
    }
    return isMoving;
  }

  along(dot, time) {
    const { points, milliseconds, from, to } = dot.way;
    const part = Math.min(1, Math.max(0, (time - from) / milliseconds)), eased = part * part * (3 - 2 * part);
    const [start, middle, end] = points.length === 3 ? points : [points[0], [(points[0][0] + points[1][0]) / 2, (points[0][1] + points[1][1]) / 2], points[1]];
    const rest = 1 - eased;
    dot.x = rest * rest * start[0] + 2 * rest * eased * middle[0] + eased * eased * end[0];
    dot.y = rest * rest * start[1] + 2 * rest * eased * middle[1] + eased * eased * end[1];
    if (part < 1) return;
    dot.at = to;
    dot.way = null;
    if (!dot.trail.length && (dot.x !== dot.targetX || dot.y !== dot.targetY)) this.depart(dot, [[dot.x, dot.y], [dot.targetX, dot.targetY]], SLIDE_MILLISECONDS, dot.place);
  }

  // One frame. Rings alone are drawn ten times a second.
  frame(time, model) {
    if (!this.isMeasured) return;
    const isMoving = this.advance(time);
    const areRingsDue = model.isTimePassing && this.hasRings && time - this.rings > RINGS_MILLISECONDS;
    if (!isMoving && !this.isDirty && !areRingsDue) return;
    this.isDirty = false;
    this.rings = time;
    this.draw(model.now(), model.control.limits.visibility_timeout_seconds || 360);
  }

  draw(now, timeout) {
    const { context, colours } = this;
    context.clearRect(0, 0, this.width, this.height);
    this.drawWorkers();
    this.hasRings = false;
    context.textBaseline = "middle";
    context.textAlign = "center";
    for (const dot of this.dots.values()) {
      context.globalAlpha = Math.max(0, dot.alpha);
      this.drawDot(dot, now, timeout);
    }
    context.globalAlpha = 1;
    const chosen = this.dots.get(this.selected) ?? this.dots.get(this.hovered);
    if (!chosen) return;
    context.strokeStyle = colours.ink;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(chosen.x, chosen.y, chosen.radius + 5.5, 0, 7);
    context.stroke();
  }

  drawDot(dot, now, timeout) {
    const { context, colours } = this, { x, y, radius } = dot;
    context.fillStyle = dot.isPoison ? colours.error : colours.places[dot.at] ?? colours.places.queued;
    context.beginPath();
    if (dot.isPoison) { context.moveTo(x, y - radius); context.lineTo(x + radius, y); context.lineTo(x, y + radius); context.lineTo(x - radius, y); context.closePath(); } else context.arc(x, y, radius, 0, 7);
    if (HOLLOW.has(dot.at) && radius > 5 && !dot.isPoison) { context.save(); context.fillStyle = colours.card; context.fill(); context.clip(); context.strokeStyle = colours.places[dot.at]; context.lineWidth = radius * .62; context.stroke(); context.restore(); } else context.fill();
    if (colours.isForced || dot.isWrong) { context.strokeStyle = dot.isWrong ? colours.error : colours.ink; context.lineWidth = dot.isWrong ? 2.5 : 1; context.stroke(); }
    if (dot.until !== null && dot.until > now) this.drawRing(dot, Math.min(1, (dot.until - now) / timeout));
    if (dot.receives && radius > 6) {
      context.fillStyle = colours.on[dot.isPoison ? "error" : dot.at] ?? colours.ink;
      context.font = `700 ${Math.round(radius * 1.15)}px ${this.font}`;
      context.fillText(dot.receives, x, y + .5);
    }
    if (dot.isWrong) this.drawMark(dot);
    if (dot.labelled && !dot.way) this.drawLabel(dot);
  }

  drawRing(dot, part) {
    const { context, colours } = this;
    this.hasRings = true;
    context.strokeStyle = colours.line;
    context.lineWidth = dot.radius > 6 ? 2.5 : 1.5;
    context.beginPath();
    context.arc(dot.x, dot.y, dot.radius + 3, 0, 7);
    context.stroke();
    context.strokeStyle = colours.warning;
    context.beginPath();
    context.arc(dot.x, dot.y, dot.radius + 3, -Math.PI / 2, -Math.PI / 2 + part * 2 * Math.PI);
    context.stroke();
  }

  drawMark({ x, y, radius }) {
    const { context, colours } = this, size = Math.max(3, radius * .5), top = y - radius - 3;
    context.fillStyle = colours.error;
    context.beginPath();
    context.moveTo(x - size, top - size * 1.5);
    context.lineTo(x + size, top - size * 1.5);
    context.lineTo(x, top);
    context.fill();
  }

  drawLabel(dot) {
    const { context, colours } = this;
    context.font = `${Math.round(this.largest * 1.1)}px ${this.font}`;
    context.textAlign = "left";
    context.fillStyle = colours.ink;
    context.fillText(fit(context, dot.name, dot.room), dot.x + dot.radius + 6, dot.y + .5);
    context.textAlign = "center";
  }

  drawWorkers() {
    const { context, colours } = this;
    for (const worker of this.workers.values()) {
      const dots = worker.subjects.map((id) => this.dots.get(id)).filter((dot) => dot && dot.at === "in flight" && !dot.isLeaving);
      if (!dots.length) continue;
      const out = dots[0].radius + 5.5;
      const left = Math.min(...dots.map((dot) => dot.x)) - out, top = Math.min(...dots.map((dot) => dot.y)) - out;
      const right = Math.max(...dots.map((dot) => dot.x)) + out, bottom = Math.max(...dots.map((dot) => dot.y)) + out;
      context.globalAlpha = worker.alpha;
      context.strokeStyle = worker.cold ? colours.wait : colours.ok;
      context.lineWidth = 1.5;
      context.beginPath();
      context.roundRect(left, top, right - left, bottom - top, 5);
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  // The dot nearest to a point, within reach of a finger.
  near(x, y, reach = 14) {
    let best = null, least = reach * reach;
    for (const dot of this.dots.values()) {
      const far = (dot.x - x) ** 2 + (dot.y - y) ** 2;
      if (far < least) { least = far; best = dot; }
    }
    return best;
  }
}

const placeOfStray = (picture, message) => (message ? placeOfMessage(message, picture.workers) : null);

function visibleUntil(subject, message) {
  const isHidden = subject.kind !== "memory" || subject.place === "in flight" || subject.place === "returned";
  return isHidden ? message?.visible_until ?? null : null;
}

// From one dot to the next: large ones have a ring around them.
const pitch = (radius) => radius * 2 + (radius > 6 ? 9 : 3);

const fitted = new Map();
function fit(context, text, width) {
  const key = `${text}|${Math.round(width)}`;
  if (fitted.has(key)) return fitted.get(key);
  if (fitted.size > 2000) fitted.clear();
  let short = text;
  const letters = [...text];
  while (letters.length && context.measureText(short).width > width) { letters.pop(); short = letters.join("").trimEnd() + "…"; }
  fitted.set(key, letters.length < 3 ? "" : short);
  return fitted.get(key);
}
