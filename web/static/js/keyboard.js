// Keys that work everywhere outside a field, and the dialog that lists them.
export function keyboard() {
  const dialog = document.getElementById("keys");
  for (const button of document.querySelectorAll("[data-open=keys]")) {
    button.hidden = false;
    button.addEventListener("click", () => dialog.showModal());
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, dialog")) return;
    if (event.key === "/") focusSearch(event);
    else if (event.key === "?") dialog.showModal();
    else if (event.key === "j" || event.key === "ArrowDown") step(event, 1);
    else if (event.key === "k" || event.key === "ArrowUp") step(event, -1);
    else if (event.key === "o" || event.key === "Enter") open(event);
  });
}

function focusSearch(event) {
  const field = document.getElementById("q");
  event.preventDefault();
  if (field) field.focus();
  else location.assign("/");
}

function step(event, by) {
  const cards = [...document.querySelectorAll(".card")];
  if (!cards.length) return;
  event.preventDefault();
  const at = cards.findIndex((card) => card.contains(document.activeElement));
  cards[Math.max(0, Math.min(cards.length - 1, at + by))].focus();
}

function open(event) {
  const card = document.activeElement.closest(".card");
  if (!card || event.target.closest("a, button")) return;
  const link = card.querySelector("h3 a");
  if (event.key === "o") window.open(link.href, "_blank", "noopener");
  else location.assign(link.href);
}
