"""The routes of files: for people, and on a site of their own for other regions."""

from typing import Final

from transfer.crypto import tickets
from transfer.domain.rights import Anyone, Right
from transfer.messages.attachments import Attachment
from transfer.ports.files import (
    FileEmpty,
    FileNeverCame,
    FileNotGranted,
    FilesUnavailable,
    FileTooLarge,
    KindDiffers,
    KindUnknown,
    NoFiles,
    ScanRefused,
    UnknownFile,
)
from transfer.web import files, queries
from transfer.web.faults import BadRequest, NotAFileType, NotThatFile, RangeNotThere, Stalled, TooManyRequests
from transfer.web.route import Route, Shows, Tag

FILE_ROUTES: Final = (
    Route(
        method="POST",
        path="/v1/files",
        right=Right.READ_CASES,
        handler=files.put,
        zh="存入文件；同一内容只存一份",
        en="Keep a file, so that papers can name it; the same content twice is one file",
        tag=Tag.FILES,
        query=queries.FileNamed,
        takes_file=True,
        gives=Attachment,
        status=201,
        problems=(
            NotAFileType,
            BadRequest,
            Stalled,
            FileEmpty,
            FileTooLarge,
            KindUnknown,
            KindDiffers,
            ScanRefused,
            TooManyRequests,
            NoFiles,
            FilesUnavailable,
        ),
    ),
    Route(
        method="GET",
        path="/v1/files/{digest}",
        right=Right.READ_CASES,
        handler=files.get,
        zh="取出文件或其一部分",
        en="A file that is kept here, or a part of it",
        tag=Tag.FILES,
        query=queries.FileShown,
        gives=None,
        shows=Shows.FILE,
        media_type="application/octet-stream",
        may_be_known=True,
        part=True,
        problems=(UnknownFile, FileNeverCame, NoFiles, FilesUnavailable, RangeNotThere, NotThatFile),
    ),
    Route(
        method="GET",
        path="/v1/fetches",
        right=Right.READ_CASES,
        handler=files.fetches,
        zh="正在从其他地区取来的文件及进度",
        en="Files that come from other regions, and how far they are",
        tag=Tag.FILES,
        query=queries.FetchesQuery,
        gives=files.FetchPage,
        shows=Shows.NOTHING,
    ),
)

REGION_ROUTES: Final = (
    Route(
        method="GET",
        path="/v1/files/{digest}",
        right=Anyone.EVERYBODY,
        handler=files.give,
        zh="其他地区取件",
        en="A file for another region, which must show a ticket",
        tag=Tag.FILES,
        gives=None,
        shows=Shows.NOTHING,
        media_type="application/octet-stream",
        part=True,
        problems=(
            tickets.TicketMissing,
            tickets.TicketBad,
            tickets.TicketExpired,
            tickets.TicketForAnotherFile,
            tickets.TicketForAnotherRegion,
            FileNotGranted,
            UnknownFile,
            FileNeverCame,
            FilesUnavailable,
            RangeNotThere,
            NotThatFile,
        ),
    ),
)
