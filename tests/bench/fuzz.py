"""Our reading beside other parsers', for long. Run: python tests/bench/fuzz.py --count 100000

Of each kind `--count` messages are made: requests, chunked bodies and replies against h11, what we
send on against h11, httptools, aiohttp and http.server; a tenth of that against node, nginx before
node and PHP's own server, where they are installed. The same `--seed` gives the same messages.
Prints how often which verdict fell, what diverged, and `divergences=N`; exits with 1 unless N is 0.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.refusals import comparing, fuzzing  # noqa: E402
from tests.refusals.programs import programs, read_by  # noqa: E402

METHODS = ("GET", "HEAD", "POST")
Verdicts = Iterator[tuple[str, bytes]]
PROGRESS_S = 5.0
SHOWN = 20


def requests(rng: Random) -> Verdicts:
    message = fuzzing.request(rng)
    yield comparing.request(message), message.raw


def chunks(rng: Random) -> Verdicts:
    message = fuzzing.chunks(rng)
    yield comparing.chunks(message), message.raw


def replies(rng: Random) -> Verdicts:
    message = fuzzing.reply(rng)
    yield comparing.reply(message, rng.choice(METHODS)), message.raw


def sent_on(rng: Random) -> Verdicts:
    message = fuzzing.request(rng)
    for verdict in comparing.behind(message):
        yield verdict, message.raw


def by_programs(ports: dict[str, int]) -> Callable[[Random], Verdicts]:
    def read(rng: Random) -> Verdicts:
        message = fuzzing.request(rng)
        for name, port in ports.items():
            yield f"{name} {read_by(name, port, message)}", message.raw

    return read


def run(name: str, check: Callable[[Random], Verdicts], count: int, seed: int) -> int:
    """How many diverged. A traceback counts as one."""
    rng, verdicts, diverged, told_s = Random(f"{seed} {name}"), Counter[str](), 0, time.monotonic()
    for number in range(1, count + 1):
        try:
            found = list(check(rng))
        except Exception as fault:
            found = [(f"DIVERGES by {fault!r}", b"")]
        for verdict, raw in found:
            verdicts["DIVERGES" if "DIVERGES" in verdict else verdict] += 1
            if "DIVERGES" in verdict:
                diverged += 1
                if diverged <= SHOWN:
                    print(f"{name}: {verdict}\n    {raw!r}", flush=True)
        if time.monotonic() - told_s > PROGRESS_S:
            told_s = time.monotonic()
            print(f"{name}: {number} of {count}, divergences={diverged}", flush=True)
    print(f"{name}: {count} messages")
    for verdict, times in verdicts.most_common():
        print(f"    {times:>9} {verdict}")
    return diverged


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=100_000, help="messages of each kind")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    diverged = 0
    for check in (requests, chunks, replies, sent_on):
        diverged += run(check.__name__, check, chosen.count, chosen.seed)
    missing = [name for name in ("node", "nginx", "php") if shutil.which(name) is None]
    if missing:
        print(f"programs: left out, {', '.join(missing)} not installed")
    else:
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            ports = stack.enter_context(programs(Path(folder)))
            diverged += run("programs", by_programs(ports), chosen.count // 10, chosen.seed)
    print(f"divergences={diverged}")
    return 1 if diverged else 0


if __name__ == "__main__":
    sys.exit(main())
