"""What can be wrong with a request before any rule of the domain is asked; the docstring is the message."""

from collections.abc import Mapping, Sequence
from typing import Any


class Fault(Exception):
    """The request cannot be served. ``detail`` is a sentence for a person; ``members`` go into the problem."""

    def __init__(
        self, detail: str | None = None, *, headers: Mapping[str, str] | None = None, **members: object
    ) -> None:
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members
        super().__init__(detail or type(self).__doc__)


class BadRequest(Fault):
    """The request is not well-formed HTTP."""


class MalformedJson(Fault):
    """The body is not JSON in UTF-8."""


class InvalidBody(Fault):
    """The body does not have the form that is asked for."""

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("See errors: each names a place in the body and what is wrong there.", errors=errors)


class InvalidQuery(Fault):
    """The query does not have the form that is asked for."""

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("See errors: each names a parameter and what is wrong with it.", errors=errors)


class TestIdentity(Fault):
    """Identity numbers of the never-assigned region 990000 are for tests, and this node does not take them."""

    __test__ = False  # pytest takes a name like this for tests


class BeyondExchange(Fault):
    """The case would no longer fit into the messages by which regions hand it over."""


class RowsBad(Fault):
    """Rows of the sheet are wrong: mend them, or leave them out on purpose."""


class KeyMissing(Fault):
    """The header Idempotency-Key is missing."""


class KeyInvalid(Fault):
    """The header Idempotency-Key is not usable."""


class VersionMissing(Fault):
    """The header If-Match is missing."""


class VersionInvalid(Fault):
    """The header If-Match is not usable."""


class CrossSite(Fault):
    """The form was sent from another site."""


class NotSignedIn(Fault):
    """Sign in first."""

    def __init__(self, detail: str | None = None, **members: object) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"}, **members)


class FormNotYours(Fault):
    """The form does not belong to this session; load the page again."""


class NotAllowed(Fault):
    """Your roles do not open this to you."""


class TooManyRequests(Fault):
    """Too many tries; wait a little and try again."""

    def __init__(self, seconds: int = 60) -> None:
        super().__init__(headers={"Retry-After": str(seconds)}, retry_after=seconds)


class ProviderUnavailable(Fault):
    """The provider does not answer as it should; try again later, or sign in with your password."""


class ProviderSaysNo(Fault):
    """The provider did not sign you in."""


class SignInStale(Fault):
    """This sign-in was not begun in this browser, or was begun too long ago; begin again."""


class SignInUnproven(Fault):
    """What the provider says of you does not hold, so you are not signed in; tell the administrator the code."""


class NotLinked(Fault):
    """No account of this node belongs to you at that provider; the security administrator can link one."""


class NotYou(Fault):
    """Whoever is signed in acts in their own name alone."""


class NotYourInstitution(Fault):
    """Whoever is signed in acts for their own institution alone."""


class NotYourCase(Fault):
    """You do not see this case: you are recused in it, or another person handles it."""


class ReplyUnsigned(Fault):
    """What the gateway passes on is not signed with the secret that both share, or was signed long ago."""


class NotFound(Fault):
    """There is nothing at this address."""


class MethodNotAllowed(Fault):
    """This address does not take this method."""


class TooLarge(Fault):
    """The body is too large."""


class WrongContentType(Fault):
    """The body must be JSON, sent as Content-Type: application/json."""


class NotAFileType(Fault):
    """Content-Type names no kind of file that is taken."""


class Stalled(Fault):
    """Nothing of the file came for too long."""


class RangeNotThere(Fault):
    """The range lies behind the end of the file."""


class NotThatFile(Fault):
    """The file is another than If-Match says."""


class ExpectationFailed(Fault):
    """The header Expect asks for something that is not offered here."""


class NotThisHost(Fault):
    """The header Host does not name this machine's loopback address."""


class ReasonMissing(Fault):
    """Names and texts are shown for a reason alone."""


class CaseOrRange(Fault):
    """A bundle is of a case, or of a range of places from its first to its last, and then without names and texts."""


class NotReady(Fault):
    """The node is not ready."""


class Unexpected(Fault):
    """Something went wrong in this node; the log tells more under the error id."""
