// The stream of changes, /events: connects, connects again, and says when there is no connection.
// A page that nobody sees holds none: a browser has few connections for one server.

const silence = 12000; // ms; the daemon says something every 5 s
const pauses = [500, 1000, 2000, 5000]; // ms before each new attempt

export function listen({onAll, onRows, onState}) {
  let source = null;
  let watchdog = 0;
  let retry = 0;
  let failures = 0;

  function alive() {
    clearTimeout(watchdog);
    watchdog = setTimeout(lost, silence);
    if (failures !== 0) failures = 0;
    onState("live");
  }

  function hear(name, act) {
    source.addEventListener(name, (event) => {
      alive();
      act(JSON.parse(event.data));
    });
  }

  function connect() {
    source = new EventSource("events");
    hear("all", onAll);
    hear("rows", onRows);
    hear("ping", () => {});
    source.onerror = lost;
    clearTimeout(watchdog);
    watchdog = setTimeout(lost, silence);
  }

  function close() {
    clearTimeout(watchdog);
    clearTimeout(retry);
    if (source) source.close();
    source = null;
  }

  function lost() {
    close();
    onState("lost");
    retry = setTimeout(connect, pauses[Math.min(failures, pauses.length - 1)]);
    failures += 1;
  }

  document.addEventListener("visibilitychange", () => {
    close();
    if (!document.hidden) connect();
  });
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && !source) connect();
  });
  connect();
}
