// What panels and parallel coordinates are drawn with.
const SVG = "http://www.w3.org/2000/svg";
const DASHES = { "-": "", "--": "7 4", "-.": "8 3 2 3", ":": "2 3" };
const LETTER = 6.2; // pixels, about

function drawn(tag, attributes = {}, text = "") {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

// Give an element the colour of a run; black is the colour of text, which a dark theme has light.
function colour(made, value) {
  made.style.setProperty("--nw-colour", value === "#000000" ? "currentcolor" : value);
  return made;
}

function scaleOf(ends, range, logarithmic) {
  const of = logarithmic ? Math.log10 : (value) => value;
  const back = logarithmic ? (value) => 10 ** value : (value) => value;
  const [low, high] = ends.map(of);
  return {
    ends,
    at: (value) => range[0] + ((of(value) - low) / (high - low)) * (range[1] - range[0]),
    value: (pixel) => back(low + ((pixel - range[0]) / (range[1] - range[0])) * (high - low)),
  };
}

// The ends of what an axis shows: its limits, or all values with a little room.
function endsOf(axis, values) {
  if (axis.limits) return axis.limits;
  const of = axis.logarithmic ? Math.log10 : (value) => value;
  const [low, high] = extent(values.map(of));
  const room = high > low ? (high - low) * 0.05 : Math.abs(low) * 0.05 || 1;
  const ends = [low - room, high + room];
  return axis.logarithmic ? ends.map((value) => 10 ** value) : ends;
}

function extent(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value === null) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

// Round numbers between the ends, about as many as `count`.
function ticksOf(ends, count, logarithmic) {
  const decades = logarithmic ? Math.log10(ends[1] / ends[0]) : 0;
  if (decades > 1.5) {
    const every = Math.ceil(decades / count);
    const first = Math.ceil(Math.log10(ends[0]) - 1e-9);
    const powers = places(first, Math.log10(ends[1]), every);
    if (powers.length > 1) return powers.map((power) => 10 ** power);
  }
  const power = 10 ** Math.floor(Math.log10((ends[1] - ends[0]) / count));
  const steps = [10, 5, 2, 1, 0.5].map((times) => times * power);
  const round = (step) =>
    places(Math.ceil(ends[0] / step - 1e-9), ends[1] / step, 1).map((times) => times * step);
  return steps.map(round).find((found) => found.length >= Math.max(3, count * 0.6)) ?? [];
}

function places(first, last, every) {
  const found = [];
  for (let place = first; place <= last + 1e-9; place += every) found.push(place);
  return found;
}

function number(value, digits = 4) {
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e7) return `${value}`;
  const rounded = Number(value.toPrecision(digits));
  return size < 1e-4 || size >= 1e7 ? rounded.toExponential() : `${rounded}`;
}

// Names that begin alike often end differently.
function shortened(text, room) {
  const most = Math.max(3, Math.floor(room / LETTER));
  if (text.length <= most) return text;
  const end = Math.floor((most - 1) / 2);
  return `${text.slice(0, most - 1 - end)}…${text.slice(text.length - end)}`;
}

// A box beside the pointer. Its first line is the name of what is pointed at.
function tooltipIn(root) {
  const box = element("div", "nw-chart-tooltip");
  box.setAttribute("role", "status");
  box.hidden = true;
  root.append(box);
  return {
    show(lines, at, around) {
      box.replaceChildren(...lines.map((line) => element("div", "", line)));
      box.hidden = false;
      const home = root.getBoundingClientRect();
      const place = around.getBoundingClientRect();
      const [x, y] = [place.left - home.left + at[0], place.top - home.top + at[1]];
      const left = x + 14 + box.offsetWidth > home.width ? x - 14 - box.offsetWidth : x + 14;
      box.style.left = `${Math.max(0, left)}px`;
      box.style.top = `${Math.max(0, y - box.offsetHeight / 2)}px`;
    },
    hide() {
      box.hidden = true;
    },
  };
}

// Where a pointer is in an SVG that is drawn one to one.
function pointer(event, figure) {
  const home = figure.getBoundingClientRect();
  return [event.clientX - home.left, event.clientY - home.top];
}

function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}

// Keys that a chart understands are not also commands of the notebook.
function onKeys(node, actions) {
  node.dataset.lmSuppressShortcuts = "true";
  node.addEventListener("keydown", (event) => {
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  });
}
