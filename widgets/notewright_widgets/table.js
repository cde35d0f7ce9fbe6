// A table that can be searched and sorted. Text is set with textContent only.
function render({ model, el }) {
  const state = { query: "", column: -1, ascending: true };
  const root = element("div", "nw-table");
  const search = element("input", "nw-table-search");
  search.type = "search";
  search.placeholder = "Search";
  search.setAttribute("aria-label", "Search the table");
  const table = document.createElement("table");
  const caption = element("caption", "nw-table-caption");
  const count = element("div", "nw-table-count");
  count.setAttribute("aria-live", "polite");
  root.append(search, table, count);
  el.append(root);

  search.addEventListener("input", () => {
    state.query = search.value.toLowerCase();
    draw();
  });

  function draw() {
    const columns = model.get("columns");
    const all = model.get("rows");
    let rows = all.filter((row) => row.join("\u0000").toLowerCase().includes(state.query));
    if (state.column >= 0) {
      rows = [...rows].sort((a, b) => compare(a[state.column], b[state.column]));
      if (!state.ascending) rows.reverse();
    }
    caption.textContent = model.get("caption");
    const head = document.createElement("tr");
    columns.forEach((name, index) => head.append(heading(name, index)));
    table.replaceChildren(caption, head, ...rows.map(line));
    count.textContent = rows.length === all.length ? "" : `${rows.length} of ${all.length} rows`;
  }

  function heading(name, index) {
    const cell = document.createElement("th");
    const sorted = state.column === index;
    cell.setAttribute("aria-sort", sorted ? (state.ascending ? "ascending" : "descending") : "none");
    const button = element("button", "nw-table-sort");
    button.textContent = name + (sorted ? (state.ascending ? " ↑" : " ↓") : "");
    button.addEventListener("click", () => {
      state.ascending = sorted ? !state.ascending : true;
      state.column = index;
      draw();
      table.querySelectorAll("button")[index].focus();
    });
    cell.append(button);
    return cell;
  }

  model.on("change:rows", draw);
  draw();
  const hidden = hide(model.get("replaces"));
  return () => {
    model.off("change:rows", draw);
    hidden.remove();
  };
}

function line(row) {
  const tr = document.createElement("tr");
  for (const value of row) {
    const cell = document.createElement("td");
    cell.textContent = value;
    tr.append(cell);
  }
  return tr;
}

function compare(a, b) {
  const [x, y] = [Number.parseFloat(a), Number.parseFloat(b)];
  return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b) : x - y;
}

export default { render };
