"""One request of a person to a portal, with everything a page needs, and how a page answers.

The law: a page answers with a template, or sends the browser elsewhere after a form was taken, so
that reloading never posts twice. What was done is told by a code in the address (`dit`), whose
sentence is the portal's own: an address can make a page say nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cardservice.domain.refusal import Refused
from cardservice.services.known_browser import known_token
from cardservice.services.password_door import Knock
from cardservice.services.web_sessions import Session
from cardservice.webkit import csrf
from cardservice.webkit.cookies import (
    give_known_browser,
    give_session,
    known_browser_token,
    take_session,
)
from cardservice.webkit.forms import Form, Shown
from cardservice.webkit.portal import P, Portal
from cardservice.wiring import Office

_SAID = "dit"


@dataclass(frozen=True)
class Visit(Generic[P]):
    """`person` is None where nobody needs to be signed in; `secret` is the session's or the
    visitor's. `form` is empty on a GET."""

    portal: Portal[P]
    request: Request
    office: Office
    secret: str = field(repr=False)
    session: Session | None
    person: P | None
    form: Form
    query: Form

    @property
    def signed_in(self) -> P:
        """The person; only on pages that need one."""
        assert self.person is not None, "this page is open to visitors"
        return self.person

    def page(self, name: str, *, status: int = 200, **facts: Any) -> Response:
        """A template of the portal, with what the frame needs around it."""
        return self.portal.pages.answer(name, status=status, **self._frame(), **facts)

    def refused_form(
        self, name: str, refused: Refused | dict[str, str], *, field: str = "", **facts: Any
    ) -> Response:
        """The page again with what was typed and what is wrong with it (422).

        A refusal stands under `field`; several errors come as field -> sentence. Passwords and
        codes are never sent back.
        """
        errors = {field: self.sentence_of(refused)} if isinstance(refused, Refused) else refused
        typed = {
            key: values[0]
            for key, values in self.form.fields.items()
            if len(values) == 1 and not key.startswith(("mot_de_passe", "code", csrf.FIELD))
        }
        return self.page(name, status=422, form=Shown(typed, errors), **facts)

    def sentence_of(self, refused: Refused) -> str:
        """The French sentence of a refusal, as the portal says it."""
        return self.portal.pages.sentence_of(refused)

    def go(self, path: str, *, said: str | None = None, **query: str) -> Response:
        """Elsewhere, after a form was taken (303); `said` is a code of the portal's texts."""
        told = {_SAID: said} if said else {}
        address = f"{path}?{urlencode(query | told)}" if query or told else path
        return RedirectResponse(address, status_code=303)

    def with_session(self, response: Response, secret: str) -> Response:
        """Hands a session's new secret over with an answer."""
        give_session(
            self.request,
            response,
            self.portal.realm,
            secret,
            kept_for=self.portal.kept_for,
        )
        return response

    def remembering(self, response: Response, email: str = "") -> Response:
        """Has the browser be known as one that has signed an address in: the form's, unless named
        (known_browser.py)."""
        realm = self.portal.realm
        token = known_token(self.office.keys, realm, email or self.form.text("courriel"))
        give_known_browser(self.request, response, realm, token)
        return response

    @property
    def knock(self) -> Knock:
        """Who the form of a sign-in says it is."""
        return Knock(
            self.form.text("courriel"),
            self.form.raw("mot_de_passe"),
            self.address,
            known_browser_token(self.request, self.portal.realm),
        )

    def without_session(self, response: Response) -> Response:
        """Has the browser forget the session."""
        take_session(self.request, response, self.portal.realm)
        return response

    @property
    def address(self) -> str:
        """The caller's network address, as the server (or the proxy it trusts) says."""
        return "" if self.request.client is None else self.request.client.host

    @property
    def origin(self) -> str:
        """What an address begins with that leaves this page, on a QR or in a calendar program.

        A proxy may hand over another name than people know: the operator's word comes first.
        """
        url = self.request.url
        return self.office.settings.public_origin or f"{url.scheme}://{url.netloc}"

    def _frame(self) -> dict[str, Any]:
        # Never refused here: every page has this frame, the one that tells of a refusal too.
        said = next(iter(self.query.all(_SAID)), "")
        return {
            "visit": self,
            "person": self.person,
            "settings": self.office.settings,
            "token": csrf.form_token(self.office.keys, self.secret),
            "token_field": csrf.FIELD,
            "path": self.request.url.path,
            "said": self.portal.pages.texts["said"].get(said),
            "static": self.request.app.state.static.address,
        }
