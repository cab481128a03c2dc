"""What is asked of each server: the rows of the tables."""

BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 "
                  "Safari/537.36",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-GB,en;q=0.9,de;q=0.8,zh-CN;q=0.7",
    "Cache-Control": "max-age=0",
    "Connection": "keep-alive",
    "Cookie": "sid=0123456789abcdef0123456789abcdef; form=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef; theme=dark; "
              "_ga=GA1.1.1234567890.1700000000",
    "DNT": "1",
    "If-None-Match": 'W/"5f3a-18f0c9d2b40"',
    "Priority": "u=0, i",
    "Referer": "http://localhost/some/other/page?with=a&query=string",
    "Sec-CH-UA": '"Chromium";v="128", "Not;A=Brand";v="24"',
    "Sec-CH-UA-Mobile": "?0",
    "Sec-CH-UA-Platform": '"Linux"',
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-User": "?1",
    "Upgrade-Insecure-Requests": "1",
    "X-Forwarded-For": "203.0.113.7",
}
HEADERS = {"none": [], "browser": ["%s: %s" % pair for pair in BROWSER.items()], "close": ["Connection: close"]}

# name: (path, connections, method, body bytes, header set)
RAW = {
    "plain": ("/plain", 64, "GET", 0, "none"),
    "plain_c1": ("/plain", 1, "GET", 0, "none"),
    "json": ("/json", 64, "GET", 0, "none"),
    "body10k": ("/body10k", 64, "GET", 0, "none"),
    "headers": ("/headers", 64, "GET", 0, "browser"),
    "echo1k": ("/echo", 64, "POST", 1000, "none"),
    "echo100k": ("/echo", 16, "POST", 100_000, "none"),
    "echo10m": ("/echo", 2, "POST", 10_000_000, "none"),
    "stream": ("/stream", 64, "GET", 0, "none"),
    "sleep": ("/sleep", 64, "GET", 0, "none"),
    "close": ("/plain", 64, "GET", 0, "close"),
}
FRAMEWORK = {"": ("/items/42", 64, "GET", 0, "none")}
# Measured with the own load; each is a group.
OWN = {
    "uds": ("/plain", 64, "GET", 0, "none"),
    "pipe8": ("/plain", 8, "GET", 0, "none"),
    "body100k": ("/body100k", 8, "GET", 0, "none"),
    "backend": ("/backend", 64, "GET", 0, "none"),
}
ALL_GROUPS = ["raw", "starlette", "fastapi", "ws", "tls", "h2", "idle", "workers2", "reload", "gone", "log", *OWN]
