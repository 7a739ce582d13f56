"""All configuration, read once from the environment and never again.

The law: nothing else in the product reads an environment variable, and nothing here has a secret
in it: secrets are files of the data directory, or files that an operator names.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cardservice.domain.push import KNOWN_HOSTS, is_host

_HEX: Final = re.compile("#[0-9a-fA-F]{6}")
_ORIGIN: Final = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")
_SMTP_PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True)
class Settings:
    """One frozen answer to "how is this instance set up?".

    `database_url` and `owner_database_url` are libpq URLs of a PostgreSQL server (application role
    and owning role); without them a private server starts inside `data_dir`.
    """

    data_dir: Path
    # Hidden from repr: an address may hold a password.
    database_url: str | None = field(default=None, repr=False)
    owner_database_url: str | None = field(default=None, repr=False)
    postgres_bin: Path | None = None
    secret_file: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    # Addresses of reverse proxies whose word on the caller's address is taken (uvicorn's format).
    trusted_proxies: str | None = None
    scheme_name: str = "CJeune de Provence"
    department_name: str = "Département des Bouches-du-Rhône"
    # Who executes the transfers: our bank, from a file, or the public accountant, from a list.
    payment_route: str = "bank"
    debtor_name: str | None = None
    debtor_iban: str | None = None
    debtor_bic: str | None = None
    debtor_organisation_id: str | None = None
    assistance_phone: str = "04 86 68 80 07"
    # Where mail is handed over; without a host it is kept as files in the data directory.
    smtp_host: str | None = None
    smtp_port: int = 587
    smtp_user: str | None = None
    smtp_password_file: Path | None = None
    smtp_tls: str = "starttls"
    mail_from: str = "CJeune <ne-pas-repondre@cjeune.example>"
    # `https://carte.example`: the address of the portals in mails and on QR codes.
    public_origin: str | None = None
    # Push services that browsers may name: `push.example`, `*.push.example`, `push.example:8443`.
    push_hosts: tuple[str, ...] = KNOWN_HOSTS
    # The look of the portals: colours as #rrggbb, the logo as SVG or PNG.
    colour: str | None = None
    accent: str | None = None
    logo_file: Path | None = None

    def __post_init__(self) -> None:
        assert not (self.database_url and not self.owner_database_url), (
            "CJEUNE_DATABASE_URL needs CJEUNE_OWNER_DATABASE_URL beside it (docs: README, server)"
        )
        assert self.payment_route in ("bank", "accountant"), (
            "CJEUNE_PAYMENT_ROUTE is bank or accountant"
        )
        assert self.smtp_tls in ("starttls", "tls", "none"), (
            "CJEUNE_SMTP_TLS is starttls, tls or none"
        )
        assert not self.smtp_user or (self.smtp_password_file and self.smtp_tls != "none"), (
            "CJEUNE_SMTP_USER needs CJEUNE_SMTP_PASSWORD_FILE, and TLS"
        )
        assert self.public_origin is None or _ORIGIN.fullmatch(self.public_origin), (
            "CJEUNE_PUBLIC_ORIGIN is like https://carte.example, without a path"
        )
        # A link that leads to the machine itself would be worse than none.
        assert not self.smtp_host or self.public_origin, (
            "CJEUNE_SMTP_HOST needs CJEUNE_PUBLIC_ORIGIN beside it"
        )
        for host in self.push_hosts:
            assert is_host(host), f"CJEUNE_PUSH_HOSTS lists names like *.push.example, not {host}"
        for name, value in (("CJEUNE_COLOUR", self.colour), ("CJEUNE_ACCENT", self.accent)):
            assert value is None or _HEX.fullmatch(value), f"{name} is not a colour like #12457f"
        assert self.logo_file is None or (
            self.logo_file.suffix in (".svg", ".png") and self.logo_file.is_file()
        ), f"CJEUNE_LOGO_FILE is no .svg or .png file: {self.logo_file}"


def read_settings(
    data_dir: Path | None = None, environment: Mapping[str, str] = os.environ
) -> Settings:
    """Settings of this process: `CJEUNE_*` variables over the defaults.

    `data_dir` (the `--data-dir` option) wins over `CJEUNE_DATA_DIR`, which wins over `./var`.
    """

    def path(name: str) -> Path | None:
        return Path(environment[name]) if environment.get(name) else None

    chosen = data_dir or path("CJEUNE_DATA_DIR") or Path("var")
    smtp_tls = environment.get("CJEUNE_SMTP_TLS") or "starttls"
    defaults = Settings(data_dir=chosen)
    return Settings(
        data_dir=chosen.absolute(),
        database_url=environment.get("CJEUNE_DATABASE_URL"),
        owner_database_url=environment.get("CJEUNE_OWNER_DATABASE_URL"),
        postgres_bin=path("CJEUNE_POSTGRES_BIN"),
        secret_file=path("CJEUNE_SECRET_FILE"),
        host=environment.get("CJEUNE_HOST", defaults.host),
        port=int(environment.get("CJEUNE_PORT", defaults.port)),
        trusted_proxies=environment.get("CJEUNE_TRUSTED_PROXIES"),
        scheme_name=environment.get("CJEUNE_SCHEME_NAME", defaults.scheme_name),
        department_name=environment.get("CJEUNE_DEPARTMENT_NAME", defaults.department_name),
        payment_route=environment.get("CJEUNE_PAYMENT_ROUTE") or defaults.payment_route,
        debtor_name=environment.get("CJEUNE_DEBTOR_NAME"),
        debtor_iban=environment.get("CJEUNE_DEBTOR_IBAN"),
        debtor_bic=environment.get("CJEUNE_DEBTOR_BIC"),
        debtor_organisation_id=environment.get("CJEUNE_DEBTOR_ORGANISATION_ID"),
        assistance_phone=environment.get("CJEUNE_ASSISTANCE_PHONE", defaults.assistance_phone),
        smtp_host=environment.get("CJEUNE_SMTP_HOST") or None,
        smtp_port=int(environment.get("CJEUNE_SMTP_PORT") or _SMTP_PORTS.get(smtp_tls, 587)),
        smtp_user=environment.get("CJEUNE_SMTP_USER") or None,
        smtp_password_file=path("CJEUNE_SMTP_PASSWORD_FILE"),
        smtp_tls=smtp_tls,
        mail_from=environment.get("CJEUNE_MAIL_FROM") or defaults.mail_from,
        public_origin=environment.get("CJEUNE_PUBLIC_ORIGIN") or None,
        push_hosts=tuple(
            (environment.get("CJEUNE_PUSH_HOSTS") or "").lower().replace(",", " ").split()
        )
        or defaults.push_hosts,
        colour=environment.get("CJEUNE_COLOUR") or None,
        accent=environment.get("CJEUNE_ACCENT") or None,
        logo_file=path("CJEUNE_LOGO_FILE"),
    )
