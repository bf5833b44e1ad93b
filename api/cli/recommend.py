"""``malha recommend``: ranked routes to a destination."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from api.clock import instant
from api.console import console
from api.placements import open_network
from api.render.routes import show_routes
from graph import Rank, RouteRequest, Weights
from graph.errors import BadInput

EPILOG = (
    "**Examples**\n\n"
    "`malha recommend --snapshot snapshots/ --zip 01310 --category health_beauty --promise-days 7`\n\n"
    "`malha recommend --snapshot snapshots/ --zip 69005 --product 99a4788cb24856965c36a24e339b6058 "
    "--probability 0.95`\n\n"
    "`malha recommend --snapshot snapshots/ --zip 01310 --category bed_bath_table --rank balanced "
    "--weights days=100,freight=1,late=50`\n\n"
    "`malha recommend --snapshot snapshots/ --zip 69005 --category health_beauty --placement plan/` (as if "
    "the plan's warehouses were open and stocked)"
)


def command(  # noqa: PLR0913, PLR0917 (one argument an option: that is how Typer reads them)
    snapshot: Annotated[Path, typer.Option(help="Folder of snapshots, or of one snapshot.")],
    zip_prefix: Annotated[
        str, typer.Option("--zip", help="Destination: zip prefix (01310) or CEP (01310-100).")
    ],
    category: Annotated[str | None, typer.Option(help="Category, by its Portuguese or English name.")] = None,
    product: Annotated[str | None, typer.Option(help="Product id; instead of a category.")] = None,
    quantity: Annotated[int, typer.Option(help="Units wanted.")] = 1,
    promise_days: Annotated[
        float | None, typer.Option(help="Judge routes by P(on time) for this promise.")
    ] = None,
    probability: Annotated[
        float | None, typer.Option(help="Answer the shortest promise that holds with this probability.")
    ] = None,
    rank: Annotated[
        Rank,
        typer.Option(
            help="reliable: P(on time), else mean + z·sd. fastest: mean days. cheapest: freight. "
            "balanced: by --weights."
        ),
    ] = Rank.RELIABLE,
    z: Annotated[float, typer.Option(help="Weight of the spread in mean + z·sd.")] = 1.0,
    weights: Annotated[
        str | None,
        typer.Option(help="For balanced: cents per day, per cent of freight, per point of lateness."),
    ] = None,
    k: Annotated[int, typer.Option(help="How many routes.")] = 5,
    at: Annotated[
        str | None, typer.Option(help="Instant of purchase (ISO). Default: the snapshot's.")
    ] = None,
    placement: Annotated[
        Path | None, typer.Option(help="Folder of a plan (malha place): its warehouses are sources too.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Rank the routes that could serve a destination, with lead time, P(on time), freight and reason."""
    if weights is not None and rank is not Rank.BALANCED:
        raise BadInput("--weights count in --rank balanced only.")
    request = RouteRequest(
        zip_prefix=zip_prefix,
        category=category,
        product_id=product,
        quantity=quantity,
        promise_days=promise_days,
        probability=probability,
        rank=rank,
        z=z,
        weights=parse_weights(weights),
        k=k,
        at=instant(at, "--at"),
    )
    answer = open_network(snapshot, placement).recommend(request)
    if as_json:
        print(json.dumps(answer.to_dict(), ensure_ascii=False))
    else:
        show_routes(console(), answer)


def parse_weights(text: str | None) -> Weights:
    """Return the weights written as ``days=100,freight=1,late=50``; what is not named keeps its default."""
    if text is None:
        return Weights()
    given: dict[str, float] = {}
    for part in text.split(","):
        name, _, number = part.partition("=")
        try:
            given[name.strip()] = float(number)
        except ValueError:
            raise BadInput(f"--weights: {part!r} is no weight. Write days=100,freight=1,late=50.") from None
    if unknown := sorted(given.keys() - {"days", "freight", "late"}):
        raise BadInput(f"--weights: unknown {', '.join(unknown)}. Known are days, freight, late.")
    return Weights(**given)
