"""A provider of OpenID Connect as a process: Django OAuth Toolkit, with its own accounts, keys and pages.

``POST /test`` takes as JSON what it shall do wrong from now on: ``claims`` to be changed, ``header`` of the ID token,
``key`` ("other", "none", "shared"), ``path`` with ``do`` ("slow", "huge", "broken", "elsewhere"), or what it shall do:
``rotate`` its key, or sign a ``logout`` token with these claims.
"""

import base64
import hmac
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings
from django.core.management import call_command
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.oidc_provider.people import CLIENT, PASSWORD, PEOPLE, PUBLIC, SECRET

BACK: Final = "http://127.0.0.1/sign-in/oidc/callback"
LOGIN: Final = "<form method='post'>{% csrf_token %}{{ form.as_p }}<button>Log in</button></form>"
HUGE: Final = 1024 * 1024

wrong: dict[str, Any] = {}
stopped = threading.Event()


def new_key() -> str:
    return RSAKey.generate_key(2048).as_pem(private=True).decode()


def configure(folder: Path, port: int) -> None:
    settings.configure(
        SECRET_KEY="of the tests",
        ALLOWED_HOSTS=["localhost"],
        DEBUG=False,
        ROOT_URLCONF="tests.oidc_provider.urls",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "provider.db"}},
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "oauth2_provider",
        ],
        # Their tables as they are now, and not migration by migration.
        MIGRATION_MODULES=dict.fromkeys(("auth", "contenttypes", "sessions", "oauth2_provider")),
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", {"registration/login.html": LOGIN})]},
            }
        ],
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        LOGIN_URL="/login/",
        USE_TZ=True,
        OAUTH2_PROVIDER={
            "OIDC_ENABLED": True,
            "OIDC_RSA_PRIVATE_KEY": new_key(),
            "OIDC_ISS_ENDPOINT": f"http://localhost:{port}/o",
            "SCOPES": {"openid": "who you are"},
            "OAUTH2_VALIDATOR_CLASS": "tests.oidc_provider.urls.Faulty",
            "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
            "OIDC_TOKEN_ENDPOINT_AUTH_METHODS_SUPPORTED": ["client_secret_basic", "client_secret_post"],
        },
    )
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)


def fill() -> None:
    from django.contrib.auth.models import User  # noqa: PLC0415 - there are no models before the setup
    from oauth2_provider.models import Application  # noqa: PLC0415 - as above

    for name in PEOPLE:
        User.objects.create_user(name, password=PASSWORD)
    for client, kind in ((CLIENT, Application.CLIENT_CONFIDENTIAL), (PUBLIC, Application.CLIENT_PUBLIC)):
        Application.objects.create(
            client_id=client,
            client_secret=SECRET,
            client_type=kind,
            authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
            redirect_uris=BACK,
            algorithm=Application.RS256_ALGORITHM,
            skip_authorization=True,
        )


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def resigned(token: str) -> str:
    """The token as the provider would sign it if it were wrong as it was told to be."""
    head, payload, _ = token.split(".")
    header, claims = (json.loads(base64.urlsafe_b64decode(one + "==")) for one in (head, payload))
    return signed(header | wrong.get("header", {}), claims | wrong.get("claims", {}))


def signed(header: dict[str, Any], claims: dict[str, Any]) -> str:
    from oauth2_provider.settings import oauth2_settings  # noqa: PLC0415 - it reads the settings

    own = RSAKey.import_key(oauth2_settings.OIDC_RSA_PRIVATE_KEY)
    claims = {name: value for name, value in claims.items() if value is not None}
    match wrong.get("key"):
        case "none" | "shared" as how:
            header |= {"alg": "none" if how == "none" else "HS256"}
            said = f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(claims).encode())}"
            mac = b"" if how == "none" else hmac.digest(own.as_pem(private=False), said.encode(), "sha256")
            return f"{said}.{encoded(mac)}"
        case "other":
            own = RSAKey.generate_key(2048)
        case _:
            pass
    return jwt.encode(header, claims, own)


def obey(told: dict[str, Any]) -> str:
    """Gives what was asked for, or nothing."""
    from oauth2_provider.settings import oauth2_settings  # noqa: PLC0415 - it reads the settings

    if "logout" in told:
        kid = RSAKey.import_key(oauth2_settings.OIDC_RSA_PRIVATE_KEY).thumbprint()
        now = int(time.time())
        claims = {"iss": oauth2_settings.OIDC_ISS_ENDPOINT, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": "1"}
        return signed({"alg": "RS256", "kid": kid, "typ": "logout+jwt"}, claims | told["logout"])
    if told.get("rotate"):
        oauth2_settings.OIDC_RSA_PRIVATE_KEY = new_key()
        return ""
    wrong.clear()
    wrong.update(told)
    return ""


Start = Callable[..., Any]


def misbehaving(application: Callable[[dict[str, Any], Start], Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    def answer(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/test":
            given = obey(json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))))
            start("200 OK", [("Content-Type", "text/plain")])
            return [given.encode()]
        if wrong.get("path") != path:
            return application(environ, start)
        match wrong["do"]:
            case "slow":
                stopped.wait(30)
                start("200 OK", [("Content-Type", "application/json")])
                return [b"{}"]
            case "huge":
                start("200 OK", [("Content-Type", "application/json")])
                return [b'{"keys": [], "x": "', b"x" * HUGE, b'"}']
            case "elsewhere":
                start("302 Found", [("Location", "http://localhost:1/")])
                return []
            case _:
                start("200 OK", [("Content-Type", "application/json")])
                return [str(wrong.get("says", "{")).encode()]

    return answer


class Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


def main() -> None:
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415 - it reads the settings

    with tempfile.TemporaryDirectory() as folder:
        server = make_server("localhost", 0, lambda *_: [], server_class=Threads, handler_class=Quiet)
        configure(Path(folder), server.server_port)
        fill()
        server.set_app(misbehaving(get_wsgi_application()))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdout.write(f"http://localhost:{server.server_port}/o\n")
        sys.stdout.flush()
        # It ends with whoever started it.
        sys.stdin.read()
        stopped.set()
        server.shutdown()


if __name__ == "__main__":
    main()
