// A short message that goes away by itself.
const SHOWN_MS = 6000;

export function toast(text) {
  const message = document.createElement("p");
  message.className = "toast";
  message.textContent = text;
  document.getElementById("toasts").append(message);
  setTimeout(() => message.remove(), SHOWN_MS);
}
