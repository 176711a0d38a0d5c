"""Counters in the text format of Prometheus (exposition format 0.0.4). They count requests, never people."""

import threading
from bisect import bisect_left
from collections import Counter
from http import HTTPMethod

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
METHODS = frozenset(method.value for method in HTTPMethod)
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)  # seconds


class Metrics:
    """Of one process: each worker has its own, as Prometheus expects of separate targets."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._durations: dict[str, list[int]] = {}
        self._seconds: Counter[str] = Counter()

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """One answered request. `route` is the template, so that no identifier becomes a label.

        Whoever asks is free to invent methods: all but the known ones are counted as one.
        """
        known = method if method in METHODS else "other"
        with self._lock:
            self._requests[known, route, status] += 1
            buckets = self._durations.setdefault(route, [0] * (len(BUCKETS) + 1))
            buckets[bisect_left(BUCKETS, seconds)] += 1
            self._seconds[route] += seconds

    def text(self) -> str:
        with self._lock:
            lines = [
                "# HELP handbook_requests_total Requests answered.",
                "# TYPE handbook_requests_total counter",
                *(
                    f'handbook_requests_total{{method="{method}",route="{route}",status="{status}"}} {count}'
                    for (method, route, status), count in sorted(self._requests.items())
                ),
                "# HELP handbook_request_seconds Time from request to answer.",
                "# TYPE handbook_request_seconds histogram",
                *(line for route in sorted(self._durations) for line in self._histogram(route)),
            ]
        return "".join(f"{line}\n" for line in lines)

    def _histogram(self, route: str) -> list[str]:
        name, total, lines = "handbook_request_seconds", 0, []
        for edge, count in zip((*map(str, BUCKETS), "+Inf"), self._durations[route], strict=True):
            total += count
            lines.append(f'{name}_bucket{{route="{route}",le="{edge}"}} {total}')
        lines.append(f'{name}_sum{{route="{route}"}} {self._seconds[route]:.6f}')
        lines.append(f'{name}_count{{route="{route}"}} {total}')
        return lines
