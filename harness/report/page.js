// Narrow a page down to some of its cases, and open what an address names. Without this, all is there to read.
"use strict";

(() => {
  const cases = [...document.querySelectorAll("[data-case]")];
  const folded = [...document.querySelectorAll("details.case")];

  const openTarget = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const holder = target && target.closest("details");
    if (holder) holder.open = true;
  };

  addEventListener("hashchange", openTarget);
  openTarget();
  addEventListener("beforeprint", () => folded.forEach((one) => { one.open = true; }));
  if (folded.length < 2) return;

  const bar = document.querySelector("[data-filter]");
  bar.hidden = false;
  const [field, all, status] = ["input", "button", "[role=status]"].map((name) => bar.querySelector(name));
  const links = [...document.querySelectorAll(".toc a")];

  const narrow = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const hidden = (one) => !words.every((word) => one.dataset.case.toLowerCase().includes(word));
    for (const one of cases) one.hidden = hidden(one);
    for (const link of links) {
      const target = document.getElementById(link.hash.slice(1));
      const holder = target && target.closest("[data-case]");
      link.parentElement.hidden = Boolean(holder && holder.hidden);
    }
    const shown = folded.filter((one) => !one.hidden).length;
    status.textContent = `${shown} of ${folded.length} cases`;
  };

  all.addEventListener("click", () => {
    const open = folded.some((one) => !one.hidden && !one.open);
    for (const one of folded) if (!one.hidden) one.open = open;
    all.textContent = open ? "Close all" : "Open all";
  });
  field.addEventListener("input", narrow);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { field.value = ""; narrow(); }
  });
  narrow();
})();
