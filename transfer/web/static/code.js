// The code behind # of a scanned picture stands in its field; the browser never sends it with the address.
const code = decodeURIComponent(location.hash.slice(1));
const field = document.getElementById("code");
if (field && !field.value && /^[A-Z0-9]{10}$/.test(code)) {
  field.value = code;
  history.replaceState(null, "", location.pathname);
  document.getElementById("fact").focus();
}
