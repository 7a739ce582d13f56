"""All configuration, read once from the environment and never again.

The law: nothing else in the product reads an environment variable, and nothing here has a secret
in it: secrets are files of the data directory, or files that an operator names.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


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
    debtor_name: str | None = None
    debtor_iban: str | None = None
    debtor_bic: str | None = None
    debtor_organisation_id: str | None = None
    assistance_phone: str = "04 86 68 80 07"

    def __post_init__(self) -> None:
        assert not (self.database_url and not self.owner_database_url), (
            "CJEUNE_DATABASE_URL needs CJEUNE_OWNER_DATABASE_URL beside it (docs: README, server)"
        )


def read_settings(
    data_dir: Path | None = None, environment: Mapping[str, str] = os.environ
) -> Settings:
    """Settings of this process: `CJEUNE_*` variables over the defaults.

    `data_dir` (the `--data-dir` option) wins over `CJEUNE_DATA_DIR`, which wins over `./var`.
    """

    def path(name: str) -> Path | None:
        return Path(environment[name]) if environment.get(name) else None

    chosen = data_dir or path("CJEUNE_DATA_DIR") or Path("var")
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
        debtor_name=environment.get("CJEUNE_DEBTOR_NAME"),
        debtor_iban=environment.get("CJEUNE_DEBTOR_IBAN"),
        debtor_bic=environment.get("CJEUNE_DEBTOR_BIC"),
        debtor_organisation_id=environment.get("CJEUNE_DEBTOR_ORGANISATION_ID"),
        assistance_phone=environment.get("CJEUNE_ASSISTANCE_PHONE", defaults.assistance_phone),
    )
