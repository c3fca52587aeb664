"""The commands of what a group can do: elect, be joined, be split."""

from typing import Annotated
from uuid import UUID

from pydantic import Base64Bytes, Field

from transfer.actions.commands import Application, Command, NewApplicant
from transfer.messages.case import MAX_PAPERS, MAX_PERSONS, Material
from transfer.messages.codes import Matter
from transfer.messages.values import Day, Frozen, Line
from transfer.ports.sheets import MAX_SHEET

Content = Annotated[Base64Bytes, Field(max_length=MAX_SHEET, description="an .xlsx or .csv file, in base64 (RFC 4648)")]


class PreviewGroup(Frozen):
    """See who is in a sheet, and what is wrong in it."""

    sheet: Content
    matter: Annotated[Matter | None, Field(description="when given, grounds are held to the rules, too")] = None


class OpenGroup(Application):
    """Take in an application of all persons in a sheet."""

    sheet: Content
    leave_out_bad_rows: Annotated[
        bool, Field(description="take in the persons of the other rows; else one bad row refuses all")
    ] = False


class Elect(Command):
    """Enter whom the applicants elected to represent them; it takes the place of an earlier election."""

    representatives: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=50)]
    elected_on: Day
    proof: Annotated[Material, Field(description="the paper that shows it; it comes to the package")]


class Join(Command):
    """Take in persons who join the case later."""

    applicants: Annotated[tuple[NewApplicant, ...], Field(min_length=1, max_length=MAX_PERSONS)]
    materials: Annotated[tuple[Material, ...], Field(max_length=MAX_PAPERS)] = ()
    received_on: Annotated[Day | None, Field(description="when their application was received; today when absent")] = (
        None
    )


class Split(Command):
    """Make a case of their own of some applicants."""

    applicants: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=MAX_PERSONS)]
    number: Annotated[Line | None, Field(description="the local number of the new case")] = None
