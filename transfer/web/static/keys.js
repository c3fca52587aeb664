// Single keys for those who work without a mouse; they can be turned off, and do nothing while a field has the focus.
const list = document.getElementById("keys");
const on = document.getElementById("keys-on");
const open = document.getElementById("keys-open");
const OFF = "keys-off";

const lines = () => [...document.querySelectorAll("[data-rows] tbody th a")];
const step = (by) => {
  const all = lines();
  if (!all.length) return;
  const now = all.indexOf(document.activeElement);
  all[now < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, now + by))].focus();
};
const does = {
  "/": () => document.getElementById("q")?.focus(),
  j: () => step(1),
  k: () => step(-1),
  "?": () => list.showModal(),
};

open.hidden = false;
open.addEventListener("click", () => list.showModal());
on.checked = localStorage.getItem(OFF) === null;
on.addEventListener("change", () => (on.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLElement && event.target.closest("input, select, textarea, [contenteditable], dialog");
  if (typing || event.ctrlKey || event.altKey || event.metaKey || event.isComposing || localStorage.getItem(OFF) !== null) return;
  const act = does[event.key];
  if (act) { event.preventDefault(); act(); }
});
