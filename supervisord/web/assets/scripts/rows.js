// The table of processes: takes the daemon's rows and changes what differs. Rows in view are drawn
// with the next frame, the others once a second.

const stateClass = {RUNNING: "statusrunning", FATAL: "statuserror", BACKOFF: "statuserror"};
const startable = new Set(["STOPPED", "EXITED", "FATAL"]);

/// As Supervisor prints it: "0:00:07", "2 days, 3:04:05".
function uptimeText(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const clock = `${Math.floor(seconds / 3600) % 24}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const days = Math.floor(seconds / 86400);
  return days === 0 ? clock : `${days} day${days === 1 ? "" : "s"}, ${clock}`;
}

function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

class Row {
  constructor(element) {
    const [start, restart, stop] = element.querySelectorAll(".verbs button");
    this.element = element;
    this.badge = element.querySelector(".status span");
    this.description = element.querySelector(".about");
    this.buttons = {start, restart, stop};
    this.name = element.dataset.name;
    this.state = element.dataset.state; // as it is drawn
    this.isInView = false;
    this.data = {name: this.name, state: this.state, about: this.description.textContent};
    this.startedAt = null; // by performance.now()
  }

  take(data) {
    this.data = data;
    this.startedAt = data.up === undefined ? null : performance.now() - data.up * 1000;
  }

  about() {
    if (this.startedAt === null) return this.data.about;
    const seconds = Math.max(0, Math.floor((performance.now() - this.startedAt) / 1000));
    const text = this.data.text ? `, ${this.data.text}` : "";
    return `pid ${this.data.pid}, uptime ${uptimeText(seconds)}${text}`;
  }

  draw() {
    const state = this.data.state;
    put(this.description, this.about());
    if (state === this.state) return;
    this.state = state;
    this.element.dataset.state = state;
    this.badge.className = stateClass[state] || "statusnominal";
    put(this.badge, state.toLowerCase());
    this.buttons.start.hidden = !startable.has(state);
    this.buttons.restart.hidden = this.buttons.stop.hidden = state !== "RUNNING";
  }

  matches(wanted) {
    return `${this.name} ${this.data.state} ${this.about()}`.toLowerCase().includes(wanted);
  }
}

export class Rows {
  constructor(main) {
    this.main = main;
    this.wanted = "";
    this.isFrameAsked = false;
    this.seen = new IntersectionObserver((entries) => this.#scrolled(entries), {rootMargin: "300px"});
    this.adopt();
    setInterval(() => this.#everySecond(), 1000);
  }

  /// Of the table as it stands in the page now.
  adopt() {
    this.seen.disconnect();
    this.rows = new Map();
    this.stale = new Set(); // rows that are not drawn as they are
    this.counts = {};
    this.groups = [];
    for (const body of this.main.querySelectorAll("#processes tbody")) {
      const group = {body, count: body.querySelector(".group .count"), rows: [], isStale: false};
      for (const element of body.querySelectorAll(".process")) {
        const row = new Row(element);
        row.group = group;
        group.rows.push(row);
        this.rows.set(row.name, row);
        this.counts[row.state] = (this.counts[row.state] || 0) + 1;
        this.seen.observe(element);
      }
      this.groups.push(group);
    }
  }

  hasExactly(list) {
    const names = this.rows.keys();
    return list.length === this.rows.size && list.every((data) => names.next().value === data.name);
  }

  /// False: it names a process that the page does not have.
  take(list) {
    for (const data of list) {
      const row = this.rows.get(data.name);
      if (!row) return false;
      if (row.data.state !== data.state) {
        this.counts[row.data.state] -= 1;
        this.counts[data.state] = (this.counts[data.state] || 0) + 1;
        row.group.isStale = true;
      }
      row.take(data);
      this.stale.add(row);
    }
    this.#askFrame();
    return true;
  }

  search(text) {
    this.wanted = text.trim().toLowerCase();
    for (const row of this.rows.values()) this.#filter(row);
    this.#drawGroups(this.groups);
  }

  #askFrame() {
    if (this.isFrameAsked) return;
    this.isFrameAsked = true;
    requestAnimationFrame(() => {
      this.isFrameAsked = false;
      this.#drawStale((row) => row.isInView);
    });
  }

  #drawStale(which) {
    const changed = new Set();
    for (const row of this.stale) {
      if (row.group.isStale) changed.add(row.group);
      if (this.wanted && this.#filter(row)) changed.add(row.group);
      if (!which(row)) continue;
      row.draw();
      this.stale.delete(row);
    }
    this.#drawGroups(changed);
    this.#drawCounts();
  }

  #drawGroups(groups) {
    let isAnyShown = false;
    for (const group of groups) {
      group.isStale = false;
      if (group.count) {
        const running = group.rows.filter((row) => row.data.state === "RUNNING").length;
        put(group.count, `${running} of ${group.rows.length} running`);
      }
      group.body.hidden = group.rows.every((row) => row.element.hidden);
    }
    isAnyShown = this.groups.some((group) => !group.body.hidden);
    const none = this.main.querySelector("#nomatch");
    if (none) none.hidden = isAnyShown;
  }

  #drawCounts() {
    for (const item of this.main.querySelectorAll("#counts li")) {
      const count = this.counts[item.dataset.state] || 0;
      put(item.querySelector("b"), String(count));
      item.hidden = count === 0;
    }
  }

  /// True when it came or went.
  #filter(row) {
    const hidden = this.wanted !== "" && !row.matches(this.wanted);
    if (row.element.hidden === hidden) return false;
    row.element.hidden = hidden;
    return true;
  }

  #scrolled(entries) {
    for (const entry of entries) {
      const row = this.rows.get(entry.target.dataset.name);
      if (!row || row.element !== entry.target) continue;
      row.isInView = entry.isIntersecting;
      if (row.isInView) row.draw();
    }
  }

  #everySecond() {
    if (document.hidden) return;
    this.#drawStale(() => true);
    for (const row of this.rows.values()) {
      if (row.isInView && row.startedAt !== null) row.draw();
    }
  }
}
