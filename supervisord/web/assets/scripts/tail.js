// tail.html: "Tail -f" goes on in the page.

import {follow} from "./log.js";

const link = document.querySelector("a.follow");
const pre = document.querySelector("#log");
const message = document.querySelector("#message");
let following = null;

pre.scrollTop = pre.scrollHeight;
if (link) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    if (following) {
      following.abort();
      following = null;
    } else {
      following = new AbortController();
      follow(link.href, pre, (text) => { message.textContent = text; }, following.signal);
    }
    link.setAttribute("aria-pressed", String(following !== null));
    link.setAttribute("role", "button");
  });
}
