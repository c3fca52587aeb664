// Says when the session has ended, and covers the page without losing what is typed in it. It asks once a minute; that
// keeps a session alive only where somebody has used keys or pointer meanwhile.
const ended = document.getElementById("ended");
const nameIn = (page) => page.querySelector(".person a")?.textContent;
let used = false;

const look = async () => {
  const headers = used ? {} : { "X-By-Itself": "1" };
  used = false;
  const answer = await fetch("/account", { headers, redirect: "manual" }).catch(() => null);
  if (answer?.type === "opaqueredirect" && !ended.open) ended.showModal();
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  // What one person typed is not for the next one at this machine.
  if (nameIn(fresh) !== nameIn(document)) { location.replace("/"); return; }
  const token = fresh.querySelector("input[name=csrf]").value;
  for (const one of document.querySelectorAll("input[name=csrf]")) one.value = token;
  ended.close();
};

for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, (event) => { used ||= event.isTrusted && !ended.open; }, true);
ended.addEventListener("cancel", (event) => event.preventDefault());
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
setInterval(look, 60_000);
