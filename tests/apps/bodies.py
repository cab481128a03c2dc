"""Bodies as receive() hands them over, kept or let go of."""

import hashlib
import json

kept: list[bytes] = []
seen: dict[bytes, str] = {}


async def app(scope, receive, send):
    assert scope["type"] == "http"
    messages = []
    while True:
        message = await receive()
        assert message["type"] == "http.request"
        messages.append(message["body"])
        if not message["more_body"]:
            break
    body = b"".join(messages)
    if scope["path"] == "/keep":
        kept.extend(messages)
    if scope["path"] == "/hash":  # as a key, so that its hash is asked for
        seen[messages[0]] = "first"
        found = messages[0] in seen
        seen.clear()
        assert found
        answer = {"hash": hash(messages[0]), "anew": hash(bytes(bytearray(messages[0])))}
    elif scope["path"] == "/kept":
        answer = {"kept": [hashlib.sha256(piece).hexdigest() for piece in kept]}
    else:
        answer = {"sha256": hashlib.sha256(body).hexdigest(), "sizes": [len(piece) for piece in messages],
                  "pieces": [hashlib.sha256(piece).hexdigest() for piece in messages]}
    text = json.dumps(answer).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(text))]})
    await send({"type": "http.response.body", "body": text})
