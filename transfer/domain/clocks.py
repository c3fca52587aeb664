"""Legal clocks that travel with a case."""

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from transfer.messages.case import Clock
from transfer.messages.codes import ClockKind, LegalBasis, TimeUnit

CHINA: Final = ZoneInfo("Asia/Shanghai")
REVIEW_DAYS: Final = 7


def legal_day(moment: datetime) -> date:
    """The day on which something counts as done: the date in Asia/Shanghai, also in Xinjiang."""
    return moment.astimezone(CHINA).date()


def review_clock(received_at: datetime) -> Clock:
    """The review period: 7 calendar days from receipt, the day of receipt not counted (Legal Aid Law 43(1);
    Civil Code 201)."""
    started = legal_day(received_at)
    return Clock(
        kind=ClockKind.REVIEW,
        unit=TimeUnit.CALENDAR_DAY,
        length=REVIEW_DAYS,
        started_on=started,
        due_strict=started + timedelta(days=REVIEW_DAYS),
        basis=LegalBasis.LAL_43_1,
    )
