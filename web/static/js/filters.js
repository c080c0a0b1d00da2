// Filters apply as soon as they are chosen; empty ones stay out of the address.
export function filters(form) {
  if (!form) return;
  form.querySelector("button").hidden = true;
  form.addEventListener("change", () => {
    const chosen = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    location.assign(chosen.size ? `${form.action}?${chosen}` : form.action);
  });
}
