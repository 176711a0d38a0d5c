"""How high the right article comes up, for any labelled set, whichever way the question is typed."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import shelf
from benchmarks.report import Row, median, percentile
from benchmarks.typing import WAYS

RANK = 10  # MRR@10
RECALL = 20  # recall@20


def measure(folder: Path) -> list[Row]:
    """Applies `articles.jsonl` ({"id", "title", "text"}) to a fresh profile and asks each question of
    `questions.jsonl` ({"text", "relevant": [ids]}), with marks, without, and in raw Telex."""
    articles = list(_lines(folder / "articles.jsonl"))
    questions = list(_lines(folder / "questions.jsonl"))
    # Ids of a labelled set may hold anything; ours are paths.
    ids = {f"{shelf.PUBLISHER}/a{place}": str(article["id"]) for place, article in enumerate(articles)}
    documents = (
        shelf.document(f"a{place}", article["title"], article["text"])
        for place, article in enumerate(articles)
    )
    rows = [Row("articles", len(articles), ""), Row("questions", len(questions), "")]
    with shelf.filled(documents) as filled:
        for way, typed in WAYS.items():
            ranks, recalls, times = [], [], []
            for question in questions:
                relevant = {str(one) for one in question["relevant"]}
                text = typed(question["text"])
                started = time.perf_counter()
                hits = filled.search.find(text, limit=RECALL).hits
                times.append((time.perf_counter() - started) * 1e3)
                found = list(dict.fromkeys(ids[hit.document_id] for hit in hits))
                places = [place for place, one in enumerate(found, 1) if one in relevant]
                ranks.append(1 / places[0] if places and places[0] <= RANK else 0.0)
                recalls.append(len(places) / len(relevant))
            rows += [
                Row(f"{way}: MRR@{RANK}", sum(ranks) / len(ranks), ""),
                Row(f"{way}: recall@{RECALL}", sum(recalls) / len(recalls), ""),
                Row(f"{way}: p50", median(times), "ms"),
                Row(f"{way}: p95", percentile(times, 0.95), "ms"),
            ]
    return rows


def _lines(file: Path) -> Iterator[Any]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)
