// Sends a chosen file in pieces at once, shows how far it is, and goes on where it broke off (tus 1.0.0). Without this
// script the file goes along with its form.
const PIECE = 4 * 1024 * 1024;
const KINDS = { ofd: "application/ofd", mp3: "audio/mpeg", wav: "audio/wav", tif: "image/tiff", tiff: "image/tiff" };

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
const later = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

class Refused extends Error {}

function headers(form, more) {
  const token = form.querySelector("input[name=csrf]")?.value;
  return { "Tus-Resumable": "1.0.0", ...(token ? { "X-CSRF-Token": token } : {}), ...more };
}

async function begin(form, file) {
  const kind = file.type || KINDS[file.name.split(".").pop().toLowerCase()] || "";
  const about = `filename ${base64(file.name)},filetype ${base64(kind)}`;
  const answer = await fetch("/uploads", { method: "POST", headers: headers(form, { "Upload-Length": String(file.size), "Upload-Metadata": about }) });
  if (!answer.ok) throw new Refused(answer.headers.get("Content-Type")?.startsWith("text/plain") ? await answer.text() : String(answer.status));
  return answer.headers.get("Location");
}

async function send(form, file, told) {
  const place = await begin(form, file);
  for (let offset = 0, failures = 0; ;) {
    try {
      const answer = await fetch(place, {
        method: "PATCH",
        headers: headers(form, { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(offset) }),
        body: file.slice(offset, offset + PIECE),
      });
      if (answer.status === 200) return await answer.json();
      if (answer.status !== 204 && answer.status !== 409 && answer.status < 500) throw new Refused(await answer.text());
      if (answer.status !== 204) throw new Error(String(answer.status));
      offset = Number(answer.headers.get("Upload-Offset"));
      failures = 0;
      told(offset / file.size);
    } catch (error) {
      if (error instanceof Refused || ++failures > 8) throw error;
      await later(Math.min(30, 2 ** failures));
      const answer = await fetch(place, { method: "HEAD", headers: headers(form) }).catch(() => null);
      if (answer?.ok) offset = Number(answer.headers.get("Upload-Offset"));
      if (answer?.status === 404) throw error;
    }
  }
}

function keep(input, file) {
  const value = JSON.stringify(file);
  const made = document.createElement("input");
  made.name = input.name;
  made.value = value;
  if (input.parentElement.matches("fieldset")) {
    const label = document.createElement("label");
    Object.assign(made, { type: "checkbox", checked: true });
    label.append(made, ` ${file.name}`);
    input.before(label);
  } else {
    input.parentElement.querySelector("p.kept")?.remove();
    made.type = "hidden";
    const said = document.createElement("p");
    said.className = "kept";
    said.append(made, file.name);
    input.before(said);
  }
  input.value = "";
  input.form.dispatchEvent(new Event("input", { bubbles: true }));
}

async function take(input) {
  const form = input.form;
  const [file] = input.files;
  if (!file) return;
  const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
  const said = document.createElement("p");
  bar.setAttribute("aria-label", file.name);
  said.setAttribute("role", "status");
  input.after(bar, said);
  form.dataset.uploading = String(Number(form.dataset.uploading ?? 0) + 1);
  try {
    keep(input, await send(form, file, (part) => { bar.value = part; }));
    said.remove();
  } catch (error) {
    said.className = "error";
    said.setAttribute("role", "alert");
    said.textContent = error instanceof Refused ? `${file.name}: ${error.message}` : `${file.name}: ${navigator.onLine ? error.message : "…"}`;
    if (error instanceof Refused) input.value = "";
  } finally {
    bar.remove();
    form.dataset.uploading = String(Number(form.dataset.uploading) - 1);
    form.dispatchEvent(new Event("uploaded"));
  }
}

document.addEventListener("change", (event) => {
  if (event.target.matches("input[type=file][data-upload]")) take(event.target);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!Number(form.dataset.uploading ?? 0)) return;
  event.preventDefault();
  const button = event.submitter;
  const go = () => {
    if (Number(form.dataset.uploading)) return;
    form.removeEventListener("uploaded", go);
    form.requestSubmit(button);
  };
  form.addEventListener("uploaded", go);
});
