"""Results as Markdown: all rows, or ours beside their gates."""

import json
import statistics

from workloads import OWN, RAW


def sound(row):
    """Whether nearly every answer was right: a figure over failed requests means nothing."""
    wrong = sum(row.get(k) or 0 for k in ("e_status", "e_read", "e_timeout", "wrong", "failed"))
    return bool(row["cpu_us"]) and wrong * 100 < row["requests"]


def medians(files, best=False):
    """Per (server, workload) one figure of each kind: the median over the rounds, or with `best` the
    least disturbed one (least time, most requests a second)."""
    cells, failures = {}, []
    for path in files:
        with open(path) as file:
            if path.endswith(".rows"):
                rows = [json.loads(line) for line in file]
                failures += [r for r in rows if "error" in r]
                rows = [r for r in rows if "error" not in r]
            else:
                data = json.load(file)
                rows = data["rows"]
                failures += data["failures"]
        for row in rows:
            if "cpu_us" in row and not sound(row):
                failures.append(dict(row, error="wrong or missing answers: " + ", ".join(
                    "%s %s" % (k, row[k]) for k in ("requests", "e_status", "e_read", "e_timeout", "wrong", "failed")
                    if row.get(k))))
                continue
            cell = cells.setdefault((row["server"], row["workload"]), {})
            for key, value in row.items():
                if isinstance(value, (int, float)) and not isinstance(value, bool):
                    cell.setdefault(key, []).append(value)
    def pick(field, values):
        if not best:
            return statistics.median(values)
        return max(values) if field == "rps" else min(values)
    return {k: dict({f: pick(f, v) for f, v in cell.items()}, n=len(cell.get("round", [])))
            for k, cell in cells.items()}, failures


def table(title, cells, workloads, field, form="%.1f", base=None, scale=1.0):
    servers = []
    for server, workload in cells:
        if workload in workloads and field in cells[server, workload] and server not in servers:
            servers.append(server)
    workloads = [w for w in workloads if any((s, w) in cells for s in servers)]
    print("\n### %s\n" % title)
    print("| server | " + " | ".join(workloads) + " |")
    print("|" + " --- |" * (len(workloads) + 1))
    for server in servers:
        line = []
        for workload in workloads:
            value = cells.get((server, workload), {}).get(field)
            if value is None:
                line.append("–")
                continue
            text = form % (value * scale)
            if base and (base, workload) in cells and cells[base, workload].get(field):
                text += " (%.2f×)" % (value / cells[base, workload][field])
            line.append(text)
        print("| %s | %s |" % (server, " | ".join(line)))


def add_floor(cells, bare):
    """The limit's cost plus the application's own is what no server can go below."""
    for (server, workload), cell in list(cells.items()):
        same = dict.fromkeys(("plain_c1", "close", "sleep", "uds", "pipe8", "body100k"), "plain")
        alone = bare.get(same.get(workload, workload))
        if server == "limit" and "cpu_us" in cell and isinstance(alone, (int, float)):
            cells["floor = limit + bare", workload] = {"cpu_us": cell["cpu_us"] + alone}


def tables(files, base, best=False, bare=None):
    cells, failures = medians(files, best)
    if bare:
        with open(bare) as file:
            add_floor(cells, json.load(file))
    main_ones = [w for w in RAW if w != "plain_c1"] + ["starlette", "fastapi"]
    extra = ["ws_c16", "ws_c1", "ws_4k", "tls", "tls_body10k", "tls_close", "h2", "workers2", "workers2_json"]
    table("Server CPU µs per request (× %s)" % base, cells, main_ones, "cpu_us", base=base)
    table("Server CPU µs per request, other transports", cells, extra, "cpu_us", base=base)
    table("Server CPU µs per request, own load", cells, list(OWN), "cpu_us", base=base)
    table("Server CPU µs per request, access log on", cells, ["plain_log"], "cpu_us", base=base)
    table("Requests per second", cells, main_ones + extra + list(OWN), "rps", form="%.0f")
    table("p50 latency, ms", cells, ["plain_c1"] + main_ones + extra[:3] + list(OWN), "p50_us", "%.3f", scale=1e-3)
    table("p99 latency, ms", cells, ["plain_c1"] + main_ones + extra[:3] + list(OWN), "p99_us", "%.3f", scale=1e-3)
    table("Startup to first answer, ms", cells, ["startup", "startup_starlette", "startup_fastapi"], "startup_ms", "%.0f")
    table("Memory (PSS of the tree), MiB", cells,
          ["memory_idle", "memory_loaded", "memory_after", "memory_starlette", "memory_fastapi", "memory_workers2"], "pss_mib")
    table("1,000 idle connections: KiB each", cells, ["idle1000"], "grew_kib_each", "%.2f")
    if failures:
        print("\n### Failures\n")
        for note in failures:
            print("- %(server)s %(workload)s: %(error)s" % note)


