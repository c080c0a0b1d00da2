// Everything here only makes pages quicker to use; each of them works without it.
import { liveSearch } from "./search.js";
import { article } from "./article.js";
import { keyboard } from "./keyboard.js";

liveSearch(document.querySelector(".search-form"));
article(document.querySelector("[data-article]"));
keyboard();
