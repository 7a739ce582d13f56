"""The door of the desk: password, then a code that serves once anywhere, sessions that end."""

from __future__ import annotations

import httpx

from cardservice.db.engine import unit_of_work
from cardservice.domain.refusal import Refused
from cardservice.services.check_agent import agent_with_totp
from tests.portals.desk.agents import PASSWORD, PREFIX, Bureau, Officer
from tests.portals.desk.conftest import AtDesk
from tests.portals.site import Site
from tests.portals.visitor import Visitor

SIGN_IN = f"{PREFIX}/connexion"


def give_password(
    visitor: Visitor, officer: Officer, *, password: str = PASSWORD, to: str = ""
) -> httpx.Response:
    """The answer; a browser that may go on has been shown the next page."""
    fields = {"courriel": officer.email, "mot_de_passe": password, "vers": to}
    answer = visitor.post(SIGN_IN, fields)
    if answer.status_code == 303:
        visitor.get(answer.headers["location"])
    return answer


def test_a_password_alone_opens_nothing(at_desk: AtDesk, bureau: Bureau) -> None:
    visitor = at_desk(None)
    answer = give_password(visitor, bureau["finance_preparer"])
    assert answer.headers["location"] == f"{SIGN_IN}/code"
    assert visitor.get(PREFIX).headers["location"] == SIGN_IN


def test_the_code_opens_the_page_that_was_wanted(at_desk: AtDesk, bureau: Bureau) -> None:
    visitor, officer = at_desk(None), bureau["finance_preparer"]
    wanted = f"{PREFIX}/quinzaines"
    assert visitor.get(wanted).headers["location"] == f"{SIGN_IN}?vers={wanted}"
    give_password(visitor, officer, to=wanted)
    answer = visitor.post(f"{SIGN_IN}/code", {"code": officer.code(), "vers": wanted})
    assert answer.headers["location"] == wanted
    assert visitor.get(wanted).status_code == 200


def test_a_code_that_opened_the_desk_approves_nothing_afterwards(
    site: Site, at_desk: AtDesk, bureau: Bureau
) -> None:
    visitor, officer = at_desk(None), bureau["finance_approver"]
    code = officer.code()
    give_password(visitor, officer)
    assert visitor.post(f"{SIGN_IN}/code", {"code": code}).status_code == 303
    with unit_of_work(site.office.engine) as connection:
        again = agent_with_totp(connection, site.office.keys, officer.email, code)
    assert again == Refused("totp_used")


def test_a_code_spent_by_a_command_does_not_open_the_desk(
    site: Site, at_desk: AtDesk, bureau: Bureau
) -> None:
    visitor, officer = at_desk(None), bureau["finance_approver"]
    code = officer.code()
    with unit_of_work(site.office.engine) as connection:
        agent_with_totp(connection, site.office.keys, officer.email, code)
    give_password(visitor, officer)
    answer = visitor.post(f"{SIGN_IN}/code", {"code": code})
    assert answer.status_code == 422 and "déjà servi" in answer.text


def test_an_unknown_address_and_a_wrong_password_are_answered_alike(
    at_desk: AtDesk, bureau: Bureau
) -> None:
    known = give_password(at_desk(None), bureau["hotline"], password="ce n'est pas lui")
    nobody = at_desk(None).post(
        SIGN_IN, {"courriel": bureau["hotline"].email, "mot_de_passe": "ni celui-ci non plus"}
    )
    stranger = at_desk(None).post(
        SIGN_IN, {"courriel": "personne@departement.example", "mot_de_passe": "ni celui-ci"}
    )
    assert known.status_code == nobody.status_code == stranger.status_code == 422
    for answer in (known, nobody, stranger):
        assert "ne vont pas ensemble" in answer.text


def test_guessing_a_password_is_slowed_down(at_desk: AtDesk, bureau: Bureau) -> None:
    for _ in range(4):
        give_password(at_desk(None), bureau["finance_approver"], password="non, pas celui-ci")
    answer = give_password(at_desk(None), bureau["finance_approver"])
    assert answer.status_code == 422 and "Attendez" in answer.text


