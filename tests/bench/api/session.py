"""A session: every server checked, then measured in turn, round by round, in a shuffled order."""

import asyncio
import itertools
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.bench.api import histogram, outcome, wrk
from tests.bench.api.app_image import Certificates
from tests.bench.api.half_core import half_core
from tests.bench.api.outcome import MODES, OURS, PEERS, Arrival, Mode, Outcome, Run
from tests.bench.api.pages import (
    HOT_PAGE,
    UnlikeError,
    Walk,
    check_limit,
    check_same,
    cold_pages,
    requests_for,
    walk,
)
from tests.bench.api.peers import check_executables, node_folder, versions
from tests.bench.api.pod import pod
from tests.bench.api.posts import Posts, written
from tests.bench.api.server import Place, Server, serving
from tests.end_to_end.load import open_loop

PER_SECOND = 1_000
WARM_UP_PAGES = 9_000
"""Pages that misses are measured with come behind those of the warm-up."""
STATEMENTS = "db_statement_duration_seconds"
MOST_SELECTS_OF_HITS, LEAST_SELECTS_OF_MISSES = 0.02, 0.9
"""Statements a request; those who miss one page at once share one."""

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is measured."""

    rounds: int
    users: int
    posts: int
    warm_up_seconds: int
    """Without the quota."""
    seconds: int


FULL = Plan(rounds=5, users=2_000, posts=100_000, warm_up_seconds=2, seconds=7)
QUICK = Plan(rounds=1, users=200, posts=20_000, warm_up_seconds=1, seconds=3)


def measured(plan: Plan, say: Say) -> Outcome:
    """All runs and arrivals. Raises `StackyardError` for whatever would make them worthless."""
    check_executables()
    with ExitStack() as stack:
        node = node_folder()
        group = stack.enter_context(half_core())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        certificates = Certificates(folder)
        say("the image, as app-image/build.sh makes it")
        image = pod(folder, certificates.authority)
        say(f"{plan.posts:,} posts of {plan.users:,} users")
        posts = stack.enter_context(
            written(folder, certificates, users=plan.users, posts=plan.posts)
        )
        place = Place(
            group=group,
            folder=folder,
            node=node,
            pod=image,
            certificates=certificates,
            database=posts.url,
        )
        session = Session(plan, place, posts, say)
        session.check()
        return session.rounds()


class Session:
    """What is measured with, and the pages to ask for."""

    def __init__(self, plan: Plan, place: Place, posts: Posts, say: Say) -> None:
        self._plan = plan
        self._place = place
        self._posts = posts
        self._say = say
        self._pages: dict[tuple[str, Mode], list[str]] = {}
        self._numbers = itertools.count(1)

    def check(self) -> None:
        """Every server lists the same posts and keeps the limit; its cursors make its pages.

        Raises `UnlikeError`.
        """
        ours: Walk | None = None
        for peer in PEERS:
            with self._serving(peer, "hits") as server, server.client() as client:
                theirs = walk(client)
                check_limit(peer, client)
            ours = ours or theirs
            check_same(peer, ours, theirs)
            self._pages[peer, "hits"] = [HOT_PAGE]
            self._pages[peer, "misses"] = cold_pages(theirs.cursors)
            self._say(f"{peer}: lists {len(theirs.posts)} posts as ours does, limits as it has to")

    def rounds(self) -> Outcome:
        """All rounds."""
        runs: list[Run] = []
        arrivals: list[Arrival] = []
        for number in range(1, self._plan.rounds + 1):
            self._say(f"round {number} of {self._plan.rounds}")
            work = [partial(self._run, peer, mode, number) for peer in PEERS for mode in MODES]
            work += [partial(self._arrive, mode, number) for mode in MODES]
            random.Random(number).shuffle(work)  # noqa: S311  # no secret
            for measure in work:
                seen = measure()
                if isinstance(seen, Run):
                    runs.append(seen)
                    self._say(outcome.line(seen))
                else:
                    arrivals.append(seen)
                    self._say(outcome.arrival_line(seen, PER_SECOND))
        return Outcome(versions=versions(self._place.pod), runs=runs, arrivals=arrivals)

    def _run(self, peer: str, mode: Mode, number: int) -> Run:
        """All that it answers in half a core."""
        with self._warm(peer, mode) as server:
            group = server.group
            group.limit(limited=True)
            began, periods = group.cpu_seconds(), group.periods()
            before = self._posts.selects()
            load = self._load(server, peer, mode, first=WARM_UP_PAGES, seconds=self._plan.seconds)
            used, gone = group.cpu_seconds() - began, group.periods().since(periods)
            check_mode(peer, mode, self._posts.selects() - before, load.requests)
            return Run(
                peer=peer,
                mode=mode,
                round=number,
                per_second=load.requests / load.seconds,
                cpu_us_per_request=1e6 * used / load.requests,
                p50_ms=load.p50_ms,
                p95_ms=load.p95_ms,
                p99_ms=load.p99_ms,
                throttled_percent=100 * gone.throttled / gone.total,
                rss_mib=group.rss_mib(),
            )

    def _arrive(self, mode: Mode, number: int) -> Arrival:
        """Ours at a fixed rate: hits in half a core; misses without the quota.

        Those are for the time of statements, and the quota's pauses, up to 50 ms, are the server's
        and not the database's.
        """
        with self._warm(OURS, mode) as server, server.client() as client:
            pages = itertools.islice(itertools.cycle(self._pages[OURS, mode]), WARM_UP_PAGES, None)
            server.group.limit(limited=mode == "hits")
            before = histogram.buckets_in(client.text("/metrics"), STATEMENTS)
            selects = self._posts.selects()
            used, began = server.group.cpu_seconds(), time.monotonic()
            answers = asyncio.run(
                open_loop(
                    server.url,
                    per_second=PER_SECOND,
                    at_least_seconds=self._plan.seconds,
                    meanwhile=lambda: None,
                    requests=requests_for(server.url, pages),
                )
            )
            cores = (server.group.cpu_seconds() - used) / (time.monotonic() - began)
            if answers.failed:
                raise UnlikeError(f"{OURS} at {PER_SECOND} req/s: {dict(answers.kinds)}")
            check_mode(OURS, mode, self._posts.selects() - selects, answers.sent)
            after = histogram.buckets_in(client.text("/metrics"), STATEMENTS)
            statements = histogram.since(before, after)
            p95 = 1000 * histogram.quantile(0.95, statements) if mode == "misses" else None
            return Arrival(
                mode=mode,
                round=number,
                p95_ms=answers.p95_ms(),
                cores=cores,
                statement_p95_ms=p95,
            )

    @contextmanager
    def _warm(self, peer: str, mode: Mode) -> Iterator[Server]:
        """A server that has answered for a while, without the quota."""
        with self._serving(peer, mode) as server:
            self._load(server, peer, mode, first=0, seconds=self._plan.warm_up_seconds)
            yield server

    def _load(self, server: Server, peer: str, mode: Mode, *, first: int, seconds: int) -> wrk.Load:
        file = self._place.folder / "pages"
        file.write_text("\n".join(self._pages[peer, mode]) + "\n", encoding="ascii")
        return wrk.load(server.url, file, first=first, seconds=seconds)

    def _serving(self, peer: str, mode: Mode) -> AbstractContextManager[Server]:
        return serving(self._place, peer, mode, f"{next(self._numbers)}-{peer}-{mode}")


def check_mode(peer: str, mode: Mode, selects: int, requests: int) -> None:
    """Raises `UnlikeError` when hits have asked the database, or misses have not."""
    share = selects / requests
    sound = share < MOST_SELECTS_OF_HITS if mode == "hits" else share > LEAST_SELECTS_OF_MISSES
    if not sound:
        raise UnlikeError(f"{peer}: {share:.3f} statements a request are no {mode}")
