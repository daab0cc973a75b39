// Unpacks a feed that `sim/picture/packing.py` has packed.
export function unpacked({ texts, shapes }, rows) {
  const text = (value) => (value === null ? null : Array.isArray(value) ? value.map(text) : texts[value]);
  return rows.map(([shape, ...values], index) => {
    const event = { n: index + 1 };
    for (const [path, how, value] of shapes[shape]) put(event, path, how === "is" ? value : how === "text" ? text(values.shift()) : values.shift());
    return event;
  });
}

function put(event, path, value) {
  const keys = path.split("."), last = keys.pop();
  let place = event;
  for (const key of keys) place = place[key] ??= {};
  place[last] = value;
}
