// Search and filter the catalogue's page. Without this, all of it is there to read.
"use strict";

(() => {
  const rows = [...document.querySelectorAll("table tbody tr")].filter((row) => row.cells.length === 5);
  const table = rows[0] && rows[0].closest("table");
  if (!table) return;

  const entryOf = (row) => {
    const link = row.querySelector("a[href^='#']");
    const target = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    return target && target.closest("section");
  };
  const items = rows.map((row) => ({ row, section: entryOf(row), text: "" }));
  for (const item of items) {
    item.text = `${item.row.textContent} ${item.section ? item.section.textContent : ""}`.toLowerCase();
    item.operation = item.row.cells[1].textContent.trim();
    item.system = item.section ? item.section.parentElement : null;
    if (!item.section) continue;
    const heading = item.section.querySelector("h3");
    const fold = document.createElement("details");
    const summary = document.createElement("summary");
    fold.className = "entry";
    item.section.insertBefore(fold, heading);
    summary.append(heading);
    fold.append(summary);
    while (fold.nextSibling) fold.append(fold.nextSibling);
    item.fold = fold;
  }

  const bar = document.createElement("div");
  bar.className = "catalogue-filter";
  bar.setAttribute("role", "search");
  const labelled = (text, control) => {
    const label = document.createElement("label");
    label.append(text, " ", control);
    bar.append(label);
    return control;
  };
  const field = labelled("Search", document.createElement("input"));
  field.type = "search";
  field.placeholder = "system, error code, word";
  const operation = labelled("Operation", document.createElement("select"));
  const operations = new Set(items.map((item) => item.operation));
  operations.delete("any");
  operation.append(new Option("all", ""), ...[...operations].sort().map((name) => new Option(name, name)));
  const all = document.createElement("button");
  all.type = "button";
  all.textContent = "Open all";
  const status = document.createElement("span");
  status.setAttribute("role", "status");
  bar.append(all, status);
  const before = table.closest(".table-wrapper") || table;
  before.parentElement.insertBefore(bar, before);

  const narrow = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const systems = new Map();
    let shown = 0;
    for (const item of items) {
      const fits = words.every((word) => item.text.includes(word))
        && (!operation.value || [operation.value, "any"].includes(item.operation));
      shown += fits;
      item.row.hidden = !fits;
      if (item.section) item.section.hidden = !fits;
      if (item.system) systems.set(item.system, systems.get(item.system) || fits);
    }
    for (const [system, fits] of systems) system.hidden = !fits;
    status.textContent = `${shown} of ${items.length} strategies`;
  };
  const openTarget = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const item = target && items.find(({ section }) => section && section.contains(target));
    if (!item || !item.fold) return;
    item.fold.open = true;
    item.section.scrollIntoView();
  };

  field.addEventListener("input", narrow);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { field.value = ""; narrow(); }
  });
  operation.addEventListener("change", narrow);
  all.addEventListener("click", () => {
    const folds = items.filter(({ fold, section }) => fold && !section.hidden).map(({ fold }) => fold);
    const open = folds.some((fold) => !fold.open);
    for (const fold of folds) fold.open = open;
    all.textContent = open ? "Close all" : "Open all";
  });
  addEventListener("hashchange", openTarget);
  addEventListener("beforeprint", () => { for (const { fold } of items) if (fold) fold.open = true; });
  narrow();
  openTarget();
})();
