// A short message that goes away by itself.
const SHOWN_MS = 6000;

export function toast(text, { isFault = false } = {}) {
  const message = document.createElement("p");
  message.className = isFault ? "toast toast-fault" : "toast";
  message.textContent = text;
  document.getElementById("toasts").append(message);
  setTimeout(() => message.remove(), SHOWN_MS);
}
