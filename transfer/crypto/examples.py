"""Signed and sealed examples for who writes another implementation: schemas/examples/crypto/, one file per suite.

Signing and sealing draw random numbers, so the tokens were made once and stand here; a test verifies and opens them.
The private keys are published and thereby worth nothing.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from transfer.crypto import compact
from transfer.crypto.errors import AlgorithmNotAllowed, BadSignature, CannotBeOpened, CryptoError, Malformed, UnknownKey
from transfer.crypto.keys import KeyUse, PrivateJwk, PrivateKey, PublicKey, SuiteName, key_id
from transfer.messages.contract import ROOT

CONTENT: Final = '{"case":"0197d1f0-0000-7000-8000-000000000001","said":"中山市法律援助处收到转交申请公函"}'
ISSUED_AT: Final = 1_780_000_000
EXPIRES_AT: Final = 1_780_604_800
_SENDER: Final = "442000"
_RECIPIENT: Final = "510521"
_VALID: Final = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What was made once: the sender's and the recipient's key, the signed content, and the same sealed."""

    sign: PrivateJwk
    seal: PrivateJwk
    signed: str
    sealed: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A token, or a sealed one, that must be refused with this error."""

    why: str
    error: type[CryptoError]
    text: str


GIVEN: Final[Mapping[SuiteName, Given]] = MappingProxyType(
    {
        SuiteName.JOSE: Given(
            sign=PrivateJwk(
                kty="OKP",
                crv="Ed25519",
                x="4nFPvJIuaV8TrINcbu0s1XrwluFaJEH21isTNiXICGQ",
                d="yATvKvpy-YzuTcdAQEKLbkNcAuZTfgpq-i1RMRoCwvg",
            ),
            seal=PrivateJwk(
                kty="OKP",
                crv="X25519",
                x="F0UHkkaUuGE1hAjmiRzTpHXt8rHur1JSepqNN-LoQE4",
                d="kF3moaHL7QgsUirnvwF2_q_CVWT1RSK-RuwExtEyR0g",
            ),
            signed=(
                "eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiNDQyMDAwLnNpZ24uZWU5YzcwMmUiLCJpYXQiOjE3ODAwMDAwMDAsImV4cCI6MTc4MDYwNDgwMC"
                "widHlwIjoibGVnYWxhaWQrandzIn0.eyJjYXNlIjoiMDE5N2QxZjAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAxIiwic2FpZCI6IuS4"
                "reWxseW4guazleW-i-aPtOWKqeWkhOaUtuWIsOi9rOS6pOeUs-ivt-WFrOWHvSJ9.4D20yRkmJAJSebyRItQ_LaUBC-xDK5MO7O1UW1LlF"
                "MunxPMvozZxJAs-hVSfxaZZQBA8SmFbmWe7Fgzu6hXFCw"
            ),
            sealed=(
                "eyJhbGciOiJFQ0RILUVTK0EyNTZLVyIsImVuYyI6IkEyNTZHQ00iLCJraWQiOiI1MTA1MjEuc2VhbC45NGM4MmFjOCIsImN0eSI6ImxlZ2"
                "FsYWlkK2p3cyIsImVwayI6eyJjcnYiOiJYMjU1MTkiLCJ4IjoiNGR5V2VMQnFSa3A0Uk5EWTlubjdTYTlWbzA2aUdrcEIzeTlvWjJSc19u"
                "TSIsImt0eSI6Ik9LUCJ9fQ.xE8SWcIy1eHGXrEC7QWBbGnOLGLXq6d71RkKTLpAu2F6bWUtbyWu7g.OhN3E6GiPH2I7_F0.bZNIIeBisIi"
                "CerrJPkZ4Jx8cCyw0mnxZqXcqaAluiIfCFAhsQY2Ng6rRajAxdQKM3nG4efwj-sRQCdSQ2URNOWCTCeuFMBgkp2tDbSvvv5iO9uQXPwZzV"
                "xxl8JlkpkJhJKpgXM1KNrIt-_bp0OvGpDv9F_5qTGLunfbcC-VbKW1A9Jllr9idDPiE0zfu5WDAOXM0Z7iKFlKj5b8H1wmr4_igHh21cBt"
                "hJW6mDSWpRU_-D0aAILSE_qDC3okh32FBF-YzRA-ix1i-vjJ3JJ0HtzEwwMSLz5P6ceyFfMivUCw1Iw0AitvTxV6iK_-dNF1ZVax6Q2xnm"
                "wl2e71sQYqRkGVHN_psdNaarNXMrsQm60IGjh2eIASgvc4wHJv_KyDiTbIFemPfapnqMOi1WxpDntCpS3rc5OS1cbncflZOV1CD1Rtt_Yj"
                "9gWhVX1MFN1wV0eqObm5qz66R8Ge50PCCBCru1tc9x8GLF7bU.bfUNUj7Hx9-Fzn-wOGRcuw"
            ),
        ),
        SuiteName.SM: Given(
            sign=PrivateJwk(
                kty="EC",
                crv="SM2",
                x="KV9-xuUGsFmN1Ny2S34UyRjEJiqKQd6XU98x63j_FIU",
                y="k19ekoxXu9gI7CX1jWLbRlr9P08E61K6_fHp4IYq0dk",
                d="ayhKGwe_edjNi0m0ck_xh5l3b1trr1flOuXxfBvpVRs",
            ),
            seal=PrivateJwk(
                kty="EC",
                crv="SM2",
                x="oqe7fCBDjJr9xKCnAx2ufl6hgW0xD7zRuVB9hFHF748",
                y="xQ7wyMsszC0PBwu8qnEAOkKSvytEBME8n_SN27favyU",
                d="G_QGSf8WOi3N0I_cROeNrSlwaM-keQhIqXAub9MiBzE",
            ),
            signed=(
                "eyJhbGciOiJTTTItU00zIiwia2lkIjoiNDQyMDAwLnNpZ24uZTNjNGIwZjIiLCJpYXQiOjE3ODAwMDAwMDAsImV4cCI6MTc4MDYwNDgwMC"
                "widHlwIjoibGVnYWxhaWQrandzIn0.eyJjYXNlIjoiMDE5N2QxZjAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAxIiwic2FpZCI6IuS4"
                "reWxseW4guazleW-i-aPtOWKqeWkhOaUtuWIsOi9rOS6pOeUs-ivt-WFrOWHvSJ9.cks84t5hc3ECS0m9lydjEGlpwuox11KVTAoCKAUgK"
                "WgExdADcWsUUNTbHZB8BqPvrFoezeQy7uDU7xBmrbaaaA"
            ),
            sealed=(
                "eyJhbGciOiJTTTIiLCJlbmMiOiJTTTQtR0NNIiwia2lkIjoiNTEwNTIxLnNlYWwuMjE0N2RkMjkiLCJjdHkiOiJsZWdhbGFpZCtqd3MifQ"
                ".BCcs-OFGjVEg31Bi2qpaIskPaFDLRXfC5uVMN_bRdaQetrbB_mBVMtXW6KbMsO7xgBbv0_f-QnEpGhJBOjYsGKJ9fg7BYuytO9rnwEYpU"
                "24b3bczUgxh0VnWA6iKr5wtZSUKRgCRB9kd4HZZFQNwLpU.OF5gkLTGYvTm3isv.eB1wXyz0YdUcDSpyrySvJoM8F1770dQp47LiiHO-ai"
                "WzMcKk_CsUU8e0ZXiNJiDXFRuNXb4XHA6OQksBKevokzJWQGd_r3hItfBHFcWtMKre6I1aNg9knMtoxDr0y6Cn-t2qk35D5Np6Tph5T-Mz"
                "jdv2YDDvYVBjuZBaiUyUj1Un6U37SFz8oWlEtPgTSHqnuG5g7uEqF78qsQPAGCyBikTJpUfOHiDfyXsg12dThsX9qkTEXHkqkgYyXTHihC"
                "rCUVeskmoVn40RAJ90AQ8LpRsLk3oU75l-nnocS7clb_yysxrhYP8r0NDSccCthBvcmZRj91Ns69y8GkqwsvnSnhxVWZQbriZENsPDWbQw"
                "HIi2e_jFI88AzR7DbhuOZaf0KMVZy610fTcPCEdEYGtYkreLpcn9ILrJ2Z-JtOu9bP7g1XsK_6DVN9jG8AmqGrTtO_dBW-3iGacRtpflQR"
                "cKepYsN9fIv-9-XPuN.Hta8BJrswMSE0OyQOwJUww"
            ),
        ),
    }
)


def key(name: SuiteName, use: KeyUse) -> PrivateKey:
    """The sender's key to sign, or the recipient's key to open."""
    region, jwk = (_SENDER, GIVEN[name].sign) if use is KeyUse.SIGN else (_RECIPIENT, GIVEN[name].seal)
    kid = key_id(region, use, jwk.public)
    public = PublicKey(kid=kid, suite=name, use=use, jwk=jwk.public, not_before=_VALID[0], not_after=_VALID[1])
    return PrivateKey(public=public, jwk=jwk)


def refused_tokens(name: SuiteName) -> Iterator[Refused]:
    """The token, altered."""
    token = GIVEN[name].signed
    head, payload, signature = token.split(".")
    other = compact.encode(CONTENT.replace("01", "02").encode()).decode()
    yield Refused("another content", BadSignature, f"{head}.{other}.{signature}")
    yield Refused("a later expiry", BadSignature, _with(token, exp=EXPIRES_AT + 1))
    yield Refused("no signature", Malformed, f"{head}.{payload}")
    yield Refused("algorithm none", AlgorithmNotAllowed, _with(f"{head}.{payload}.", alg="none"))
    yield Refused("algorithm of shared secrets", AlgorithmNotAllowed, _with(token, alg="HS256"))
    yield Refused("a critical extension", Malformed, _with(token, crit=["b64"], b64=True))
    yield Refused("a key within", Malformed, _with(token, jwk=GIVEN[name].sign.public.model_dump(exclude_none=True)))
    yield Refused("no key id", Malformed, _with(token, kid=None))
    yield Refused("unknown key id", UnknownKey, _with(token, kid=f"{_SENDER}.sign.00000000"))
    twice = compact.decode(head.encode()).replace(b"{", b'{"kid":"442000.sign.00000000",', 1)
    yield Refused("two key ids", Malformed, f"{compact.encode(twice).decode()}.{payload}.{signature}")


def refused_sealed(name: SuiteName) -> Iterator[Refused]:
    """The sealed token, altered."""
    sealed = GIVEN[name].sealed
    head, wrapped, nonce, ciphertext, tag = sealed.split(".")
    yield Refused("another tag", CannotBeOpened, ".".join([head, wrapped, nonce, ciphertext, _changed(tag)]))
    yield Refused("another content", CannotBeOpened, ".".join([head, wrapped, nonce, _changed(ciphertext), tag]))
    yield Refused("another content key", CannotBeOpened, ".".join([head, _changed(wrapped), nonce, ciphertext, tag]))
    yield Refused("compressed", Malformed, _with(sealed, zip="DEF"))
    yield Refused("another content algorithm", AlgorithmNotAllowed, _with(sealed, enc="A128CBC-HS256"))
    yield Refused("another key algorithm", AlgorithmNotAllowed, _with(sealed, alg="dir"))
    yield Refused("unknown key id", UnknownKey, _with(sealed, kid=f"{_RECIPIENT}.seal.00000000"))
    yield Refused("a segment less", Malformed, sealed.rpartition(".")[0])


def render() -> dict[str, str]:
    """The files: texts by path, relative to the project."""
    return {f"{ROOT}/examples/crypto/{name}.json": _document(name) for name in SuiteName}


def _document(name: SuiteName) -> str:
    given = GIVEN[name]
    document = {
        "description": (
            "A content as the sender signs it (token) and seals it for the recipient (sealed). Opening sealed gives "
            "token, verifying token gives the bytes of content in UTF-8. What stands under refused must be refused. "
            "The private keys are published: never use them."
        ),
        "suite": name,
        "keys": [_shown(key(name, use)) for use in KeyUse],
        "content": CONTENT,
        "issued_at": ISSUED_AT,
        "expires_at": EXPIRES_AT,
        "token": given.signed,
        "sealed": given.sealed,
        "refused": [
            {"form": form, "why": row.why, "error": row.error.__name__, "text": row.text}
            for form, rows in (("token", refused_tokens(name)), ("sealed", refused_sealed(name)))
            for row in rows
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _shown(one: PrivateKey) -> dict[str, Any]:
    public = one.public.model_dump(mode="json", exclude_none=True)
    return {"public": public, "private_jwk": one.jwk.model_dump(mode="json", exclude_none=True)}


def _with(text: str, **members: Any) -> str:  # noqa: ANN401 - members of a header are of many types
    """The token with other members in its header; None takes one away."""
    head, _, rest = text.partition(".")
    fields = json.loads(compact.decode(head.encode())) | members
    return f"{compact.header({k: v for k, v in fields.items() if v is not None}).decode()}.{rest}"


def _changed(segment: str) -> str:
    return ("B" if segment[0] == "A" else "A") + segment[1:]
