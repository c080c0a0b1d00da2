// The customer's page of a guide: the same comforts as the agent's, and nothing else.
import { fragments } from "./fragments.js";
import { guide } from "./guide.js";

fragments();
guide(document.getElementById("run"));
