// Everything here only makes pages quicker to use; each of them works without it.
import { copyButtons } from "./copy.js";
import { filters } from "./filters.js";
import { fragments } from "./fragments.js";
import { guide } from "./guide.js";
import { keyboard } from "./keyboard.js";
import { menus } from "./menu.js";
import { palette } from "./palette.js";
import { preferences } from "./preferences.js";
import { remarks } from "./remarks.js";
import { scrolling } from "./scrolling.js";
import { liveSearch } from "./search.js";
import { sections } from "./sections.js";
import { selection } from "./selection.js";
import { ticket } from "./ticket.js";

const article = document.querySelector("[data-article]");

preferences(document.querySelector(".preferences"));
liveSearch(document.querySelector(".search-form"));
filters(document.querySelector("[data-filters]"));
if (article) {
  copyButtons(article);
  sections(article);
  remarks(article);
}
fragments();
guide(document.getElementById("run"));
ticket(document.querySelector("[data-ticket]"));
selection(document.querySelector("[data-selection]"));
palette();
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
for (const button of document.querySelectorAll("[data-back]")) {
  button.hidden = false;
  button.addEventListener("click", () => history.back());
}
keyboard();
menus();
scrolling();
