"""Known-item questions out of a folder of laws: the article is known, the question is made from its words.

Half of the questions are for tuning and half for reporting; both halves ask about the same articles.
"""

import json
import random
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.report import Row
from handbook.model.text import fold

QUESTIONS = 1_000
ASKED_WITH = (
    "như thế nào", "là gì", "khi nào", "thế nào là", "ai có quyền", "quy định về", "có được không",
    "trường hợp nào", "bao nhiêu", "trách nhiệm của ai",
)  # fmt: skip
_ARTICLE = re.compile(r"\n(?=Điều \d+)")
_NUMBERED = re.compile(r"^Điều \d+\w?\s*[.:]?\s*")
_WORD = re.compile(r"[^\W_]+")


class Article(NamedTuple):
    id: str
    law: str
    heading: str
    body: str


def articles_of(folder: Path) -> list[Article]:
    """Every `Điều` of every .txt file, in the order of the files' names."""
    found = []
    for file in sorted(folder.glob("*.txt")):
        for place, text in enumerate(_ARTICLE.split(file.read_text("utf-8"))[1:]):
            heading, _, body = text.partition("\n")
            found.append(Article(f"{file.stem}/{place}", file.stem, heading.strip(), body.strip()))
    return found


def write(texts: Path, folder: Path) -> list[Row]:
    """Writes `tune/` and `report/`, each a set for `ranking`. The same texts give the same questions."""
    articles = articles_of(texts)
    questions = _questions(articles, random.Random(7))
    for name, asked in (("tune", questions[::2]), ("report", questions[1::2])):
        half = folder / name
        half.mkdir(parents=True, exist_ok=True)
        with (half / "articles.jsonl").open("w", encoding="utf-8") as file:
            for one in articles:
                line = {"id": one.id, "title": one.heading, "text": one.body}
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        with (half / "questions.jsonl").open("w", encoding="utf-8") as file:
            for text, relevant in asked:
                file.write(json.dumps({"text": text, "relevant": relevant}, ensure_ascii=False) + "\n")
    return [Row("articles", len(articles), ""), Row("questions", len(questions), "")]


def _questions(articles: Sequence[Article], chance: random.Random) -> list[tuple[str, list[str]]]:
    by_heading = defaultdict(list)
    for one in articles:
        by_heading[_about(one)].append(one.id)
    worth_asking = [
        (one, heading, body)
        for one in articles
        if len(heading := _WORD.findall(_NUMBERED.sub("", one.heading))) >= 4
        and len(body := _WORD.findall(one.body)) >= 60
    ]
    questions: list[tuple[str, list[str]]] = []
    while worth_asking and len(questions) < QUESTIONS:
        one, heading, body = chance.choice(worth_asking)
        match chance.choice(("heading", "passages", "both", "asked")):
            case "heading":  # shortened and turned round
                kept = [word for word in heading if chance.random() > 0.25]
                turn = chance.randrange(len(kept) + 1)
                words, relevant = kept[turn:] + kept[:turn], by_heading[_about(one)]
            case "passages":  # two of the body, in any order
                words = _passage(body, 3, 6, chance) + _passage(body, 3, 6, chance)
                relevant = [one.id]
            case "both":
                words, relevant = _passage(heading, 3, 3, chance) + _passage(body, 4, 7, chance), [one.id]
            case _:  # as a person asks, with words left out
                words = [word for word in heading if chance.random() > 0.3][:6]
                words += [word for word in _passage(body, 8, 8, chance) if chance.random() > 0.4]
                words, relevant = [*chance.choice(ASKED_WITH).split(), *words], [one.id]
        if len(words) > 3:
            questions.append((" ".join(words).lower(), relevant))
    return questions


def _about(article: Article) -> str:
    return " ".join(_WORD.findall(fold(_NUMBERED.sub("", article.heading))))


def _passage(words: Sequence[str], shortest: int, longest: int, chance: random.Random) -> list[str]:
    length = chance.randint(shortest, longest)
    start = chance.randrange(max(1, len(words) - length))
    return list(words[start : start + length])
