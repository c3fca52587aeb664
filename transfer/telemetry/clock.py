"""The only place that reads the time and makes ids."""

from datetime import UTC, datetime
from uuid import UUID

import uuid_utils


def now() -> datetime:
    """The present moment, UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place


def new_id() -> UUID:
    """A UUID version 7: rises with time, so that indexes stay compact."""
    return UUID(bytes=uuid_utils.uuid7().bytes)
