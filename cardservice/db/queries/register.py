"""The register as the tills need it: terminals with their partner, outlet and agreements."""

from __future__ import annotations

TERMINAL_BY_KEY = """
SELECT t.terminal_id, t.public_id, t.label, t.kind, t.state, t.pin_required, t.above_cents,
       t.limit_cents, t.ticket,
       p.partner_id, p.trade_name, p.state AS partner_state,
       o.outlet_id, o.name AS outlet_name, o.address AS outlet_address,
       coalesce((
           SELECT json_agg(json_build_object(
               'starts_on', a.starts_on, 'ends_before', a.ends_before,
               'wallets', (SELECT json_agg(w.wallet ORDER BY w.wallet) FROM agreement_wallet w
                           WHERE w.agreement_id = a.agreement_id)))
           FROM agreement a WHERE a.partner_id = p.partner_id), '[]') AS agreements
FROM terminal t JOIN outlet o USING (outlet_id) JOIN partner p USING (partner_id)
WHERE t.key_hash = %s
"""

CLOCK_AND_VERSION = """
SELECT ledger_now() AS at, first_open_day, (SELECT version FROM register_version) AS version
FROM open_day
"""
