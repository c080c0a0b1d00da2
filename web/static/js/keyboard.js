// Keys that work everywhere outside a field, and the dialog that lists them.
export function keyboard() {
  const dialog = document.getElementById("keys");
  for (const button of document.querySelectorAll("[data-keys]")) {
    button.hidden = false;
    button.addEventListener("click", () => dialog.showModal());
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest("input, textarea, select, dialog")) return;
    if (event.key === "/") focusSearch(event);
    else if (event.key === "?") dialog.showModal();
    else if (event.key === "j" || event.key === "ArrowDown") step(event, 1);
    else if (event.key === "k" || event.key === "ArrowUp") step(event, -1);
    else if (event.key === "o") openInNewTab();
  });
}

function focusSearch(event) {
  const field = document.getElementById("q");
  event.preventDefault();
  if (field) field.focus();
  else location.assign(document.querySelector(".brand").href);
}

// The title links carry the focus, so that Enter opens an article without our help.
function step(event, by) {
  const cards = [...document.querySelectorAll(".card")];
  if (!cards.length) return;
  event.preventDefault();
  const at = cards.findIndex((card) => card.contains(document.activeElement));
  const next = at + by;
  if (at === 0 && next < 0) document.getElementById("q").focus();
  else focusCard(cards[Math.max(0, Math.min(cards.length - 1, next))]);
}

function focusCard(card) {
  card.querySelector("h3 a").focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest" });
}

function openInNewTab() {
  const link = document.activeElement.closest(".card")?.querySelector("h3 a");
  if (link) window.open(link.href, "_blank", "noopener");
}