def test_guessing_a_code_is_slowed_down(at_desk: AtDesk, bureau: Bureau) -> None:
    visitor, officer = at_desk(None), bureau["finance_approver"]
    give_password(visitor, officer)
    for _ in range(4):
        visitor.post(f"{SIGN_IN}/code", {"code": "000000"})
    answer = visitor.post(f"{SIGN_IN}/code", {"code": officer.code()})
    assert answer.status_code == 422 and "Attendez" in answer.text


def test_the_password_of_an_agent_opens_no_partners_portal(
    site: Site, at_desk: AtDesk, bureau: Bureau
) -> None:
    visitor = Visitor(site)
    officer = bureau["administrator"]
    answer = visitor.post(
        "/partenaire/connexion", {"courriel": officer.email, "mot_de_passe": PASSWORD}
    )
    assert answer.status_code == 422
    visitor.close()


def test_a_third_browser_ends_the_first_session(at_desk: AtDesk, bureau: Bureau) -> None:
    first, second, third = (at_desk(bureau["finance_preparer"]) for _ in range(3))
    assert first.get(PREFIX).status_code == 303
    assert second.get(PREFIX).status_code == third.get(PREFIX).status_code == 200


def test_signing_out_ends_the_session(at_desk: AtDesk, bureau: Bureau) -> None:
    visitor = at_desk(bureau["finance_preparer"])
    assert visitor.post(f"{PREFIX}/deconnexion").status_code == 303
    assert visitor.get(PREFIX).headers["location"] == SIGN_IN


def test_an_agent_ends_their_own_session_and_nobody_elses(at_desk: AtDesk, bureau: Bureau) -> None:
    here, there = at_desk(bureau["finance_preparer"]), at_desk(bureau["finance_preparer"])
    other = at_desk(bureau["hotline"])
    assert here.post(f"{PREFIX}/compte/sessions").status_code == 303
    assert there.get(PREFIX).status_code == 303
    assert other.get(PREFIX).status_code == 200
    assert here.post(f"{PREFIX}/compte/sessions/{'0' * 16}").status_code == 404


def _leave(visitor: Visitor) -> None:
    visitor.post(f"{PREFIX}/deconnexion")
    visitor.get(SIGN_IN)


def _strangers_guess_at(at_desk: AtDesk, officer: Officer) -> None:
    for _ in range(4):
        stranger = at_desk(None)
        for _ in range(3):
            give_password(stranger, officer, password="pas le bon")


def test_strangers_who_guess_do_not_keep_a_known_browser_out(
    at_desk: AtDesk, bureau: Bureau
) -> None:
    known, officer = at_desk(None), bureau["finance_approver"]
    assert give_password(known, officer).status_code == 303
    _leave(known)
    _strangers_guess_at(at_desk, officer)
    stranger = give_password(at_desk(None), officer)
    assert stranger.status_code == 422 and "Trop d’essais" in stranger.text
    assert give_password(known, officer).status_code == 303


def test_a_browser_known_for_one_address_is_a_stranger_to_another(
    at_desk: AtDesk, bureau: Bureau
) -> None:
    known = at_desk(None)
    give_password(known, bureau["finance_preparer"])
    _leave(known)
    _strangers_guess_at(at_desk, bureau["finance_approver"])
    answer = give_password(known, bureau["finance_approver"])
    assert answer.status_code == 422 and "Trop d’essais" in answer.text


def test_a_known_browser_is_slowed_down_like_any_other(at_desk: AtDesk, bureau: Bureau) -> None:
    known, officer = at_desk(None), bureau["hotline"]
    give_password(known, officer)
    _leave(known)
    answers = [give_password(known, officer, password="pas le bon") for _ in range(5)]
    assert "Trop d’essais" in answers[-1].text
    assert give_password(known, officer).status_code == 422
