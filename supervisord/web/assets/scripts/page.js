// The status page, alive: rows change as processes do, buttons and logs work in place. Without this
// script the page does the same by forms and links.

import {follow} from "./log.js";
import {Rows} from "./rows.js";
import {listen} from "./stream.js";

const main = document.querySelector("main");
const form = document.querySelector("#act");
const live = document.querySelector("#live");
const wanted = document.querySelector("#wanted");
const rows = new Rows(main);

function say(text, isError = false) {
  const line = document.querySelector("#message");
  line.textContent = text;
  line.classList.toggle("error", isError);
}

// --- live ---

function onState(state) {
  live.hidden = false;
  live.className = state;
  const text = state === "live" ? "live" : "connection lost, trying again…";
  if (live.textContent !== text) live.textContent = text;
  document.body.classList.toggle("lost", state === "lost");
}

let isFetching = false;
/// Takes the table anew: processes came or went.
async function refetch() {
  if (isFetching) return;
  isFetching = true;
  try {
    const response = await fetch("index.html", {cache: "no-store"});
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const old of main.querySelectorAll("#counts, #processes, #none, #nomatch")) old.remove();
    main.querySelector("#message").after(page.querySelector("#counts"));
    main.append(...page.querySelectorAll("main > #processes, main > #none, main > #nomatch"));
    form.elements.token.value = page.querySelector("#act").elements.token.value;
    rows.adopt();
    rows.search(wanted.value);
  } catch (error) {
    // The stream says that the connection is lost, and a new one begins with all rows.
  } finally {
    isFetching = false;
  }
}

listen({
  onState,
  onAll: async ({token, rows: list}) => {
    form.elements.token.value = token;
    if (!rows.hasExactly(list)) await refetch();
    rows.take(list);
  },
  onRows: (list) => {
    if (!rows.take(list)) refetch();
  },
});

// --- search ---

wanted.addEventListener("input", () => {
  rows.search(wanted.value);
  const query = wanted.value ? `?search=${encodeURIComponent(wanted.value)}` : location.pathname;
  history.replaceState(null, "", query);
});
document.querySelector("#search").addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("click", (event) => {
  const count = event.target.closest("#counts a");
  if (!count) return;
  event.preventDefault();
  const state = count.closest("li").dataset.state.toLowerCase();
  wanted.value = wanted.value === state ? "" : state;
  wanted.dispatchEvent(new Event("input"));
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.matches("input")) return;
  event.preventDefault();
  wanted.focus();
});
if (new URLSearchParams(location.search).has("message")) history.replaceState(null, "", location.pathname);
document.documentElement.classList.add("scripted");

// --- actions ---

async function act(url, options) {
  const response = await fetch(url, {...options, headers: {Accept: "application/json"}});
  if (response.status === 401) throw new Error("Sign in again: reload the page.");
  if (response.status === 403) throw new Error("The page was too old. Please try again.");
  if (!response.ok) throw new Error(`supervisord answers with status ${response.status}.`);
  return response.json();
}

async function run(element, url, options) {
  element.setAttribute("aria-busy", "true");
  try {
    const {message, error} = await act(url, options);
    say(message, error);
  } catch (error) {
    say(error instanceof TypeError ? "supervisord cannot be reached." : error.message, true);
  } finally {
    element.removeAttribute("aria-busy");
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const button = event.submitter;
  if (!button || button.getAttribute("aria-busy")) return;
  if (form.contains(button) && !confirm(`${button.textContent}: are you sure?`)) return;
  const body = new URLSearchParams({token: form.elements.token.value});
  run(button, button.formAction, {method: "POST", body});
});
document.querySelector("#refresh").addEventListener("click", async (event) => {
  event.preventDefault();
  await refetch();
  run(event.target, event.target.href, {});
});

// --- logs ---

let closing = null; // ends the log that is open

function openLog(link) {
  if (closing) closing.abort();
  closing = new AbortController();
  let panel = document.querySelector("#panel");
  if (!panel) {
    panel = document.createElement("section");
    panel.id = "panel";
    panel.innerHTML = '<header><h2></h2><span class="note" role="status"></span>' +
      '<a class="button" target="_blank" rel="noopener">Open alone</a><button type="button">Close</button></header>' +
      '<pre tabindex="0"></pre>';
    document.body.append(panel);
    panel.querySelector("button").addEventListener("click", closeLog);
  }
  const title = link.getAttribute("aria-label") || link.textContent;
  panel.setAttribute("aria-label", title);
  panel.querySelector("h2").textContent = title.replace(/^Tail -f /, "");
  panel.querySelector("a").href = link.href;
  panel.opener = link;
  document.body.classList.add("following");
  const pre = panel.querySelector("pre");
  pre.textContent = "";
  const note = panel.querySelector(".note");
  follow(link.href, pre, (text) => { note.textContent = text; }, closing.signal);
  pre.focus({preventScroll: true});
}

function closeLog() {
  const panel = document.querySelector("#panel");
  if (!panel) return;
  closing.abort();
  document.body.classList.remove("following");
  panel.remove();
  if (panel.opener.isConnected) panel.opener.focus({preventScroll: true});
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a.follow");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  openLog(link);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeLog();
});
