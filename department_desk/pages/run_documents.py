"""The files of a run: rendered, followed, downloaded; each download is in the journal.

The law: a download hands out the stored bytes and nothing else, to whoever may see them; the bank
file, which holds whole account numbers, only to who works with it. It is noted before it is sent.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, Final

from sqlalchemy import Connection
from starlette.responses import JSONResponse, Response, StreamingResponse

from cardservice.db.engine import unit_of_work
from cardservice.db.queries.journal import note
from cardservice.db.queries.reimbursements import document_of
from cardservice.db.queries.remittances import DeskRemittance, remittance_of_run
from cardservice.db.queries.runs import run_paper_content
from cardservice.webkit.doors import unknown
from clearing.documents.bordereau_page import page_css
from clearing.run.papers import papers_progress, read_remittance
from clearing.run.run_csv import write_run_csv
from clearing.run.run_xlsx import bordereau_xlsx, run_partners_xlsx
from department_desk.pages.run import address_of, number_of, run_asked
from department_desk.portal import FINANCE, READERS, AgentVisit, route
from department_desk.rendering import is_rendering, start_rendering

# Name in the address -> kind of the stored document, suffix, media type.
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_OF_RUN: Final = {
    "fichier-bancaire.xml": ("pain001", "application/xml"),
    "etat-liquidatif.csv": ("payment_list_csv", "text/csv; charset=utf-8"),
    "etat-liquidatif.pdf": ("payment_list_pdf", "application/pdf"),
}
# Made anew from what is stored, each time with the same figures.
_MADE: Final = {
    "lignes.csv": "text/csv; charset=utf-8",
    "partenaires.xlsx": _XLSX,
}
_PAPERS: Final = {
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
}
_PIECE: Final = 64 * 1024
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)


def render(visit: AgentVisit) -> Response:
    """Starts what is missing, and shows how far it is."""
    with unit_of_work(visit.office.engine) as connection:
        run = run_asked(visit, connection)
    if run is None:
        return unknown(visit)
    if run.state == "approved":
        start_rendering(visit.office, run.run_id)
    return visit.go(address_of(run.period_key), said="papers_started")


def progress(visit: AgentVisit) -> Response:
    """How far the papers are, for the script that moves the bar."""
    with unit_of_work(visit.office.engine) as connection:
        run = run_asked(visit, connection)
        if run is None:
            return unknown(visit)
        told = papers_progress(connection, run.run_id)
    return JSONResponse(
        {
            "made": told.made,
            "failed": told.failed,
            "remittances": told.remittances,
            "is_rendering": is_rendering(run.run_id),
        }
    )


def of_run(visit: AgentVisit) -> Response:
    """A file of the whole run. What holds whole account numbers is for who works with it."""
    name = visit.request.path_params["file"]
    if name in _MADE:
        return _made(visit, name)
    if name not in _OF_RUN or visit.signed_in.role not in FINANCE:
        return unknown(visit)
    kind, media_type = _OF_RUN[name]
    with unit_of_work(visit.office.engine) as connection:
        run = run_asked(visit, connection)
        if run is None or run.exported_at is None:
            return unknown(visit)
        content = run_paper_content(connection, run.run_id, kind)
        if content is None:
            return unknown(visit)
        file_name = f"{run.msg_id}.xml" if kind == "pain001" else f"{run.period_key}-{name}"
        note_download(connection, visit, run.run_id, file_name)
    return as_file(content, media_type, file_name)


def _made(visit: AgentVisit, name: str) -> Response:
    """Every line, or every partner, of an approved run. A million lines pass by a file on disk."""
    with unit_of_work(visit.office.engine) as connection:
        run = run_asked(visit, connection)
        if run is None or run.approved_by is None:
            return unknown(visit)
        file_name = f"{run.period_key}-{run.attempt}-{name}"
        note_download(connection, visit, run.run_id, file_name)
        if name == "partenaires.xlsx":
            return as_file(run_partners_xlsx(connection, run.run_id), _MADE[name], file_name)
        # Closed by what sends it (_pieces).
        file = tempfile.TemporaryFile()  # noqa: SIM115
        write_run_csv(connection, run.run_id, file.write)
    file.seek(0)
    return StreamingResponse(
        _pieces(file), media_type=_MADE[name], headers=_headers(file_name, "attachment")
    )


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece


def of_remittance(visit: AgentVisit) -> Response:
    """A stored paper of one remittance, or its lines as a sheet."""
    kind = visit.request.path_params["kind"]
    if kind == "xlsx":
        return _sheet_of(visit)
    if kind not in _PAPERS:
        return unknown(visit)
    with unit_of_work(visit.office.engine) as connection:
        remittance = remittance_asked(visit, connection)
        content = (
            None if remittance is None else document_of(connection, remittance.remittance_id, kind)
        )
        if remittance is None or content is None:
            return unknown(visit)
        file_name = f"{number_of(remittance)}.{kind}"
        note_download(connection, visit, remittance.run_id, file_name)
    return as_file(content, _PAPERS[kind], file_name, is_page=kind == "html")


def _sheet_of(visit: AgentVisit) -> Response:
    with unit_of_work(visit.office.engine) as connection:
        remittance = remittance_asked(visit, connection)
        if remittance is None or remittance.number is None:
            return unknown(visit)
        content = bordereau_xlsx(read_remittance(connection, remittance.remittance_id))
        file_name = f"{number_of(remittance)}.xlsx"
        note_download(connection, visit, remittance.run_id, file_name)
    return as_file(content, _XLSX, file_name)


def style(visit: AgentVisit) -> Response:
    """The style sheet that the stored pages link to, beside each of them."""
    return Response(page_css(), media_type="text/css")


def remittance_asked(visit: AgentVisit, connection: Connection) -> DeskRemittance | None:
    """The remittance of the address; None for one of another fortnight."""
    place = visit.request.path_params
    return remittance_of_run(connection, place["period"], place["remittance_id"])


def note_download(connection: Connection, visit: AgentVisit, run_id: int, file_name: str) -> None:
    """Writes down who takes which file away, before it goes."""
    note(
        connection,
        actor=visit.signed_in.actor,
        action="document.download",
        subject=f"run:{run_id}",
        detail=file_name,
    )


def as_file(content: bytes, media_type: str, name: str, *, is_page: bool = False) -> Response:
    """Stored bytes on their way; the accessible page is read where it is."""
    place = "inline" if is_page else "attachment"
    return Response(content, media_type=media_type, headers=_headers(name, place))


def _headers(name: str, place: str) -> dict[str, str]:
    return {
        "content-disposition": f'{place}; filename="{name}"',
        "content-security-policy": _POLICY,
        "cache-control": "no-store",
    }


_RUN: Final = "/quinzaines/{period}"
_ONE: Final = f"{_RUN}/bordereaux/{{remittance_id:number}}"
ROUTES: Final = [
    route("POST", f"{_RUN}/documents", render, roles=FINANCE),
    route("GET", f"{_RUN}/documents/avancement.json", progress, roles=READERS),
    route("GET", f"{_RUN}/fichiers/{{file}}", of_run, roles=READERS, heavy=True),
    route("GET", f"{_ONE}/bordereau.css", style, roles=READERS),
    route("GET", f"{_ONE}/bordereau.{{kind}}", of_remittance, roles=READERS),
]