def half(files):
    """Latency at an offered rate, all servers beside each other."""
    cells, failures = medians(files)
    servers = list(dict.fromkeys(server for server, _ in cells))
    rows = list(dict.fromkeys(row for _, row in cells if row in (*RAW, *OWN, "starlette", "fastapi")))
    print("| row | requests/s | " + " | ".join("%s p50, p99" % server for server in servers) + " |")
    print("|---|---:|" + "---:|" * len(servers))
    for row in rows:
        said = []
        for server in servers:
            cell = cells.get((server, row))
            said.append("%.2f, %.2f" % (cell["p50_us"] / 1e3, cell["p99_us"] / 1e3) if cell else "–")
        rate = max(cells[server, row]["rps"] for server in servers if (server, row) in cells)
        print("| %s | %.0f | %s |" % (row, rate, " | ".join(said)))
    for note in failures:
        print("- %(server)s %(workload)s: %(error)s" % note)


# row: (what it is compared with, at most so many times as much)
GATES = {
    "plain": (("floor", 1.15), ("uvicorn", 0.40), ("granian-st", 0.42)),
    "echo1k": (("floor", 1.15), ("uvicorn", 0.40)),
    "headers": (("floor", 1.15), ("uvicorn", 0.40)),
    "json": (("floor", 1.15), ("uvicorn", 0.40)),
    "uds": (("uvicorn", 0.25), ("granian-st", 0.25)),
    "pipe8": (("uvicorn", 0.12), ("granian-st", 0.12)),
    "close": (("limit", 1.1), ("uvicorn", 0.55)),
    "stream": (("floor", 1.2), ("uvicorn", 0.07)),
    "body100k": (("floor", 1.2),),
    "echo100k": (("floor", 1.2),),
    "sleep": (("uvicorn", 0.45),),
    "starlette": (("floor", 1.08), ("uvicorn", 0.50)),
    "fastapi": (("floor", 1.05), ("uvicorn", 0.77)),
    "backend": (("uvicorn", 0.50),),
}


def gates(files, ours, bare, best):
    """A table of our rows against the others; says which of them cost more than they may."""
    cells, _ = medians(files, best)
    if bare:
        with open(bare) as file:
            add_floor(cells, json.load(file))
    names = {"floor": "floor = limit + bare"}
    print("| row | µs | is × of, at most | |")
    print("| --- | ---: | --- | --- |")
    for workload, limits in GATES.items():
        cost = cells.get((ours, workload), {}).get("cpu_us")
        if cost is None:
            continue
        said, is_kept = [], True
        for other, most in limits:
            theirs = cells.get((names.get(other, other), workload), {}).get("cpu_us")
            if not theirs:
                said.append("%s –" % other)
                continue
            said.append("%.2f %s %.1f (%.2f)" % (cost / theirs, other, theirs, most))
            is_kept &= cost / theirs <= most
        print("| %s | %.1f | %s | %s |" % (workload, cost, "; ".join(said), "yes" if is_kept else "**no**"))
    print_log_price(cells, ours)


def print_log_price(cells, ours):
    """What the access log adds to plain, which all other rows are without; it has no gate."""
    said = []
    for server in (ours, "uvicorn", "granian-st"):
        on, off = (cells.get((server, row), {}).get("cpu_us") for row in ("plain_log", "plain"))
        if on and off:
            said.append("%s %.1f + %.1f" % (server, off, on - off))
    if said:
        print("| plain, access log on | | %s | – |" % "; ".join(said))
