// Brings the parts of a page that are marked data-live up to date when the site says that something has changed.
// A part in which someone is typing is left alone, and so are parts that the page does not have any more.
const source = document.querySelector("[data-events]");
const told = document.getElementById("told");
const shown = new Map([...document.querySelectorAll("[data-live]")].map((part) => [part.id, part.innerHTML]));
let waiting = false;

const isField = (one) => one instanceof HTMLElement && one.matches("input, select, textarea, [contenteditable]");
const isTypedIn = (part) =>
  (isField(document.activeElement) && part.contains(document.activeElement)) ||
  [...part.querySelectorAll("input, select, textarea")].some((one) =>
    one.type === "checkbox" || one.type === "radio" ? one.checked !== one.defaultChecked
      : one instanceof HTMLSelectElement ? [...one.options].some((o) => o.selected !== o.defaultSelected)
      : one.value !== one.defaultValue);

const replace = (old, fresh) => {
  for (const open of old.querySelectorAll("details[open][id]")) {
    fresh.querySelector(`#${CSS.escape(open.id)}`)?.setAttribute("open", "");
  }
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(fresh);
  if (focused) (fresh.querySelector(focused.id ? `#${CSS.escape(focused.id)}` : `[href="${CSS.escape(focused.getAttribute("href") ?? "")}"]`))?.focus();
};

const refresh = async () => {
  waiting = false;
  const answer = await fetch(location.href, { headers: { Accept: "text/html", "X-By-Itself": "1" }, redirect: "error" }).catch(() => null);
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  let kept = false, changed = false;
  for (const part of document.querySelectorAll("[data-live]")) {
    const other = fresh.getElementById(part.id);
    if (!other || other.innerHTML === shown.get(part.id)) continue;
    if (isTypedIn(part)) { kept = true; continue; }
    shown.set(part.id, other.innerHTML);
    replace(part, document.importNode(other, true));
    changed = true;
  }
  if (kept || changed) {
    told.textContent = "";
    setTimeout(() => { told.textContent = kept ? told.dataset.kept : told.dataset.changed; }, 50);
  }
};

if (source && told && "EventSource" in window) {
  const pause = Number(source.dataset.pause ?? 0) * 1000;
  let last = 0;
  const listen = () => {
    const heard = new EventSource(source.dataset.events);
    heard.addEventListener("changed", () => {
      if (waiting) return;
      waiting = true;
      const wait = Math.max(0, last + pause - Date.now());
      setTimeout(() => { last = Date.now(); refresh(); }, wait);
    });
    // Signed out, or too many watch: nothing comes any more, until it is tried anew.
    heard.addEventListener("error", () => { if (heard.readyState === EventSource.CLOSED) setTimeout(listen, 60_000); });
    addEventListener("pagehide", () => heard.close());
  };
  listen();
}
