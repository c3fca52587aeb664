// Brings the parts of a page that are marked data-live up to date every few seconds, while anybody looks at it and
// nobody has the focus in them.
const every = Number(document.querySelector("[data-every]")?.dataset.every ?? 0) * 1000;

const refresh = async () => {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html", "X-By-Itself": "1" }, redirect: "error" }).catch(() => null);
  const stale = document.getElementById("stale");
  if (stale) stale.hidden = Boolean(answer?.ok);
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const other = fresh.getElementById(part.id);
    if (!other || part.contains(document.activeElement) || part.contains(getSelection()?.anchorNode) && !getSelection().isCollapsed) continue;
    for (const open of part.querySelectorAll("details[open][id]")) other.querySelector(`#${CSS.escape(open.id)}`)?.setAttribute("open", "");
    if (other.innerHTML !== part.innerHTML) part.replaceWith(document.importNode(other, true));
  }
};

if (every) setInterval(refresh, every);
