"""A terminal's client as somebody would write it who has read the contract and never our code."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx

SPORT, TUTORING = "sport_culture_leisure", "tutoring"


class Stranger:
    """Calls of one terminal. Methods that end in `_answer` give the whole response."""

    def __init__(self, base_url: str, key: str | None, *, address: str) -> None:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self.http = httpx.Client(
            base_url=f"{base_url}/api/v1",
            headers=headers,
            timeout=30,
            transport=httpx.HTTPTransport(local_address=address, limits=httpx.Limits()),
        )

    def close(self) -> None:
        self.http.close()

    def read(self, code: str) -> dict[str, Any]:
        """What a reading is answered."""
        answer = self.http.post("/identifications", json={"reading": code})
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def identify(self, code: str) -> str:
        """The identification of a card that may pay."""
        body = self.read(code)
        assert body["outcome"] == "identified", body
        return str(body["identification"])

    def debit_answer(
        self,
        identification: str,
        amount_cents: Any = 1000,
        *,
        wallet: Any = SPORT,
        operation_id: str | None = None,
        **members: Any,
    ) -> httpx.Response:
        """`PUT /debits/{operation_id}`; any member can be set, also wrongly."""
        body = {
            "identification": identification,
            "wallet": wallet,
            "amount_cents": amount_cents,
            "identity_checked": True,
        } | members
        return self.http.put(f"/debits/{operation_id or uuid4()}", json=body)

    def debit(
        self, identification: str, amount_cents: int = 1000, **options: Any
    ) -> dict[str, Any]:
        """The body of a debit that was answered now."""
        answer = self.debit_answer(identification, amount_cents, **options)
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def check(self, identification: str, amount_cents: int = 1000, **members: Any) -> Any:
        """The verdict a debit would get."""
        body = {
            "identification": identification,
            "wallet": SPORT,
            "amount_cents": amount_cents,
            "identity_checked": True,
        } | members
        answer = self.http.post("/debits/check", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ask(self, operation_id: str) -> httpx.Response:
        return self.http.get(f"/debits/{operation_id}")

    def cancel(self, operation_id: str, **members: Any) -> httpx.Response:
        return self.http.put(f"/debits/{operation_id}/cancellation", json=members)

    def day(self, **query: Any) -> dict[str, Any]:
        answer = self.http.get("/debits", params=query)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body
