// Forms that need no script, made smoother by one: rows without leaving the page, drafts that save themselves.
const SAVE_AFTER = 3000;

async function changed(form, button) {
  const data = new FormData(form, button);
  const answer = await fetch(form.action, { method: "POST", body: data });
  if (answer.redirected) { location.href = answer.url; return; }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("form[data-form]");
  if (!fresh) { form.submit(); return; }
  const known = new Set([...form.querySelectorAll("[name]")].map((one) => one.name));
  form.replaceChildren(...fresh.childNodes);
  const first = [...form.querySelectorAll("input:not([type=hidden]), select, textarea")].find((one) => !known.has(one.name));
  (first ?? form.querySelector(`button[name="${button.name}"]`) ?? form).focus();
  form.dispatchEvent(new CustomEvent("redrawn", { bubbles: true }));
}

async function save(form) {
  const data = new FormData(form);
  for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
  for (const file of form.querySelectorAll("input[type=hidden][name]")) if (!data.has(file.name)) data.set(file.name, file.value);
  data.set("form-saved", "1");
  const said = form.querySelector("[data-saved]");
  try {
    const answer = await fetch(form.action, { method: "POST", body: data });
    if (said && answer.status === 204) said.textContent = `${said.dataset.text} ${new Date().toLocaleTimeString(document.documentElement.lang)}`;
  } catch { /* offline: what is typed stays in the page, and is saved with the next change */ }
}

for (const form of document.querySelectorAll("form[data-form]")) {
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[name^=form-add], button[name^=form-remove], button[name=form-show]");
    if (!button || form.querySelector("input[type=file]:not([data-taken])")?.files.length) return;
    event.preventDefault();
    changed(form, button);
  });
  if (!form.hasAttribute("data-saves")) continue;
  let waits;
  form.addEventListener("input", () => {
    clearTimeout(waits);
    waits = setTimeout(() => save(form), SAVE_AFTER);
  });
  form.addEventListener("submit", () => clearTimeout(waits));
}
