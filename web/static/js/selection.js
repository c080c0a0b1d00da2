// Selecting rows of the queue or of gaps: a bar appears once something is selected.
export function selection(form) {
  if (!form) return;
  const bar = form.querySelector("[data-bulk]");
  const all = form.querySelector("[data-all]");
  if (!bar) return;
  const label = bar.querySelector("[data-selected]");
  const boxes = () => [...form.querySelectorAll("[data-row] input[type=checkbox]")];
  const show = () => {
    const count = boxes().filter((box) => box.checked).length;
    bar.classList.toggle("bulk-idle", count === 0);
    label.textContent = `${count} ${label.dataset.selected}`;
    all.checked = count > 0 && count === boxes().length;
    all.indeterminate = count > 0 && count < boxes().length;
  };
  all.hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.checked;
    show();
  });
  form.addEventListener("change", show);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select, dialog")) return;
    const box = document.activeElement.closest("[data-row]")?.querySelector("input[type=checkbox]");
    if (!box) return;
    box.checked = !box.checked;
    show();
  });
  show();
}
