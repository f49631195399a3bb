// Search the retry atlas. Without this, all of it is there to read.
"use strict";

(() => {
  const table = [...document.querySelectorAll("table")].find((each) => each.tHead && each.tHead.rows[0].cells.length === 5);
  if (!table) return;
  const rows = [...table.tBodies[0].rows].map((row) => ({ row, text: row.textContent.toLowerCase() }));

  const bar = document.createElement("div");
  bar.className = "catalogue-filter";
  bar.setAttribute("role", "search");
  const label = document.createElement("label");
  const field = document.createElement("input");
  const count = document.createElement("span");
  field.type = "search";
  count.setAttribute("role", "status");
  label.append("Search ", field);
  bar.append(label, " ", count);
  table.before(bar);

  const show = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { row, text } of rows) {
      row.hidden = !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = `${shown} of ${rows.length}`;
  };
  field.addEventListener("input", show);
  show();
})();
