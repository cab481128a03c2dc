// A log as it grows: reads /logtail's stream into a <pre>, and begins again when it is cut off.

const mostCharacters = 400000; // kept on the page
const escapes = /\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g; // colours and the like
const pause = 2000; // ms before a new attempt

const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));
const wait = (ms, signal) => new Promise((resolve) => {
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, {once: true});
});

class Text {
  constructor(pre) {
    this.pre = pre;
    this.size = 0;
    this.cut = ""; // the beginning of an escape sequence
    pre.textContent = "";
  }

  add(text) {
    const all = this.cut + text;
    const escape = all.lastIndexOf("\x1b");
    const isCut = escape >= 0 && all.length - escape < 32 && !all.slice(escape).match(escapes);
    this.cut = isCut ? all.slice(escape) : "";
    const shown = (isCut ? all.slice(0, escape) : all).replace(escapes, "");
    if (!shown) return;
    const isAtEnd = this.pre.scrollHeight - this.pre.scrollTop - this.pre.clientHeight < 40;
    this.pre.append(shown);
    this.size += shown.length;
    while (this.size > mostCharacters && this.pre.childNodes.length > 1) {
      this.size -= this.pre.firstChild.length;
      this.pre.firstChild.remove();
    }
    if (isAtEnd) this.pre.scrollTop = this.pre.scrollHeight;
  }
}

/// Until `signal` is aborted. `say` takes what a person should know; "" when all is well.
export async function follow(url, pre, say, signal) {
  while (!signal.aborted) {
    try {
      const response = await fetch(url, {signal, cache: "no-store"});
      if (response.status === 404) {
        say("There is no log file.");
        return;
      }
      if (!response.ok) throw new Error(`status ${response.status}`);
      say("");
      const text = new Text(pre);
      const decoder = new TextDecoder();
      const reader = response.body.getReader();
      for (;;) {
        const {done, value} = await reader.read();
        if (done) break;
        text.add(decoder.decode(value, {stream: true}));
        await nextFrame(); // no more is read than can be shown
      }
    } catch (error) {
      if (signal.aborted) return;
    }
    say("Connection lost. Trying again…");
    await wait(pause, signal);
  }
}
