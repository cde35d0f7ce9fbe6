// Parallel coordinates: a line a run; a range chosen on an axis fades all other runs.
const UPRIGHT = { left: 34, right: 84, top: 34, bottom: 16, height: 260 };
const HALF_AXIS = 13; // pixels to either side that belong to an axis
const MOST_NAMED = 8;

function parallelOf(chart, shared) {
  const brushes = new Map();
  const node = element("div", "nw-chart-panel");
  const figure = drawn("svg", { class: "nw-chart-plot", role: "group" });
  figure.setAttribute("aria-label", chart.title);
  const status = element("div", "nw-chart-status");
  status.setAttribute("role", "status");
  node.append(figure, status);
  const metric = chart.scales[chart.scales.length - 1];
  const state = { width: 0, lines: [], handles: [] };
  const bottom = UPRIGHT.top + UPRIGHT.height;
  const level = (height) => bottom - height * UPRIGHT.height;

  function draw(width = state.width) {
    if (!width) return;
    state.width = width;
    figure.setAttribute("width", width);
    figure.setAttribute("height", bottom + UPRIGHT.bottom);
    state.lines = chart.runs.map((_, run) => line(run));
    // The best and the worst are drawn last, where they can be seen.
    const middle = [...metric.heights].sort((a, b) => a - b)[Math.floor(chart.runs.length / 2)];
    const order = chart.runs.map((_, run) => run);
    order.sort(
      (a, b) => Math.abs(metric.heights[a] - middle) - Math.abs(metric.heights[b] - middle),
    );
    state.handles = chart.scales.map(handle);
    figure.replaceChildren(
      ...chart.scales.map(upright),
      ...order.map((run) => state.lines[run]),
      ...chart.scales.map(marks),
      ...state.handles,
    );
    paint();
  }

  const step = () => (state.width - UPRIGHT.left - UPRIGHT.right) / (chart.scales.length - 1);
  const across = (place) => UPRIGHT.left + place * step();

  function corners(run) {
    return chart.scales.map(({ heights }, place) =>
      heights[run] === null ? null : [across(place), level(heights[run])],
    );
  }

  function line(run) {
    const group = drawn("g", { class: "nw-chart-run" });
    let pen = "M";
    let d = "";
    let dots = "";
    for (const corner of corners(run)) {
      if (corner) {
        d += `${pen}${corner[0].toFixed(1)} ${corner[1].toFixed(1)}`;
        dots += `M${corner[0].toFixed(1)} ${corner[1].toFixed(1)}h0`;
      }
      pen = corner ? "L" : "M";
    }
    group.append(drawn("path", { class: "nw-chart-line", d }));
    group.append(drawn("path", { class: "nw-chart-dots nw-chart-marks", d: dots }));
    group.dataset.run = run;
    return colour(group, shared.shade(metric.heights[run]));
  }

  function upright(scale, place) {
    const at = across(place);
    const group = drawn("g");
    if (scale === metric) group.append(...shades(at));
    group.append(
      drawn("line", { class: "nw-chart-axis", x1: at, x2: at, y1: UPRIGHT.top, y2: bottom }),
    );
    const where = place ? { x: at, "text-anchor": "middle" } : { x: 0 };
    const room = place ? step() - 8 : step() / 2 + UPRIGHT.left - 8;
    const label = drawn(
      "text",
      { class: "nw-chart-label", y: 14, ...where },
      shortened(scale.name, room),
    );
    label.append(drawn("title", {}, scale.name));
    group.append(label);
    if (scale.logarithmic) {
      group.append(drawn("text", { class: "nw-chart-tick", x: at, y: 26, ...where }, "log"));
    }
    return group;
  }

  // What the colours mean, along the metric's axis.
  function shades(at) {
    const count = 24;
    return Array.from({ length: count }, (_, n) => {
      const y = level((n + 1) / count);
      const part = drawn("rect", {
        class: "nw-chart-shade",
        x: at - 3,
        y,
        width: 6,
        height: UPRIGHT.height / count + 0.5,
      });
      return colour(part, shared.shade(n / (count - 1)));
    });
  }

  function marks(scale, place) {
    const group = drawn("g", { class: "nw-chart-words" });
    const room = place === chart.scales.length - 1 ? UPRIGHT.right - 12 : step() - 14;
    for (const [height, words] of scale.marks) {
      const text = shortened(words, Math.min(room, 90));
      group.append(
        drawn("text", { class: "nw-chart-tick", x: across(place) + 8, y: level(height) + 4 }, text),
      );
    }
    return group;
  }

  // -- choosing a range -------------------------------------------------------

  function handle(scale, place) {
    const group = drawn("g", {
      class: "nw-chart-handle",
      tabindex: "0",
      role: "slider",
      "aria-orientation": "vertical",
      "aria-valuemin": "0",
      "aria-valuemax": "100",
      "aria-label": `Range of ${scale.name}`,
    });
    const at = across(place) - HALF_AXIS;
    const box = { x: at, width: 2 * HALF_AXIS };
    group.append(
      drawn("rect", {
        ...box,
        class: "nw-chart-grip",
        y: UPRIGHT.top - 6,
        height: UPRIGHT.height + 12,
      }),
    );
    group.append(drawn("rect", { ...box, class: "nw-chart-brush" }));
    const height = (event) =>
      clamp((bottom - pointer(event, figure)[1]) / UPRIGHT.height, -0.02, 1.02);
    let start = null;
    group.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      start = height(event);
      group.setPointerCapture(event.pointerId);
    });
    group.addEventListener("pointermove", (event) => {
      if (start === null) return;
      const now = height(event);
      if (Math.abs(now - start) * UPRIGHT.height > DRAGGED)
        brush(place, [Math.min(start, now), Math.max(start, now)]);
    });
    group.addEventListener("pointerup", (event) => {
      if (start !== null && Math.abs(height(event) - start) * UPRIGHT.height <= DRAGGED)
        brush(place, null);
      start = null;
    });
    group.addEventListener("pointercancel", () => {
      start = null;
    });
    onKeys(group, {
      ArrowUp: () => move(place, 0.05, 0.05),
      ArrowDown: () => move(place, -0.05, -0.05),
      "+": () => move(place, -0.05, 0.05),
      "-": () => move(place, 0.05, -0.05),
      Escape: () => brush(place, null),
    });
    return group;
  }

  function brush(place, range) {
    if (range) brushes.set(place, range);
    else brushes.delete(place);
    paint();
    shared.changed();
  }

  // By keyboard, the first key chooses the upper half.
  function move(place, low, high) {
    const now = brushes.get(place);
    if (!now) return void brush(place, [0.5, 1.02]);
    const range = [clamp(now[0] + low, -0.02, 1), clamp(now[1] + high, 0, 1.02)];
    if (range[1] - range[0] > 0.02) brush(place, range);
    return undefined;
  }

  const chosen = (run) =>
    [...brushes].every(([place, [low, high]]) => {
      const height = chart.scales[place].heights[run];
      return height !== null && height >= low && height <= high;
    });

  function paint() {
    const kept = chart.runs.map((_, run) => run).filter(chosen);
    const keeps = new Set(kept);
    state.lines.forEach((made, run) => made.classList.toggle("nw-chart-faded", !keeps.has(run)));
    state.handles.forEach((made, place) => {
      const [low, high] = brushes.get(place) ?? [0, 0];
      made.lastChild.setAttribute("y", level(high));
      made.lastChild.setAttribute("height", (high - low) * UPRIGHT.height);
      made.setAttribute("aria-valuenow", Math.round(50 * (low + high)));
      made.setAttribute(
        "aria-valuetext",
        brushes.has(place) ? within(chart.scales[place], low, high) : "all",
      );
    });
    status.textContent = brushes.size ? summary(kept) : "";
  }

  function summary(kept) {
    const ranges = [...brushes].map(
      ([place, range]) => `${chart.scales[place].name} ${within(chart.scales[place], ...range)}`,
    );
    const count = `${ranges.join(", ")}: ${kept.length} of ${chart.runs.length} runs`;
    return kept.length && kept.length <= MOST_NAMED
      ? `${count} – ${kept.map((run) => chart.runs[run]).join(", ")}`
      : count;
  }

  // The values in a range, lowest and highest.
  function within(scale, low, high) {
    const inside = scale.heights
      .map((height, run) => [height, scale.told[run]])
      .filter(([height]) => height !== null && height >= low && height <= high)
      .sort((a, b) => a[0] - b[0]);
    if (!inside.length) return "no run";
    const [first, last] = [inside[0][1], inside[inside.length - 1][1]];
    return first === last ? first : `${first} to ${last}`;
  }

  // -- pointing ---------------------------------------------------------------

  function nearest([x, y]) {
    let best = { distance: 24 };
    chart.runs.forEach((_, run) => {
      if (!chosen(run)) return;
      const ends = corners(run);
      ends.forEach((end, place) => {
        const distance = end && aside([x, y], end, ends[place + 1] ?? end);
        if (end && distance < best.distance) best = { run, distance };
      });
    });
    return best.run;
  }

  figure.addEventListener("pointermove", (event) => {
    const at = pointer(event, figure);
    const run = event.buttons ? undefined : nearest(at);
    state.lines.forEach((made, place) => made.classList.toggle("nw-chart-pointed", place === run));
    figure.classList.toggle("nw-chart-pointing", run !== undefined);
    if (run === undefined) return shared.tooltip.hide();
    const values = chart.scales
      .map(({ name, told }) => [name, told[run]])
      .filter(([, told]) => told);
    return shared.tooltip.show(
      [chart.runs[run], ...values.map((pair) => pair.join(": "))],
      at,
      figure,
    );
  });
  figure.addEventListener("pointerleave", () => {
    figure.classList.remove("nw-chart-pointing");
    for (const made of state.lines) made.classList.remove("nw-chart-pointed");
    shared.tooltip.hide();
  });
  figure.addEventListener("dblclick", () => {
    reset();
    shared.changed();
  });

  function reset() {
    brushes.clear();
    paint();
  }

  return { node, figure, draw, reset, zoomed: () => brushes.size > 0 };
}

// How far a point is from a line between two others.
function aside([x, y], [x1, y1], [x2, y2]) {
  const long = (x2 - x1) ** 2 + (y2 - y1) ** 2;
  const along = long ? clamp(((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / long, 0, 1) : 0;
  return Math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1));
}
