// Everything here only makes pages quicker to use; each of them works without it.
import { copyButtons } from "./copy.js";
import { filters } from "./filters.js";
import { keyboard } from "./keyboard.js";
import { menus } from "./menu.js";
import { preferences } from "./preferences.js";
import { remarks } from "./remarks.js";
import { scrolling } from "./scrolling.js";
import { liveSearch } from "./search.js";
import { sections } from "./sections.js";

const article = document.querySelector("[data-article]");

preferences(document.querySelector(".preferences"));
liveSearch(document.querySelector(".search-form"));
filters(document.querySelector("[data-filters]"));
if (article) {
  copyButtons(article);
  sections(article);
  remarks(article);
}
keyboard();
menus();
scrolling();
