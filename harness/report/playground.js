/* The playground: replays the holds of a run under a strategy that is set up with sliders.
 *
 * The data, as JSON in #data (harness/report/playground.py):
 *   cases       name, ambient, holds, held, operations, unknown, attempt (ms that a failed attempt takes)
 *   codes       the Win32 codes that can be retried
 *   strategies  id, name, notation, codes, more (does more than wait), schedules by cost of an attempt, each
 *               a list of steps: microseconds between attempts, and how often in a row
 * A hold is [code, end, start, end …], or [code, after, by] if ambient; null: never. Times are ms.
 */
"use strict";

const MAX_ATTEMPTS = 10000; // where harness.strategy.schedules stops listing
const FIRST = [0.5, 1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000];
const FACTOR = [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2, 2.2, 2.5, 3, 4, 5];
const CAP = [5, 10, 20, 30, 50, 100, 150, 200, 250, 300, 500, 700, 1000, 1500, 2000, 3000, 5000, 10000, 30000, 60000, null];
const BUDGET = [20, 50, 100, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000, 7000, 10000, 15000, 20000, 30000,
  45000, 60000, 90000, 120000, 180000, 300000, 600000];

/* ---- the attempts of a strategy: as in harness.strategy, to the nanosecond ---- */

function roundHalfEven(x) {
  const rounded = Math.round(x);
  return Math.abs(x % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** Starts of the attempts in ms, against an operation that always fails, as `schedule` in Python gives them. */
function attemptTimes(strategy, attemptMs) {
  const costNs = roundHalfEven(attemptMs * 1e6);
  const limitNs = roundHalfEven((strategy.limit / 1000) * 1e9);
  const times = [0];
  let nowNs = costNs;
  for (let retry = 0; times.length < MAX_ATTEMPTS; retry++) {
    let waitS = (strategy.first / 1000) * strategy.factor ** retry;
    if (strategy.cap !== null) waitS = Math.min(waitS, strategy.cap / 1000);
    const waitNs = roundHalfEven(waitS * 1e9);
    if (strategy.kind === "within" ? nowNs + waitNs >= limitNs : nowNs / 1e9 >= strategy.limit / 1000) break;
    nowNs += waitNs;
    times.push(nowNs / 1e6);
    nowNs += costNs;
  }
  return strategy.codes.length ? times : [0];
}

/** The strategy in strategy notation. */
function notation(strategy) {
  if (!strategy.codes.length) return "plain";
  const words = [duration(strategy.first)];
  if (strategy.factor !== 1) words.push(`x${strategy.factor}`);
  if (strategy.cap !== null) words.push(`cap ${duration(strategy.cap)}`);
  words.push(`${strategy.kind} ${duration(strategy.limit)}`, `on ${strategy.codes.join(",")}`);
  return words.join(" ");
}

function duration(ms) {
  if (ms % 60000 === 0 && ms > 60000) return `${ms / 60000}min`;
  if (ms % 1000 === 0) return `${ms / 1000}s`;
  return ms >= 1 ? `${ms}ms` : `${ms * 1000}us`;
}

/** Times from steps: microseconds between attempts, and how often in a row. */
function expand(steps) {
  const times = [0];
  let us = 0;
  for (let i = 0; i < steps.length; i += 2)
    for (let n = 0; n < steps[i + 1]; n++) times.push((us += steps[i]) / 1000);
  return times;
}

/* ---- its outcome under holds ---- */

/** Place of the first of the sorted `times` that is at least `from` (or beyond it); their number if none is. */
function firstFrom(times, from, beyond = false) {
  let low = 0, high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (beyond ? times[middle] <= from : times[middle] < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The time of the attempt that succeeds, and the overshoot after the hold; Infinity for never. */
function replay(times, hold, codes, ambient, best) {
  const never = { at: Infinity, overshoot: 0, place: times.length };
  if (!codes.includes(hold[0])) return never;
  const ends = ambient ? [best ? hold[1] : hold[2]] : hold.slice(1);
  let over = ends[0];
  if (over === null) return never;
  let place = firstFrom(times, over, ambient && best);
  for (let i = 1; i < ends.length && place < times.length; i += 2) {
    if (times[place] < ends[i]) break;
    if (ends[i + 1] === null) return never;
    if (times[place] < ends[i + 1]) place = firstFrom(times, (over = ends[i + 1]));
  }
  return place < times.length ? { at: times[place], overshoot: times[place] - over, place } : never;
}

/** The success rate with its interval, and quantiles of the time, over all holds (and all schedules). */
function outcome(schedules, codes, held, best = true) {
  const all = [];
  for (const schedule of schedules)
    for (const hold of held.holds) all.push(replay(schedule, hold, codes, held.ambient, best));
  const successes = all.filter((one) => one.at < Infinity);
  const times = all.map((one) => one.at).sort((a, b) => a - b);
  const n = held.holds.length;
  const succeeded = successes.length / Math.max(schedules.length, 1);
  return {
    n, succeeded, share: all.length ? successes.length / all.length : NaN, interval: wilson(succeeded, n),
    median: quantile(times, 0.5), p95: quantile(times, 0.95),
    overshoot: successes.reduce((sum, one) => sum + one.overshoot, 0) / successes.length,
    places: schedules.length === 1 ? all.map((one) => one.place) : [],
  };
}

/** Wilson's score interval, 95 %: as in harness.summary.statistics, to the last digit. */
function wilson(k, n) {
  if (!n) return [0, 1];
  const z = 1.9599639845400536, rate = k / n;
  const scale = 1 + (z * z) / n, centre = (rate + (z * z) / (2 * n)) / scale;
  const half = (z * Math.sqrt((rate * (1 - rate)) / n + (z * z) / (4 * n * n))) / scale;
  return [k <= 0 ? 0 : centre - half, k >= n ? 1 : centre + half];
}

/** The smallest of the sorted values that at least `share` of all do not exceed (harness.summary). */
function quantile(sorted, share) {
  return sorted.length ? sorted[Math.max(Math.ceil(share * sorted.length) - 1, 0)] : NaN;
}

/** Why a chart shows no success, and what to do about it; empty if it shows some. */
function whyEmpty(held, codes, succeeded, lastMs) {
  if (!held.held) return "No operation of this case was hit by a hold: there is nothing to replay, and every strategy succeeds at once.";
  if (!held.holds.length) return "No hold of this case has a known end, so nothing can be replayed. Choose another case.";
  if (succeeded) return "";
  const denied = [...new Set(held.holds.map((hold) => hold[0]))].sort((a, b) => a - b);
  if (!denied.some((code) => codes.includes(code)))
    return `All holds of this case deny with ${denied.join(" or ")}, which this strategy does not retry: tick it above.`;
  return `No hold of this case is over by the last attempt, at ${milliseconds(lastMs)}: a larger budget may outlast some.`;
}

/* ---- how values are written: the rule and the digits of harness.text ---- */

function decimalsOf(value, least) {
  let decimals = 0;
  while (value * 10 ** decimals > 0 && value * 10 ** decimals < least && decimals < 12) decimals++;
  return decimals;
}

/** Estimates go to the nearest number, bounds outward: "down" or "up". */
function whole(value, rounding) {
  const slack = 1e-12 * Math.abs(value); // a decimal that binary cannot represent exactly is not rounded away
  if (rounding === "down") return Math.floor(value + slack);
  return rounding === "up" ? Math.ceil(value - slack) : roundHalfEven(value);
}

const fixed = (value, decimals, rounding) =>
  (whole(value * 10 ** decimals, rounding) / 10 ** decimals).toFixed(decimals);

function figures(value, rounding) {
  const text = fixed(value, decimalsOf(value, 100), rounding);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : Number(text).toLocaleString("en");
}

function milliseconds(value, rounding = "nearest") {
  if (Number.isNaN(value)) return "-";
  if (value === Infinity) return "not reached";
  if (value < 999.5) return `${figures(value, rounding)} ms`;
  const seconds = value / 1000;
  return value < 100000 ? `${figures(seconds, rounding)} s` : `${whole(seconds, rounding).toLocaleString("en")} s`;
}

function percent(share, rounding = "nearest") {
  if (Number.isNaN(share)) return "-";
  if (share === 0 || share === 1) return String(100 * share);
  const missing = 100 * Math.min(share, 1 - share);
  return fixed(100 * share, missing >= 0.1 ? 1 : decimalsOf(missing, 10), rounding);
}

const count = (value) => Math.round(value).toLocaleString("en");

/* ---- the page ---- */

function start() {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const shown = () => data.cases[Number($("case").value)];
  const sliders = { first: FIRST, factor: FACTOR, cap: CAP, budget: BUDGET };
  const initial = { first: 10, factor: 2, cap: 250, budget: 10000 };
  const words = {
    first: milliseconds, budget: milliseconds, factor: (value) => `× ${value}`,
    cap: (value) => (value === null ? "none" : milliseconds(value)),
  };
  if (!data.cases.length) {
    $("about").textContent = "This run has no trials, so there are no holds to replay.";
    return;
  }
  let shipped = []; // of the current case: strategy, schedules, outcome, row

  const value = (name) => sliders[name][Number($(name).value)];
  const chosen = () => ({
    first: value("first"), factor: value("factor"), cap: value("cap"), limit: value("budget"),
    kind: $("kind").value,
    codes: [...document.querySelectorAll("#codes input:checked")].map((box) => Number(box.value)),
  });

  for (const [name, values] of Object.entries(sliders)) {
    $(name).max = values.length - 1;
    $(name).value = values.indexOf(initial[name]);
    $(name).addEventListener("input", show);
  }
  data.cases.forEach((one, place) => $("case").append(new Option(one.name, place)));
  for (const code of data.codes) {
    const label = element("label", { class: "check" }), box = element("input", { type: "checkbox", value: code });
    box.checked = [5, 32, 33].includes(code);
    box.addEventListener("input", show);
    label.append(box, ` ${code}`);
    $("codes").append(label);
  }
  $("other").append(new Option("none", ""));
  data.strategies.forEach((one, place) => $("other").append(new Option(one.name, place)));
  $("kind").addEventListener("input", show);
  $("other").addEventListener("input", show);
  $("case").addEventListener("input", choose);
  $("copy").addEventListener("click", copy);
  addEventListener("resize", show);
  choose();

  /** Another case was chosen: replay its holds under all shipped strategies. */
  function choose() {
    const now = shown();
    const of = `${count(now.held)} of ${count(now.operations)} operations`;
    const sampled = now.holds.length < now.held - now.unknown
      ? ` The ${count(now.holds.length)} here are a random sample of them.` : "";
    const unknown = now.unknown ? ` Left out are ${count(now.unknown)} whose end is unknown.` : "";
    $("about").textContent = now.ambient
      ? `${of} of the strategies that try again were blocked. The end of a hold is not known exactly: it was ` +
        "after the last attempt that failed and before the one that succeeded. So there is a worst and a best " +
        `case, and the truth is between them.${sampled}`
      : `${of} were hit by a hold; the others succeed at once under every strategy, and are not counted ` +
        `here. Receipts say when holds ended.${sampled}${unknown}`;
    $("cost").textContent = milliseconds(now.attempt);
    shipped = data.strategies.map((one) => {
      const schedules = one.schedules[String(now.attempt)].map(expand);
      return { strategy: one, schedules, outcome: evaluated(schedules, one.codes), row: null };
    });
    for (const one of shipped) {
      one.row = element("tr", {});
      const head = element("th", { scope: "row" }), name = element("span", {}), code = element("code", {});
      name.textContent = one.strategy.name + (one.strategy.more ? " †" : "");
      code.textContent = one.strategy.notation;
      head.append(name, code);
      one.row.append(head, ...cellsOf(one.outcome, one.schedules));
    }
    shipped.sort((a, b) => order(a.outcome, b.outcome));
    show();
  }

  function evaluated(schedules, codes) {
    const best = outcome(schedules, codes, shown(), true);
    return { best, worst: shown().ambient ? outcome(schedules, codes, shown(), false) : best };
  }

  /** A slider was moved. */
  function show() {
    for (const name of Object.keys(sliders)) {
      const text = words[name](value(name));
      $(`${name}-value`).textContent = text;
      $(name).setAttribute("aria-valuetext", text);
    }
    const now = chosen(), times = attemptTimes(now, shown().attempt), mine = evaluated([times], now.codes);
    const cut = times.length === MAX_ATTEMPTS ? ", where the list ends" : "";
    $("notation").textContent = notation(now);
    $("succeeded").textContent = succeeded(mine);
    $("interval").textContent = shares(mine);
    $("median").textContent = range(mine, "median");
    $("p95").textContent = range(mine, "p95");
    $("overshoot").textContent = range(mine, "overshoot");
    $("attempts").textContent = `${count(times.length)}, the last at ${milliseconds(times.at(-1))}${cut}`;
    table(mine, times);
    const other = $("other").value === "" ? null
      : shipped.find((one) => one.strategy === data.strategies[Number($("other").value)]);
    draw(times, mine, now.codes, other);
    $("why").textContent = whyEmpty(shown(), now.codes, mine.best.succeeded, times.at(-1));
  }

  function succeeded({ best, worst }) {
    if (!best.n) return "no holds";
    const of = (one) => `${count(one.succeeded)} of ${count(one.n)}`;
    return worst === best ? of(best) : `${of(worst)} to ${of(best)}`;
  }

  function shares({ best, worst }) {
    if (!best.n) return "-";
    const both = worst === best ? percent(best.share) : `${percent(worst.share)} to ${percent(best.share)}`;
    return `${both} % [${percent(worst.interval[0], "down")}-${percent(best.interval[1], "up")} %]`;
  }

  function range({ best, worst }, key) {
    const texts = [milliseconds(best[key]), milliseconds(worst[key])];
    return texts[0] === texts[1] ? texts[0] : texts.join(" to ");
  }

  function cellsOf(found, schedules) {
    const { best, worst } = found;
    const last = Math.max(...schedules.map((times) => times.at(-1)));
    const most = Math.max(...schedules.map((times) => times.length));
    const texts = [shares(found), range(found, "median"), range(found, "p95"),
      range(found, "overshoot"), count(most), milliseconds(last)];
    return texts.map((text) => {
      const cell = element("td", { class: "n" });
      cell.textContent = best.n || text === texts[4] || text === texts[5] ? text : "-";
      return cell;
    });
  }

  function order(a, b) {
    return b.worst.share - a.worst.share || b.best.share - a.best.share ||
      (a.best.median === b.best.median ? 0 : a.best.median - b.best.median);
  }

  /** All strategies, the highest success rate first, the reader's own among them. */
  function table(mine, times) {
    const row = element("tr", { class: "mine" }), head = element("th", { scope: "row" });
    head.textContent = "yours";
    row.append(head, ...cellsOf(mine, [times]));
    const place = shipped.findIndex((one) => order(mine, one.outcome) <= 0);
    const rows = shipped.map((one) => one.row);
    rows.splice(place < 0 ? rows.length : place, 0, row);
    $("strategies").replaceChildren(...rows);
  }

  async function copy() {
    try {
      await navigator.clipboard.writeText($("notation").textContent);
      $("copied").textContent = "Copied.";
    } catch {
      getSelection().selectAllChildren($("notation"));
      $("copied").textContent = "Selected; copy it with the keyboard.";
    }
  }

  /** Attempts on the curve of the holds: the height of the last one is the success rate. */
  function draw(times, mine, codes, other) {
    const chart = $("chart"), now = shown(), width = Math.max(chart.parentElement.clientWidth, 280), height = 300;
    const left = 44, right = 14, top = 12, bottom = height - 40;
    const ends = now.holds.map((hold) => (now.ambient ? [hold[1], hold[2]] : [hold.at(-1), hold.at(-1)]));
    const finite = ends.flat().filter((end) => end !== null);
    const last = Math.max(times.at(-1), other ? other.schedules[0].at(-1) : 0, ...finite, 10);
    const high = Math.log10(last * 1.2), low = Math.min(0, Math.log10(Math.max(now.attempt, 0.1)));
    const x = (ms) => left + (Math.max(Math.log10(Math.max(ms, 1e-9)) - low, 0) / (high - low)) * (width - left - right);
    const y = (share) => bottom - share * (bottom - top);
    const parts = [];
    const add = (name, attributes, text) => {
      const part = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, given] of Object.entries(attributes)) part.setAttribute(key, given);
      if (text !== undefined) part.textContent = text;
      parts.push(part);
    };
    for (let tick = Math.ceil(low); tick <= high; tick++) {
      if (width < 500 && high - low > 5 && tick % 2) continue;
      add("line", { x1: x(10 ** tick), x2: x(10 ** tick), y1: top, y2: bottom, class: "grid" });
      add("text", { x: x(10 ** tick), y: bottom + 16, "text-anchor": "middle" }, duration(10 ** tick).replace(/([a-z]+)$/, " $1"));
    }
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      add("line", { x1: left, x2: width - right, y1: y(share), y2: y(share), class: "grid" });
      add("text", { x: left - 6, y: y(share) + 4, "text-anchor": "end" }, `${100 * share} %`);
    }
    add("text", { x: (left + width - right) / 2, y: height - 4, "text-anchor": "middle" }, "time since the first blocked attempt");
    const curve = (which) => {
      const sorted = ends.map((end) => end[which]).filter((end) => end !== null).sort((a, b) => a - b);
      let path = `M${left} ${y(0)}`;
      sorted.forEach((end, place) => {
        if (sorted[place + 1] !== end) path += `H${x(end).toFixed(1)}V${y((place + 1) / ends.length).toFixed(1)}`;
      });
      return `${path}H${width - right}`;
    };
    add("path", { d: curve(1), class: "holds" });
    if (now.ambient) add("path", { d: curve(0), class: "holds best" });
    if (other) dots(other.schedules[0], other.outcome.worst, other.strategy.codes, "other");
    dots(times, mine.worst, codes, "mine");
    chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
    chart.setAttribute("aria-label", `${percent(mine.worst.share)} % of the holds are over by an attempt of your strategy.`);
    chart.replaceChildren(...parts);

    function dots(attempts, found, retried, name) {
      const places = found.places.length ? found.places : outcome([attempts], retried, now, false).places;
      const by = new Array(attempts.length).fill(0);
      for (const place of places) if (place < attempts.length) by[place]++;
      let sum = 0, drawn = -Infinity;
      attempts.forEach((at, place) => {
        sum += by[place];
        const left = x(at);
        if (left - drawn < 2 && place < attempts.length - 1) return; // too close to be told apart
        drawn = left;
        const share = y(sum / Math.max(places.length, 1));
        if (name === "mine") add("circle", { cx: left, cy: share, r: 4, class: name });
        else add("rect", { x: left - 3, y: share - 3, width: 6, height: 6, class: name });
      });
    }
  }
}

function element(name, attributes) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

if (typeof document !== "undefined") start();
if (typeof module !== "undefined") module.exports = { attemptTimes, notation, outcome, whyEmpty, expand, wilson, quantile, milliseconds, percent };
