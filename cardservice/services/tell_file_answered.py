"""Tells whoever asked for a correction, partner or youth, that the hotline has answered (C62).

The law: in the transaction of the answer; to the delegate who asked, or the lead where that one is
gone. The mail says yes or no and where to read on: the agent's words stay behind the sign-in, and
where money went (the wallet, or what has lapsed) is told by the page. An answer to one's own
question is no notice: it comes by mail, whatever the choice of channels.

The caller holds what keeps an erasure of the member off: their card, or the member.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, text

from cardservice.domain.money import format_euros
from cardservice.services.write_mail import write_mail

_ASKERS: Final = """
SELECT x.state, o.amount_cents, o.operation_id::text AS operation_id,
       operation_reference(o.operation_no) AS reference, p.trade_name,
       asked.email AS delegate_email, lead.email AS lead_email, m.email AS member_email
FROM regularisation_file x
JOIN operation o USING (operation_id) JOIN partner p ON p.partner_id = x.partner_id
LEFT JOIN (delegate d JOIN credential asked USING (credential_id))
    ON d.delegate_id = x.opened_by AND d.state = 'active'
    AND (d.ends_before IS NULL OR business_day(ledger_now()) < d.ends_before)
LEFT JOIN (delegate l JOIN credential lead USING (credential_id))
    ON l.partner_id = x.partner_id AND l.role = 'lead' AND l.state <> 'removed'
    AND x.opened_by IS NOT NULL
LEFT JOIN member m ON m.beneficiary_id = x.opened_by_holder AND m.closed_at IS NULL
WHERE x.file_id = ANY(:file_ids) AND x.state <> 'open' ORDER BY x.file_id
"""


def tell_file_answered(connection: Connection, file_ids: Sequence[int]) -> None:
    """One mail for each of these files that is answered and has somebody to read it."""
    for asked in connection.execute(text(_ASKERS), {"file_ids": list(file_ids)}):
        amount, granted = format_euros(asked.amount_cents), asked.state == "granted"
        partner = asked.delegate_email or asked.lead_email
        if asked.member_email is not None:
            write_mail(
                connection,
                recipient=asked.member_email,
                kind="youth_dispute_answered",
                facts={"reference": asked.reference, "amount": amount, "granted": granted},
            )
        elif partner is not None:
            write_mail(
                connection,
                recipient=partner,
                kind="regularisation_answered",
                facts={
                    "partner_name": asked.trade_name,
                    "operation_id": asked.operation_id,
                    "reference": asked.reference,
                    "amount": amount,
                    "granted": granted,
                },
            )
