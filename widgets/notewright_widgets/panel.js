// Series over two axes: they can be pointed at, and zoomed by dragging.
const NEAR = 60; // pixels
const DRAGGED = 6;
const MANY_DOTS = 200;
const MARGIN = { left: 56, right: 14, top: 10, bottom: 42 };

function panelOf(panel, shared) {
  const zoom = { x: null, y: null };
  const node = element("div", "nw-chart-panel");
  const figure = drawn("svg", { class: "nw-chart-plot", tabindex: "0", role: "group" });
  figure.setAttribute(
    "aria-label",
    `${panel.title || shared.title}. Arrows go from point to point, plus and minus zoom.`,
  );
  if (panel.title) node.append(element("div", "nw-chart-subtitle", panel.title));
  node.append(figure);
  const values = (of) => panel.series.flatMap((series) => series[of] ?? []);
  const ends = {
    x: endsOf(panel.x, values("x")),
    y: endsOf(panel.y, [...values("y"), ...values("low"), ...values("high")]),
  };
  if (panel.series.some((series) => series.kind === "bars")) ends.y = [0, ends.y[1]];
  const state = { width: 0, x: null, y: null, area: null, pointed: null, over: null };

  function draw(width = state.width) {
    if (!width) return;
    state.width = width;
    measure();
    const { area } = state;
    figure.setAttribute("width", width);
    figure.setAttribute("height", area.bottom + MARGIN.bottom);
    // An SVG in the SVG cuts off what a zoomed panel does not show.
    const inside = drawn("svg", {
      x: area.left,
      y: area.top,
      width: area.right - area.left,
      height: area.bottom - area.top,
      viewBox: [area.left, area.top, area.right - area.left, area.bottom - area.top].join(" "),
      overflow: "hidden",
    });
    inside.append(...panel.references.map(reference));
    const shown = panel.series.filter((series) => !shared.hidden.has(series.place));
    for (const series of shown) inside.append(...marksOf(series));
    state.over = drawn("g", { class: "nw-chart-over" });
    figure.replaceChildren(...axes(), inside, state.over);
    figure.toggleAttribute("data-zoomed", zoomed());
  }

  function measure() {
    const { width } = state;
    let [right, height] = [width - MARGIN.right, clamp(width * 0.66, 180, 340)];
    if (panel.square) {
      height = Math.min(right - MARGIN.left, 380);
      right = MARGIN.left + height;
    }
    height = Math.max(70, (height * panel.height) / shared.tallest);
    state.area = { left: MARGIN.left, right, top: MARGIN.top, bottom: MARGIN.top + height };
    const { area } = state;
    state.x = scaleOf(zoom.x ?? ends.x, [area.left, area.right], panel.x.logarithmic);
    state.y = scaleOf(zoom.y ?? ends.y, [area.bottom, area.top], panel.y.logarithmic);
  }

  function axes() {
    const { area, x, y } = state;
    const found = [];
    for (const [value, text] of named(panel.x, x, (area.right - area.left) / 70)) {
      const at = x.at(value);
      found.push(
        drawn("line", { class: "nw-chart-grid", x1: at, x2: at, y1: area.top, y2: area.bottom }),
      );
      found.push(
        drawn(
          "text",
          { class: "nw-chart-tick", x: at, y: area.bottom + 15, "text-anchor": "middle" },
          text,
        ),
      );
    }
    for (const [value, text] of named(panel.y, y, (area.bottom - area.top) / 45)) {
      const at = y.at(value);
      found.push(
        drawn("line", { class: "nw-chart-grid", x1: area.left, x2: area.right, y1: at, y2: at }),
      );
      found.push(
        drawn(
          "text",
          { class: "nw-chart-tick", x: area.left - 6, y: at + 4, "text-anchor": "end" },
          text,
        ),
      );
    }
    const corner = `M${area.left} ${area.top}V${area.bottom}H${area.right}`;
    found.push(drawn("path", { class: "nw-chart-axis", d: corner }));
    const middle = (area.left + area.right) / 2;
    const log = panel.x.logarithmic ? " (logarithmic)" : "";
    found.push(
      drawn(
        "text",
        { class: "nw-chart-label", x: middle, y: area.bottom + 34, "text-anchor": "middle" },
        shortened(panel.x.label, area.right - area.left) + log,
      ),
    );
    const tall = area.bottom - area.top;
    const turned = `translate(14 ${(area.top + area.bottom) / 2}) rotate(-90)`;
    found.push(
      drawn(
        "text",
        { class: "nw-chart-label", transform: turned, "text-anchor": "middle" },
        shortened(panel.y.label, tall),
      ),
    );
    return found;
  }

  function named(axis, scale, count) {
    if (!axis.categories.length) {
      return ticksOf(scale.ends, clamp(count, 2, 8), axis.logarithmic).map((value) => [
        value,
        number(value, 7),
      ]);
    }
    const last = axis.categories.length - 1;
    const seen = places(Math.max(0, Math.ceil(scale.ends[0])), Math.min(last, scale.ends[1]), 1);
    const every = Math.max(1, Math.ceil(seen.length / Math.max(1, count)));
    const kept = seen.filter((_, order) => order % every === 0);
    const room = (state.area.right - state.area.left) / kept.length - 6;
    return kept.map((place) => [place, shortened(axis.categories[place], room)]);
  }

  function reference(line) {
    const { area, x, y } = state;
    const ends = line.x ? line.x.map(x.at) : [area.left, area.right];
    const heights = line.y.map(y.at);
    const group = drawn("g", { class: "nw-chart-reference" });
    group.append(drawn("line", { x1: ends[0], x2: ends[1], y1: heights[0], y2: heights[1] }));
    group.append(drawn("text", { x: area.left + 4, y: heights[0] - 4 }, line.label));
    return group;
  }

  function marksOf(series) {
    const { x, y } = state;
    const points = series.x.map((value, n) => [x.at(value), y.at(series.y[n])]);
    const dots = points.map(([a, b]) => `M${a.toFixed(1)} ${b.toFixed(1)}h0`).join("");
    const found = [];
    if (series.kind === "points") {
      const dense = points.length > MANY_DOTS ? " nw-chart-dense" : "";
      found.push(drawn("path", { class: `nw-chart-dots${dense}`, d: dots }));
    } else if (series.kind === "bars") {
      found.push(drawn("path", { class: "nw-chart-bars", d: bars(series) }));
    } else {
      const join =
        series.kind === "steps"
          ? ([a, b]) => `V${b.toFixed(1)}H${a.toFixed(1)}`
          : ([a, b]) => `L${a.toFixed(1)} ${b.toFixed(1)}`;
      const d = points.map((point, n) => (n ? join(point) : `M${point[0]} ${point[1]}`)).join("");
      const dashes = series.ink ? "" : shared.dashes(series.place);
      found.push(drawn("path", { class: "nw-chart-line", d, "stroke-dasharray": dashes }));
      if (series.low)
        found.push(drawn("path", { class: "nw-chart-whiskers", d: whiskers(series) }));
      if (series.marked)
        found.push(drawn("path", { class: "nw-chart-dots nw-chart-marks", d: dots }));
    }
    for (const made of found) {
      made.dataset.place = series.place;
      colour(made, series.ink ? "#000000" : shared.colour(series.place));
    }
    return found;
  }

  function bars(series) {
    const { x, y } = state;
    const floor = y.at(0);
    const half = series.width / 2;
    const one = (value, n) =>
      `M${x.at(value - half)} ${floor}V${y.at(series.y[n])}H${x.at(value + half)}V${floor}Z`;
    return series.x.map(one).join("");
  }

  function whiskers(series) {
    const { x, y } = state;
    return series.x
      .map((value, n) => `M${x.at(value)} ${y.at(series.low[n])}V${y.at(series.high[n])}`)
      .join("");
  }

  // -- pointing ---------------------------------------------------------------

  function nearest([left, top]) {
    let best = { distance: NEAR };
    panel.series.forEach((series, order) => {
      if (shared.hidden.has(series.place)) return;
      series.x.forEach((value, n) => {
        const aside = state.x.at(value) - left;
        const above = series.kind === "bars" ? 0 : state.y.at(series.y[n]) - top;
        const distance = Math.hypot(aside, above);
        if (distance < best.distance && visible(series, n)) best = { order, n, distance };
      });
    });
    return best.order === undefined ? null : best;
  }

  function visible(series, n) {
    const within = (value, [low, high]) => value >= low && value <= high;
    return within(series.x[n], state.x.ends) && within(series.y[n], state.y.ends);
  }

  function point(found) {
    state.pointed = found;
    state.over.replaceChildren();
    if (!found) return shared.tooltip.hide();
    const series = panel.series[found.order];
    const at = [state.x.at(series.x[found.n]), state.y.at(series.y[found.n])];
    const ring = drawn("circle", { class: "nw-chart-ring", cx: at[0], cy: at[1], r: 6 });
    state.over.append(colour(ring, series.ink ? "#000000" : shared.colour(series.place)));
    return shared.tooltip.show(words(series, found.n), at, figure);
  }

  function words(series, n) {
    const hover = series.hover.length ? series.hover[n].split("\n") : [];
    if (!series.name) return hover;
    const lines = [series.name, ...hover];
    if (panel.x.label && series.kind !== "bars")
      lines.push(`${panel.x.label}: ${number(series.x[n])}`);
    lines.push(`${panel.y.label || panel.title}: ${number(series.y[n])}`);
    if (series.low)
      lines.push(`95 % interval: ${number(series.low[n], 3)} to ${number(series.high[n], 3)}`);
    return lines;
  }

  // -- zooming ----------------------------------------------------------------

  const zoomed = () => zoom.x !== null || zoom.y !== null;

  function zoomTo(x, y) {
    if (x) zoom.x = x;
    if (y) zoom.y = y;
    point(null);
    draw();
    shared.changed();
  }

  function zoomBy(factor) {
    const { area } = state;
    const series = state.pointed && panel.series[state.pointed.order];
    const middle = series
      ? [state.x.at(series.x[state.pointed.n]), state.y.at(series.y[state.pointed.n])]
      : [(area.left + area.right) / 2, (area.top + area.bottom) / 2];
    const around = (scale, low, high, at) =>
      [low, high].map((end) => scale.value(at + (end - at) * factor));
    zoomTo(
      around(state.x, area.left, area.right, middle[0]),
      around(state.y, area.bottom, area.top, middle[1]),
    );
  }

  function reset() {
    zoom.x = zoom.y = null;
    point(null);
    draw();
  }

  let start = null;
  figure.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    start = pointer(event, figure);
    figure.setPointerCapture(event.pointerId);
  });
  figure.addEventListener("pointermove", (event) => {
    const at = pointer(event, figure);
    if (!start) return point(nearest(at));
    const box = boxed(start, at);
    if (!box) return undefined;
    point(null);
    const { left, right, top, bottom } = box;
    state.over.replaceChildren(
      drawn("rect", {
        class: "nw-chart-drag",
        x: left,
        y: top,
        width: right - left,
        height: bottom - top,
      }),
    );
    return undefined;
  });
  figure.addEventListener("pointerup", (event) => {
    const box = start && boxed(start, pointer(event, figure));
    start = null;
    if (!box) return;
    zoomTo(
      box.wide && [state.x.value(box.left), state.x.value(box.right)],
      box.tall && [state.y.value(box.bottom), state.y.value(box.top)],
    );
  });
  figure.addEventListener("pointercancel", () => {
    start = null;
    point(null);
  });
  figure.addEventListener("pointerleave", () => start || point(null));
  figure.addEventListener("blur", () => point(null));
  figure.addEventListener("dblclick", () => {
    reset();
    shared.changed();
  });

  // What is between two places of the pointer; a thin band means the whole other axis.
  function boxed(from, to) {
    const { area } = state;
    const [x, y] = [from, to].map(([a]) => clamp(a, area.left, area.right)).sort((a, b) => a - b);
    const [top, bottom] = [from, to]
      .map(([, b]) => clamp(b, area.top, area.bottom))
      .sort((a, b) => a - b);
    const [wide, tall] = [y - x > DRAGGED, bottom - top > DRAGGED];
    if (!wide && !tall) return null;
    return {
      wide,
      tall,
      left: wide ? x : area.left,
      right: wide ? y : area.right,
      top: tall ? top : area.top,
      bottom: tall ? bottom : area.bottom,
    };
  }

  // -- the keyboard -----------------------------------------------------------

  function go(along, across) {
    const shown = panel.series
      .map((_, order) => order)
      .filter((order) => !shared.hidden.has(panel.series[order].place));
    if (!shown.length) return;
    if (!state.pointed) return void point({ order: shown[0], n: 0 });
    const at = Math.max(0, shown.indexOf(state.pointed.order));
    const order = shown[(at + across + shown.length) % shown.length];
    point({ order, n: clamp(state.pointed.n + along, 0, panel.series[order].x.length - 1) });
  }

  onKeys(figure, {
    ArrowRight: () => go(1, 0),
    ArrowLeft: () => go(-1, 0),
    ArrowDown: () => go(0, 1),
    ArrowUp: () => go(0, -1),
    "+": () => zoomBy(0.6),
    "-": () => zoomBy(1 / 0.6),
    Escape: () => {
      reset();
      shared.changed();
    },
  });

  return { node, figure, label: panel.x.label, draw, reset, zoomed };
}
