"""What an application is called with."""


def test_every_key_and_type_of_an_http_scope(serve):
    server = serve("scopes:app")
    with server.connect() as client:
        scope = client.request("GET", "/a%20b/%C3%A9%2Fz?q=%20&x=a+b", X_Odd="1", x_odd="  2 ").json()
        port = client.socket.getsockname()[1]
    assert scope == {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/a b/é/z",
        "raw_path": {"bytes": "/a%20b/%C3%A9%2Fz"},
        "query_string": {"bytes": "q=%20&x=a+b"},
        "root_path": "",
        "headers": [
            {"tuple": [{"bytes": "host"}, {"bytes": "test"}]},
            {"tuple": [{"bytes": "x-odd"}, {"bytes": "1"}]},
            {"tuple": [{"bytes": "x-odd"}, {"bytes": "2"}]},
        ],
        "client": {"tuple": ["127.0.0.1", port]},
        "server": {"tuple": ["127.0.0.1", server.address[1]]},
        "state": {"pool": "made"},
        "extensions": {
            "http.response.trailers": {}, "http.response.early_hint": {}, "http.response.pathsend": {},
            "http.response.zerocopysend": {},
        },
    }


def test_paths_that_are_no_utf8_or_badly_escaped(serve):
    server = serve("scopes:app")
    assert server.get("/%ff/%zz/%f").json()["path"] == "/\ufffd/%zz/%f"
    assert server.get("/a/../b//c").json()["path"] == "/a/../b//c"
    assert server.get("/a").json()["query_string"] == {"bytes": ""}


def test_root_path_is_prepended_once(serve):
    server = serve("scopes:app", "--root-path", "/api")
    for target in ("/x", "/api/x"):
        scope = server.get(target).json()
        assert (scope["root_path"], scope["path"], scope["raw_path"]) == ("/api", "/api/x", {"bytes": "/api/x"})


def test_state_is_a_shallow_copy_and_asgi_a_fresh_dict(serve):
    server = serve("scopes:app")
    with server.connect() as client:
        for _ in range(2):
            assert client.request("GET", "/state").json() == {"pool": "made", "mine": 1}
        assert client.request("GET", "/x").json()["asgi"] == {"version": "3.0", "spec_version": "2.5"}


def test_http_1_0_is_told(serve):
    server = serve("scopes:app")
    with server.connect() as client:
        client.send(b"GET / HTTP/1.0\r\n\r\n")
        assert client.answer().json()["http_version"] == "1.0"


def test_applications_run_in_a_real_task(serve):
    assert serve("scopes:app").get("/task").json() == {"type": "Task", "same": True, "known": True}


def test_each_request_has_its_own_context(serve):
    server = serve("scopes:app")
    with server.connect() as client:
        assert [client.request("GET", "/context").json() for _ in range(2)] == ["no", "no"]


def test_receive_can_be_a_task_and_be_cancelled(serve):
    server = serve("scopes:app")
    assert server.get("/receive-twice").json() == ["http.request", "waits"]
    assert server.get("/timeout").json() == "timed out"


def test_receive_after_the_answer_is_a_disconnect(serve):
    server = serve("scopes:app")
    with server.connect() as client:
        client.request("GET", "/after")
        assert client.request("GET", "/events").json() == ["http.disconnect"]


def test_work_after_the_answer_does_not_hold_the_connection(serve):
    server = serve("scopes:app")
    with server.connect() as client:
        client.request("GET", "/background")
        assert client.request("GET", "/events").json() == []
