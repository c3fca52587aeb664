"""Who is known at the provider of the tests: two people and two clients."""

from typing import Final

CLIENT: Final = "node-442000"
SECRET: Final = "a secret of the tests: with + and % and 空"
PUBLIC: Final = "node-without-secret"
PEOPLE: Final = ("chen.jing", "zhao.yun")
"""Their subjects are 1 and 2."""
PASSWORD: Final = "a password at the provider"
