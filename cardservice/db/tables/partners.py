"""Partners, their agreements, outlets, bank accounts and terminals.

The law: a change here moves `register_version`, so that no service decides on yesterday's
agreement or on a revoked terminal.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from cardservice.db.tables.metadata import identity, instant, metadata, one_of, wallet_known

partner = Table(
    "partner",
    metadata,
    identity("partner_id"),
    Column("siret", Text, unique=True, nullable=False),
    Column("legal_name", Text, nullable=False),
    Column("trade_name", Text, nullable=False),
    Column("trade", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("postal_code", Text, nullable=False),
    Column("commune", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="active"),
    instant("created_at", nullable=False),
    one_of("state", ("active", "suspended")),
)

agreement = Table(
    "agreement",
    metadata,
    identity("agreement_id"),
    Column("partner_id", ForeignKey("partner.partner_id"), nullable=False, index=True),
    Column("number", Text, unique=True, nullable=False),
    Column("starts_on", Date, nullable=False),
    # Without an end it renews itself each year (tacite reconduction, C5).
    Column("ends_before", Date),
    CheckConstraint("ends_before IS NULL OR starts_on < ends_before", name="in_order"),
)

agreement_wallet = Table(
    "agreement_wallet",
    metadata,
    Column("agreement_id", ForeignKey("agreement.agreement_id"), nullable=False),
    Column("wallet", Text, nullable=False),
    PrimaryKeyConstraint("agreement_id", "wallet"),
    wallet_known(),
)

outlet = Table(
    "outlet",
    metadata,
    identity("outlet_id"),
    Column("partner_id", ForeignKey("partner.partner_id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    UniqueConstraint("partner_id", "name"),
)

# How the name on an account compares with the partner's (domain/holder_match.py).
HOLDER_MATCHES = ("matching", "close", "different")

bank_account = Table(
    "bank_account",
    metadata,
    identity("bank_account_id"),
    Column("partner_id", ForeignKey("partner.partner_id"), nullable=False),
    Column("iban", Text, nullable=False),
    Column("holder_name", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="unverified"),
    instant("usable_from", nullable=False),
    Column("changed_by", Text, nullable=False),
    instant("changed_at", nullable=False),
    Column("verified_by", ForeignKey("agent.agent_id")),
    instant("verified_at"),
    # What the comparison of names said when it was verified; a difference takes evidence.
    Column("holder_match", Text, nullable=False, server_default="unchecked"),
    Column("match_evidence", Text),
    # Turned down by an agent, with what the partner is told.
    Column("refused_by", ForeignKey("agent.agent_id")),
    instant("refused_at"),
    Column("refusal_reason", Text),
    one_of("state", ("unverified", "verified", "replaced")),
    one_of("holder_match", ("unchecked", *HOLDER_MATCHES)),
    CheckConstraint(
        "num_nonnulls(refused_by, refused_at, refusal_reason) IN (0, 3)",
        name="refused_with_a_reason",
    ),
    CheckConstraint("refused_by IS NULL OR state = 'replaced'", name="refused_is_out"),
    CheckConstraint("state <> 'verified' OR verified_by IS NOT NULL", name="verified_by_someone"),
    # One account in use and at most one that waits: the old one stays until the new is verified.
    Index(
        "uq_bank_account_live",
        "partner_id",
        "state",
        unique=True,
        postgresql_where=text("state <> 'replaced'"),
    ),
)

TERMINAL_KINDS = ("phone", "box", "reader", "web_till")

terminal = Table(
    "terminal",
    metadata,
    identity("terminal_id"),
    Column("public_id", Text, unique=True, nullable=False),
    Column("outlet_id", ForeignKey("outlet.outlet_id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("key_hash", LargeBinary, unique=True),
    Column("pin_required", Text, nullable=False),
    Column("above_cents", BigInteger),
    Column("limit_cents", BigInteger, nullable=False),
    Column("ticket", Boolean, nullable=False),
    instant("created_at", nullable=False),
    instant("activated_at"),
    instant("revoked_at"),
    # What the Département lends (C50): the thing's own number, from which day, back on which.
    Column("serial", Text),
    Column("lent_on", Date),
    Column("returned_on", Date),
    one_of("kind", TERMINAL_KINDS),
    one_of("state", ("waiting", "active", "revoked")),
    one_of("pin_required", ("always", "above", "never")),
    CheckConstraint("(pin_required = 'above') = (above_cents IS NOT NULL)", name="above_what"),
    CheckConstraint("state <> 'active' OR key_hash IS NOT NULL", name="active_has_key"),
    CheckConstraint("limit_cents > 0", name="limit_positive"),
    CheckConstraint("(serial IS NULL) = (lent_on IS NULL)", name="lent_by_number"),
    CheckConstraint("returned_on >= lent_on", name="lent_before_returned"),
    CheckConstraint("lent_on IS NULL OR kind <> 'web_till'", name="lent_is_a_thing"),
    # A thing is in one place at a time.
    Index(
        "uq_terminal_serial",
        "serial",
        unique=True,
        postgresql_where=text("returned_on IS NULL"),
    ),
    # One web till per outlet: the portal's till is a terminal like another.
    Index(
        "uq_terminal_web_till",
        "outlet_id",
        unique=True,
        postgresql_where=text("kind = 'web_till' AND state <> 'revoked'"),
    ),
)

# Apart from `terminal`, whose every change makes the tills read the register anew.
terminal_sighting = Table(
    "terminal_sighting",
    metadata,
    Column("terminal_id", ForeignKey("terminal.terminal_id"), primary_key=True),
    instant("seen_at", nullable=False),
    # Program and version as the terminal names itself: `cjeune-tpe/1.0`.
    Column("program", Text),
    CheckConstraint("length(program) <= 60", name="program_short"),
)

activation_code = Table(
    "activation_code",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    Column("terminal_id", ForeignKey("terminal.terminal_id"), nullable=False),
    instant("expires_at", nullable=False),
    instant("used_at"),
)

register_version = Table(
    "register_version",
    metadata,
    Column("one_row", SmallInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    CheckConstraint("one_row = 1", name="one_row"),
)
