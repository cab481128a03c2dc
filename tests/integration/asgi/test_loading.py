"""Which object an application string names, and how it is called."""

import pytest

FORMS = '''
async def answer(scope, send, text):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(text)).encode())]})
        await send({"type": "http.response.body", "body": text})

async def app(scope, receive, send):
    await answer(scope, send, b"app " + scope["asgi"]["version"].encode())

def named(name, twice=False):
    async def made(scope, receive, send):
        await answer(scope, send, (name * (1 + twice)).encode())
    return made

def create():
    return named("created")

class Old:
    def __init__(self, scope):
        self.scope = scope
    async def __call__(self, receive, send):
        await answer(self.scope, send, b"old " + self.scope["asgi"]["version"].encode())

class New:
    async def __call__(self, scope, receive, send):
        await answer(scope, send, b"new " + scope["asgi"]["version"].encode())

class Awaited:
    def __init__(self, scope, receive, send):
        self.args = scope, send, b"awaited " + scope["asgi"]["version"].encode()
    def __await__(self):
        return answer(*self.args).__await__()

class Space:
    class inner:
        app = New()

def wrapped(*args):
    return app(*args)
'''


@pytest.fixture
def forms(tmp_path):
    """A package `shop` and beside it a module `forms` and one that says `application`."""
    (tmp_path / "forms.py").write_text(FORMS)
    (tmp_path / "classic.py").write_text("from forms import named\napplication = named('classic')\n")
    (tmp_path / "both.py").write_text("from forms import named\napp, application = named('app'), named('application')\n")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("")
    (tmp_path / "shop" / "main.py").write_text("from forms import named\nfrom . import part\napp = named(part.name)\n")
    (tmp_path / "shop" / "part.py").write_text("name = 'a part of the shop'\n")
    return tmp_path


NAMED = [
    ("forms", [], b"app 3.0"),
    ("forms:app", [], b"app 3.0"),
    ("classic", [], b"classic"),
    ("both", [], b"app"),
    ("forms:Space.inner.app", [], b"new 3.0"),
    ("forms.py", [], b"app 3.0"),
    ("./forms.py:app", [], b"app 3.0"),
    ("shop/main.py", [], b"a part of the shop"),
    ("shop/main.py:app", [], b"a part of the shop"),
    ("shop.main:app", [], b"a part of the shop"),
    ("forms:named('x')", [], b"x"),
    ("forms:named('x', twice=True)", [], b"xx"),
    ("forms:create()", [], b"created"),
    ("forms:create", ["--factory"], b"created"),
    ("forms:create", [], b"created"),
    ("forms:New", [], b"new 3.0"),
    ("forms:Old", [], b"old 2.0"),
    ("forms:Old", ["--interface", "asgi2"], b"old 2.0"),
    ("forms:Awaited", [], b"awaited 3.0"),
    ("forms:wrapped", [], b"app 3.0"),
    ("forms:app", ["--interface", "asgi3"], b"app 3.0"),
    ("forms:app", ["--interface", "asginl"], b"app 3.0"),
]


@pytest.mark.parametrize(("app", "words", "body"), NAMED, ids=[" ".join([row[0], *row[1]]) for row in NAMED])
def test_names_an_application(start, forms, app, words, body):
    server = start(app, "--port", "0", *words, cwd=forms).wait_ready()
    assert server.get("/").body == body
    warning = "ASGI app factory detected. Using it, but please consider setting the --factory flag explicitly."
    assert (warning in server.log.text()) == (app in ("forms:create", "forms:New") and not words)


@pytest.mark.parametrize(
    ("app", "line"),
    [
        (":app", 'Import string ":app" must be in format "<module>:<attribute>".'),
        ("forms:nope", 'Attribute "nope" not found in module "forms".'),
        ("forms:Space.nope", 'Attribute "Space.nope" not found in module "forms".'),
        ("missing.py", 'Could not find file "missing.py".'),
        ("shop", 'Attribute "app" not found in module "shop".'),
        ("forms:named(open('/dev/null'))", "is not a name or a call with literal arguments."),
        ("forms:named()", "TypeError: named() missing 1 required positional argument: 'name'"),
        ("forms:__name__", '"forms:__name__" is not callable: str.'),
    ],
)
def test_names_none(start, forms, app, line):
    server = start(app, "--port", "0", cwd=forms)
    assert server.wait() == 3
    assert line in server.log.text()


def test_app_dir_comes_before_the_current_directory(start, forms, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "forms.py").write_text("raise SystemExit('the wrong one')")
    server = start("forms:app", "--port", "0", "--app-dir", str(forms), cwd=elsewhere).wait_ready()
    assert server.get("/").body == b"app 3.0"
