// Changing language or colours keeps the place and the text being typed.
const KEPT = "kb-assist.text";

export function preferences(form) {
  form?.addEventListener("submit", () => {
    form.elements.next.value = location.pathname + location.search + location.hash;
    const field = document.getElementById("q");
    if (field) keepText(field.value);
  });
}

export function keepText(text) {
  sessionStorage.setItem(KEPT, text);
}

export function takeKeptText() {
  const text = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  return text;
}
