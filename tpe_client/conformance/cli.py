"""`cjeune-conformance BASE_URL --manifest FILE`: does this server keep terminal API v1?

The law: exit status 0 when all that ran passed, 1 when a check failed or nobody answers, 2 for a
wrong call. What was not run is listed with its reason, never counted as passed. It debits test
cards and cancels again: never point it at a real service with real cards.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click
import httpx

from tpe_client.conformance.catalogue import ALL
from tpe_client.conformance.check import Check
from tpe_client.conformance.manifest import Manifest, ManifestUnreadable, read_manifest
from tpe_client.conformance.runner import FAILED, NOT_RUN, PASSED, Result, run_checks

_COLOURS = {PASSED: "green", FAILED: "red", NOT_RUN: "yellow"}


@click.command()
@click.argument("base_url", required=False)
@click.option(
    "--manifest",
    "manifest_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Terminals, cards and activation codes to test with.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of a table.")
@click.option("--only", multiple=True, metavar="NAME", help="Only this check; may be repeated.")
@click.option("--list", "listed", is_flag=True, help="List the checks and their rules.")
@click.option("--with-budgets", is_flag=True, help="Also use up a terminal's look-up budget.")
@click.option("--with-pin-block", is_flag=True, help="Also block the PIN of one card for good.")
def main(
    base_url: str | None,
    manifest_file: Path | None,
    as_json: bool,
    only: tuple[str, ...],
    listed: bool,
    with_budgets: bool,
    with_pin_block: bool,
) -> None:
    """Check a server against the terminal API v1 contract.

    BASE_URL is its origin, e.g. http://127.0.0.1:8090. Use test terminals and test cards only.
    """
    checks = _chosen(only)
    if listed:
        _list(checks)
        return
    if base_url is None or manifest_file is None:
        raise click.UsageError("BASE_URL and --manifest FILE are needed")
    if not base_url.startswith(("http://", "https://")):
        raise click.UsageError("BASE_URL begins with http:// or https://")
    try:
        manifest = read_manifest(manifest_file)
    except ManifestUnreadable as failure:
        raise click.UsageError(f"not a manifest: {failure}") from failure
    _assert_somebody_answers(base_url)
    options = {"--with-budgets": with_budgets, "--with-pin-block": with_pin_block}
    chosen = frozenset(name for name, wanted in options.items() if wanted)
    results = _run(checks, base_url, manifest, options=chosen, quiet=as_json)
    if as_json:
        click.echo(json.dumps(_document(base_url, results), ensure_ascii=False, indent=1))
    else:
        _tell(results)
    if any(result.outcome == FAILED for result in results):
        raise SystemExit(1)


def _chosen(only: Sequence[str]) -> list[Check]:
    names = {check.name for check in ALL}
    for wanted in only:
        if wanted not in names:
            raise click.UsageError(f"there is no check {wanted}; --list shows them")
    return [check for check in ALL if not only or check.name in only]


def _list(checks: Sequence[Check]) -> None:
    for check in checks:
        needs = f"  [{check.needs}]" if check.needs else ""
        click.echo(f"{check.name}  ({check.section}){needs}\n    {check.rule}")


def _assert_somebody_answers(base_url: str) -> None:
    try:
        httpx.get(f"{base_url}/healthz", timeout=10)
    except httpx.HTTPError as failure:
        raise click.ClickException(
            f"nobody answers at {base_url}: {type(failure).__name__}"
        ) from failure


def _run(
    checks: Sequence[Check],
    base_url: str,
    manifest: Manifest,
    *,
    options: frozenset[str],
    quiet: bool,
) -> list[Result]:
    width = max(len(check.name) for check in checks)
    results = []

    def announce(check: Check) -> None:
        if not quiet:
            click.echo(f"{check.name:<{width}} ", nl=False)

    for result in run_checks(
        checks, base_url=base_url, manifest=manifest, options=options, on_start=announce
    ):
        if not quiet:
            told = click.style(result.outcome, fg=_COLOURS[result.outcome])
            click.echo(told + (f": {result.why}" if result.why else ""))
        results.append(result)
    return results


def _tell(results: Sequence[Result]) -> None:
    for result in results:
        if result.outcome == FAILED:
            click.echo("\n" + click.style(f"FAILED {result.check.name}", fg="red", bold=True))
            click.echo(f"rule: {result.check.rule} ({result.check.section})")
            click.echo(f"why:  {result.why}")
            for answer in result.exchanges:
                click.echo(answer.shown())
    left_out = [result for result in results if result.outcome == NOT_RUN]
    if left_out:
        click.echo("\nNot run, and therefore not known:")
    for result in left_out:
        click.echo(f"  {result.check.name}: {result.why}")
    counts = _counts(results)
    click.echo()
    for outcome, colour in _COLOURS.items():
        click.echo(click.style(f"{counts[outcome]:>4} {outcome}", fg=colour))


def _counts(results: Sequence[Result]) -> dict[str, int]:
    found = [result.outcome for result in results]
    return {outcome: found.count(outcome) for outcome in _COLOURS}


def _document(base_url: str, results: Sequence[Result]) -> dict[str, object]:
    return {
        "base_url": base_url,
        "counts": {name.replace(" ", "_"): n for name, n in _counts(results).items()},
        "checks": [
            {
                "name": result.check.name,
                "rule": result.check.rule,
                "section": result.check.section,
                "outcome": result.outcome.replace(" ", "_"),
                "why": result.why,
                "exchanges": [answer.shown() for answer in result.exchanges],
            }
            for result in results
        ],
    }


if __name__ == "__main__":
    main()
