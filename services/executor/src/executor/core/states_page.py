"""Writes the tables of states as a page for people."""

from collections.abc import Iterable

from executor.core.states import (
    FILL_TABLE,
    ORDER_TABLE,
    OVER,
    TERMINAL,
    FillHappening,
    FillState,
    Happening,
    OrderState,
)


def states_markdown() -> str:
    """Write the life of an order and of a fill: a grid of each, and why each row is there."""
    marks = {state: _mark(state) for state in OrderState}
    parts = [
        "# States of an order",
        "",
        "What happens to an order in a state: the state that follows. An empty cell does not happen: it is refused and",
        "counted by its name, such as `accepted_when_filled`. `(!)` stops trading until an operator has looked.",
        "",
        *_grid([state.value for state in OrderState], [each.value for each in Happening], _order_cells()),
        "",
        *(f"- `{state}`: {mark}" for state, mark in marks.items()),
        "",
        "## Why",
        "",
        "| state | what happens | then | why |",
        "|---|---|---|---|",
        *(
            f"| `{state}` | `{happening}` | `{row.then}`{' (!)' if row.halts else ''} | {row.why} |"
            for (state, happening), row in ORDER_TABLE.items()
        ),
        "",
        "# States of a fill",
        "",
        *_grid([state.value for state in FillState], [each.value for each in FillHappening], _fill_cells()),
        "",
        "| state | what happens | then | why |",
        "|---|---|---|---|",
        *(
            f"| `{state}` | `{happening}` | `{row.then}` | {row.why} |"
            for (state, happening), row in FILL_TABLE.items()
        ),
        "",
    ]
    return "\n".join(parts)


def _order_cells() -> dict[tuple[str, str], str]:
    return {
        (state.value, happening.value): f"{row.then}{' (!)' if row.halts else ''}"
        for (state, happening), row in ORDER_TABLE.items()
    }


def _fill_cells() -> dict[tuple[str, str], str]:
    return {(state.value, happening.value): row.then.value for (state, happening), row in FILL_TABLE.items()}


def _grid(states: Iterable[str], happenings: list[str], cells: dict[tuple[str, str], str]) -> list[str]:
    head = [f"| | {' | '.join(happenings)} |", "|---" * (len(happenings) + 1) + "|"]
    rows = [f"| `{state}` | {' | '.join(cells.get((state, each), '') for each in happenings)} |" for state in states]
    return head + rows


def _mark(state: OrderState) -> str:
    if state in TERMINAL:
        return "terminal"
    return "over at the venue, its fills not final" if state in OVER else "open"
