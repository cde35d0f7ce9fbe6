// The charts of a view, each with its legend, its choice and a button that undoes all zooming.
function render({ model, el }) {
  const root = element("div", "nw-charts");
  const look = model.get("look");
  const charts = model.get("charts").map((chart) => chartOf(chart, look));
  root.append(...charts.map((chart) => chart.node));
  el.append(root);
  let width = 0;
  const observer = new ResizeObserver(() => {
    // Drawing changes the height, which is no reason to draw.
    if (root.clientWidth === width) return;
    width = root.clientWidth;
    for (const chart of charts) chart.draw();
  });
  observer.observe(root);
  const hidden = hide(model.get("replaces"));
  return () => {
    observer.disconnect();
    hidden.remove();
  };
}

function chartOf(chart, look) {
  const node = element("section", "nw-chart");
  node.setAttribute("aria-label", chart.title);
  const wide = chart.kind === "parallel" || (chart.columns > 1 && !chart.choice);
  node.classList.toggle("nw-chart-wide", wide);
  const button = element("button", "nw-chart-reset", "Reset");
  button.type = "button";
  button.title = "Undo zooming and filtering (or double-click)";
  const head = element("div", "nw-chart-head");
  head.append(element("div", "nw-chart-title", chart.title), button);
  node.append(head);

  const shared = {
    title: chart.title,
    hidden: new Set(),
    tallest: Math.max(...(chart.panels ?? []).map((panel) => panel.height)),
    tooltip: tooltipIn(node),
    colour: (place) => look.colours[place % look.colours.length],
    dashes: (place) => DASHES[look.dashes[place % look.dashes.length]],
    shade: (height) => look.shades[Math.round(height * (look.shades.length - 1))],
    changed: () => {
      button.disabled = !parts.some((part) => part.zoomed());
    },
  };
  const parts =
    chart.kind === "parallel"
      ? [parallelOf(chart, shared)]
      : chart.panels.map((panel) => panelOf(panel, shared));
  const body = element("div", "nw-chart-body");
  body.classList.toggle("nw-chart-columns", wide && chart.kind !== "parallel");
  body.append(...parts.map((part) => part.node));
  const draw = () => parts.forEach((part) => part.draw(part.node.clientWidth));
  if (chart.choice) node.append(choiceOf(chart.choice, parts, draw));
  if (chart.kind === "panels") node.append(...legendOf(chart, shared, draw));
  node.append(body);
  shared.changed();
  button.addEventListener("click", () => {
    for (const part of parts) part.reset();
    shared.changed();
  });
  return { node, draw };
}

// One panel at a time, chosen by what is on its horizontal axis.
function choiceOf(what, parts, draw) {
  const label = element("label", "nw-chart-choice", `${what} on x: `);
  const select = element("select", "");
  select.append(...parts.map((part, place) => new Option(part.label, place)));
  label.append(select);
  const show = () => {
    parts.forEach((part, place) => {
      part.node.hidden = place !== select.selectedIndex;
    });
    draw();
  };
  select.addEventListener("change", show);
  select.selectedIndex = 0;
  show();
  return label;
}

// A button for each run, which hides it and shows it again; none where there is but one.
function legendOf(chart, shared, draw) {
  const runs = new Map();
  for (const series of chart.panels.flatMap((panel) => panel.series)) {
    if (series.name && !runs.has(series.place)) runs.set(series.place, series);
  }
  if (runs.size < 2) return [];
  const legend = element("div", "nw-chart-legend");
  legend.setAttribute("role", "group");
  legend.setAttribute("aria-label", "Runs shown");
  for (const series of runs.values()) legend.append(entry(series, shared, draw));
  return [legend];
}

function entry({ name, note, place }, shared, draw) {
  const button = element("button", "nw-chart-entry");
  button.type = "button";
  button.setAttribute("aria-pressed", "true");
  const sample = drawn("svg", { width: 26, height: 10, "aria-hidden": "true" });
  const line = drawn("path", {
    class: "nw-chart-line",
    d: "M1 5H25",
    "stroke-dasharray": shared.dashes(place),
  });
  sample.append(colour(line, shared.colour(place)));
  const words = element("span", "nw-chart-name", name);
  words.title = name;
  button.append(sample, words);
  if (note) button.append(element("span", "nw-chart-note", note));
  button.addEventListener("click", () => {
    if (!shared.hidden.delete(place)) shared.hidden.add(place);
    button.setAttribute("aria-pressed", String(!shared.hidden.has(place)));
    draw();
  });
  return button;
}

export default { render };
