"""What fires for each recorded tool, as the README shows it: `python -m tests.reports.matrix`."""

from __future__ import annotations

from gateway.risk import combine
from gateway.signals import OF_ANSWERS
from tests.reports.test_recorded import RECORDED, scored


def rows() -> list[str]:
    """One line a tool: its name, the risk by the page's signals alone, and those that fired."""
    found = []
    for name, report in RECORDED.items():
        signals = tuple(one for one in scored(report).signals if one.name in OF_ANSWERS)
        said = ", ".join(f"`{signal.name}`" for signal in signals) or "nothing"
        found.append(f"| `{name}` | {combine(signals):.2f} | {said} |")
    return found


if __name__ == "__main__":
    print("\n".join(["| recorded | risk | what fired |", "|---|---|---|", *rows()]))
