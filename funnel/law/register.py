"""The statute register: statutes, their versions in time, the articles a pack cites, and dated parameters.

A version is in force in the half-open window ``[from_, until)``. The register knows only what its authors entered: a
day before its first version is *not in force* as far as it can tell, and never silently some other version.

A case has two days: the *governing* day, on which what it is about happened, and the *deciding* day, on which it is looked
at. The law is that of the governing day; only a version that says of itself that it reaches cases not yet finally judged
(`PendingReach`) is held against the deciding day too.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from funnel._nearness import ranked

Texts = Mapping[str, str]
"""A text by language: in the pack's own always, in the other where there is one."""

Kind = Literal["law", "regulation", "rule", "interpretation"]
ParameterType = Literal["integer", "money"]

_CITATION = re.compile(
    r"(?P<statute>[a-z][a-z0-9_]*)(?:@(?P<version>[0-9A-Za-z.-]+))?/(?P<article>[1-9][0-9]*(?:-[1-9][0-9]*)?)", re.ASCII
)


def texts(zh: str, en: str | None = None) -> Texts:
    """Make a frozen text of its Chinese and, where there is one, its English form."""
    return MappingProxyType({"zh": zh} if en is None else {"zh": zh, "en": en})


def text(of: Texts, lang: str) -> str:
    """The text in a language, or in another where that language has none."""
    return of.get(lang) or of.get("zh") or next(iter(of.values()), "")


class LawError(LookupError):
    """The register cannot answer. Base of every error of this module.

    ```
    LawError
    ├── BadCitation        not of the form ``statute/article`` or ``statute@version/article``
    ├── UnknownStatute     no such statute, or no such version of it
    ├── UnknownArticle     the statute's version has no such article in the register
    ├── UnknownParameter   no such parameter
    └── NotInForce         known, but not in force on that day
    ```

    Attributes:
        close: Names that exist and resemble what was asked for, nearest first; may be empty.
    """

    def __init__(self, message: str, close: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.close: tuple[str, ...] = tuple(close)

    def __str__(self) -> str:
        """The message with what may have been meant."""
        message = str(self.args[0])
        return f"{message}; did you mean {', '.join(self.close)}?" if self.close else message


class BadCitation(LawError, ValueError):  # noqa: N818 - named for what it says; the base carries "Error"
    """A citation is not of the form ``statute/article`` or ``statute@version/article``."""


class UnknownStatute(LawError):  # noqa: N818 - as above
    """The register has no such statute, or the statute no such version."""


class UnknownArticle(LawError):  # noqa: N818 - as above
    """The statute's version has no such article in the register."""


class UnknownParameter(LawError):  # noqa: N818 - as above
    """The register has no such parameter."""


class NotInForce(LawError):  # noqa: N818 - as above
    """The statute, version or figure is known but not in force on that day."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A reference to an article.

    Attributes:
        statute: Id of the statute.
        article: Number of the article, without zeros in front; an inserted article is ``120-1``.
        version: Id of a pinned version; None cites the version in force on the governing day.
    """

    statute: str
    article: str
    version: str | None = None

    def __str__(self) -> str:
        """The citation as rules write it."""
        pin = "" if self.version is None else f"@{self.version}"
        return f"{self.statute}{pin}/{self.article}"


@dataclass(frozen=True, slots=True)
class Verified:
    """How a version's text was checked.

    Attributes:
        how: ``text``: the version's own text was read. ``comparison``: it was compared with a text that was read.
        when: The day of the check.
    """

    how: str
    when: dt.date


@dataclass(frozen=True, slots=True)
class PendingReach:
    """That a version reaches older cases which were not finally judged when it came into force.

    Attributes:
        basis: The article that says so, as rules cite it.
        facts_since: First day of the facts it reaches; None: however old they are.
    """

    basis: str
    facts_since: dt.date | None = None


@dataclass(frozen=True, slots=True)
class StatuteVersion:
    """A statute as it read in one window of time.

    Attributes:
        id: Name of the version, unique in the statute; usually the year.
        from_: First day in force.
        until: First day no longer in force; None while in force.
        verified: How the text was checked; None marks second-hand knowledge, on which no settlement may rest.
        note: What a reader must know of the check.
        reaches_pending: Whether it reaches cases not yet finally judged when it came into force, and by which article.
    """

    id: str
    from_: dt.date
    until: dt.date | None = None
    verified: Verified | None = None
    note: Texts | None = None
    reaches_pending: PendingReach | None = None

    def in_force(self, on: dt.date) -> bool:
        """Whether this version is in force on a day."""
        return self.from_ <= on and (self.until is None or on < self.until)

    def reaches(self, on: dt.date, deciding: dt.date) -> bool:
        """Whether it reaches a case of a day before it came into force because that is not finally judged yet.

        Args:
            on: The governing day.
            deciding: The day the case is looked at; the version must be in force on it.
        """
        reach = self.reaches_pending
        if reach is None or on >= self.from_ or not self.in_force(deciding):
            return False
        return reach.facts_since is None or on >= reach.facts_since


@dataclass(frozen=True, slots=True)
class Article:
    """An article that the pack may cite.

    Attributes:
        number: Its number in the versions it stands in.
        title: A short name.
        gist: What it says, in our own words.
        keys: Words that stand in its text; `funnel.law.texts` looks for them.
        versions: Ids of the versions that have it under this number; empty: all versions of the statute.
    """

    number: str
    title: Texts
    gist: Texts
    keys: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()

    def stands_in(self, version: str) -> bool:
        """Whether a version has this article under this number."""
        return not self.versions or version in self.versions


@dataclass(frozen=True, slots=True)
class Statute:
    """A law, regulation, rule or judicial interpretation.

    Attributes:
        id: Its id in citations.
        title: Its name.
        issuer: Who made it.
        kind: What it is.
        versions: Its versions in time, earliest first, windows disjoint.
        articles: What the pack may cite. One number may stand more than once, for disjoint versions: renumbering
            moves content.
        superseded_by: Id of the statute that took its place.

    Raises:
        ValueError: Versions overlap, share an id or are none; a window is empty; a version reaches only facts of its own
            time, which it governs anyway; an article names a version that is not there, or two articles claim one number
            in one version.
    """

    id: str
    title: Texts
    issuer: Texts
    kind: Kind
    versions: tuple[StatuteVersion, ...]
    articles: tuple[Article, ...] = ()
    superseded_by: str | None = None
    _by_number: Mapping[str, tuple[Article, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "versions", tuple(sorted(self.versions, key=lambda version: version.from_)))
        self._check_versions()
        names = {version.id for version in self.versions}
        by_number: dict[str, list[Article]] = {}
        for article in self.articles:
            if stray := set(article.versions) - names:
                raise ValueError(
                    f"{self.id}/{article.number} names versions that are not there: {', '.join(sorted(stray))}"
                )
            for other in by_number.setdefault(article.number, []):
                if any(article.stands_in(name) and other.stands_in(name) for name in names):
                    raise ValueError(f"{self.id}/{article.number} stands twice in one version")
            by_number[article.number].append(article)
        # A plain dictionary, never handed out: a mapping proxy would not travel to another process.
        object.__setattr__(self, "_by_number", {number: tuple(found) for number, found in by_number.items()})

    def _check_versions(self) -> None:
        if not self.versions:
            raise ValueError(f"{self.id} has no version")
        if len({version.id for version in self.versions}) < len(self.versions):
            raise ValueError(f"{self.id} has two versions of one id")
        for version in self.versions:
            if version.until is not None and version.until <= version.from_:
                raise ValueError(f"{self.id}@{version.id} ends before it begins")
            since = None if version.reaches_pending is None else version.reaches_pending.facts_since
            if since is not None and since >= version.from_:
                raise ValueError(f"{self.id}@{version.id} reaches no facts before it came into force")
        for earlier, later in zip(self.versions, self.versions[1:], strict=False):
            if earlier.until is None or earlier.until > later.from_:
                raise ValueError(f"{self.id}@{earlier.id} overlaps {self.id}@{later.id}")

    @property
    def newest(self) -> StatuteVersion:
        """The version that begins last."""
        return self.versions[-1]

    def version(self, name: str) -> StatuteVersion:
        """The version of an id.

        Raises:
            UnknownStatute: There is none.
        """
        for version in self.versions:
            if version.id == name:
                return version
        known = [version.id for version in self.versions]
        raise UnknownStatute(f"{self.id} has no version {name!r}", _close(name, known) or known)

    def version_on(self, on: dt.date, deciding: dt.date | None = None) -> StatuteVersion:
        """The version in force on a day, or a later one that reaches its pending cases.

        Args:
            on: The governing day.
            deciding: The day the case is looked at; None asks for nothing but the law of ``on``.

        Raises:
            NotInForce: None is, as far as the register knows.
        """
        for version in reversed(self.versions):
            if version.in_force(on) or (deciding is not None and version.reaches(on, deciding)):
                return version
        raise NotInForce(f"{self.id} is not in force on {on}", [self.superseded_by] if self.superseded_by else ())

    def article(self, number: str, version: str) -> Article:
        """The article of a number in a version.

        Raises:
            UnknownArticle: The register has none; the error names other articles of that version, or other versions
                that have one.
        """
        same = self._by_number.get(number, ())
        for article in same:
            if article.stands_in(version):
                return article
        if same:
            others = [f"{self.id}@{v.id}/{number}" for v in self.versions if any(a.stands_in(v.id) for a in same)]
            raise UnknownArticle(f"the register has no {self.id}/{number} for version {version}", others)
        known = [a.number for a in self.articles if a.stands_in(version)]
        near = [f"{self.id}/{name}" for name in _nearest_numbers(number, known)]
        raise UnknownArticle(f"the register has no {self.id}/{number}", near)


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """A figure in one window of time.

    Attributes:
        from_: First day it holds.
        until: First day it no longer holds; None: still holds.
        value: The figure; fen for money.
        basis: The article it stands in; None for a pack's own policy.
    """

    from_: dt.date
    until: dt.date | None
    value: int
    basis: str | None = None

    def in_force(self, on: dt.date) -> bool:
        """Whether this figure holds on a day."""
        return self.from_ <= on and (self.until is None or on < self.until)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A dated figure.

    Attributes:
        name: Its name in ``param.NAME``.
        type: ``integer``, or ``money`` in fen.
        values: Its values in time, earliest first. A value without ``until`` holds until the next begins.
        label: What it is.
        punitive: No settlement may use it: it belongs to compensation that only people may weigh.
        policy: The pack's own figure, not law.
        note: What a reader must know of it.

    Raises:
        ValueError: Values overlap or are none; a figure of law lacks its article, or one of policy has one.
    """

    name: str
    type: ParameterType
    values: tuple[ParameterValue, ...]
    label: Texts
    punitive: bool = False
    policy: bool = False
    note: Texts | None = None

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError(f"parameter {self.name} has no value")
        ordered = sorted(self.values, key=lambda value: value.from_)
        closed: list[ParameterValue] = []
        for value, after in zip(ordered, [*ordered[1:], None], strict=True):
            until = value.until if value.until is not None or after is None else after.from_
            if until is not None and (until <= value.from_ or (after is not None and until > after.from_)):
                raise ValueError(f"parameter {self.name}: the value from {value.from_} overlaps another or never holds")
            if (value.basis is None) != self.policy:
                raise ValueError(f"parameter {self.name}: a figure of law names its article, one of policy names none")
            closed.append(ParameterValue(value.from_, until, value.value, value.basis))
        object.__setattr__(self, "values", tuple(closed))

    def on(self, on: dt.date) -> ParameterValue:
        """The value that holds on a day.

        Raises:
            NotInForce: None does.
        """
        for value in self.values:
            if value.in_force(on):
                return value
        raise NotInForce(f"parameter {self.name} has no value on {on}")


@dataclass(frozen=True, slots=True)
class Resolved:
    """A citation resolved on a day: the statute, its version and the article."""

    citation: Citation
    statute: Statute
    version: StatuteVersion
    article: Article
    reach: PendingReach | None = None
    """Set where the version was not in force on the governing day and reaches the case as one not finally judged."""

    @property
    def verified(self) -> bool:
        """Whether the version's text was checked. If not, no settlement may rest on the article."""
        return self.version.verified is not None


@dataclass(frozen=True, slots=True)
class Change:
    """A version that came into force."""

    statute: Statute
    version: StatuteVersion


@dataclass(frozen=True, slots=True)
class Register:
    """Statutes and dated parameters by their names."""

    statutes: Mapping[str, Statute]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "statutes", MappingProxyType(dict(self.statutes)))
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))

    def __reduce__(self) -> tuple[type[Register], tuple[dict[str, Statute], dict[str, Parameter]]]:
        # A mapping proxy does not pickle; batches send packs to other processes.
        return Register, (dict(self.statutes), dict(self.parameters))

    def statute(self, name: str) -> Statute:
        """The statute of an id.

        Raises:
            UnknownStatute: There is none; the error names those that resemble it.
        """
        try:
            return self.statutes[name]
        except KeyError:
            raise UnknownStatute(f"the register has no statute {name!r}", _close(name, self.statutes)) from None

    def parse_citation(self, source: str) -> Citation:
        """Read ``statute/article`` or ``statute@version/article`` and see that it exists in some version.

        Raises:
            BadCitation: It has another form.
            UnknownStatute: There is no such statute or version.
            UnknownArticle: The register has no such article, or the pinned version has not.
        """
        citation = parse_citation(source)
        statute = self.statute(citation.statute)
        if citation.version is not None:
            statute.article(citation.article, statute.version(citation.version).id)
        elif all(article.number != citation.article for article in statute.articles):
            statute.article(citation.article, statute.newest.id)
        return citation

    def resolve(self, citation: Citation | str, on: dt.date, deciding: dt.date | None = None) -> Resolved:
        """The article that a citation means on a day.

        Args:
            citation: What is cited. A pinned version must itself be in force on the day, or reach its pending cases.
            on: The governing day.
            deciding: The day the case is looked at; None asks for nothing but the law of ``on``.

        Raises:
            BadCitation: A string of another form.
            UnknownStatute: There is no such statute or version.
            NotInForce: The statute, or the pinned version, is not in force on that day.
            UnknownArticle: The version in force has no such article in the register.
        """
        cited = parse_citation(citation) if isinstance(citation, str) else citation
        statute = self.statute(cited.statute)
        version = statute.version_on(on, deciding) if cited.version is None else statute.version(cited.version)
        now = version.in_force(on)
        if not now and (deciding is None or not version.reaches(on, deciding)):
            raise NotInForce(f"{statute.id}@{version.id} is not in force on {on}")
        article = statute.article(cited.article, version.id)
        return Resolved(cited, statute, version, article, None if now else version.reaches_pending)

    def parameter(self, name: str, on: dt.date) -> ParameterValue:
        """The value of a parameter on a day.

        Raises:
            UnknownParameter: There is no such parameter.
            NotInForce: It has no value on that day.
        """
        try:
            parameter = self.parameters[name]
        except KeyError:
            raise UnknownParameter(f"the register has no parameter {name!r}", _close(name, self.parameters)) from None
        return parameter.on(on)

    def newest_version_from(self, citation: Citation | str) -> dt.date:
        """The day from which the cited statute's newest version is in force.

        A rule reviewed before it has not been held against the law as it stands. The article itself need not have
        changed: the register does not know what a version changed, and asks for another look.

        Raises:
            BadCitation: A string of another form.
            UnknownStatute: There is no such statute.
        """
        cited = parse_citation(citation) if isinstance(citation, str) else citation
        return self.statute(cited.statute).newest.from_

    def superseded(self, citation: Citation | str) -> str | None:
        """Id of the statute that took the cited one's place, or None.

        Raises:
            BadCitation: A string of another form.
            UnknownStatute: There is no such statute.
        """
        cited = parse_citation(citation) if isinstance(citation, str) else citation
        return self.statute(cited.statute).superseded_by

    def turning_days(self, statutes: Iterable[str] | None = None) -> list[dt.date]:
        """The days on which what citations mean may change: between two of them it is the same on every day.

        Args:
            statutes: Ids of the statutes to look at; None: all.
        """
        found: set[dt.date] = set()
        for name in self.statutes if statutes is None else statutes:
            for version in self.statutes[name].versions:
                reach = version.reaches_pending
                days = (version.from_, version.until, None if reach is None else reach.facts_since)
                found.update(day for day in days if day is not None)
        return sorted(found)

    def changes_since(self, day: dt.date, until: dt.date | None = None) -> tuple[Change, ...]:
        """Versions that came into force after a day, in order of time, then of statute.

        Args:
            day: Versions in force from this day itself are not changes since it.
            until: The last day that counts; None: every later one, those still to come included.
        """
        found = [
            Change(statute, version)
            for statute in self.statutes.values()
            for version in statute.versions
            if day < version.from_ and (until is None or version.from_ <= until)
        ]
        return tuple(sorted(found, key=lambda change: (change.version.from_, change.statute.id)))

    def articles(self) -> Iterator[tuple[Statute, Article]]:
        """Every article of the register, in order of statute."""
        for _, statute in sorted(self.statutes.items()):
            for article in statute.articles:
                yield statute, article


@lru_cache(maxsize=4096)  # a function of its words alone; bounded, as authors' words are not
def parse_citation(source: str) -> Citation:
    """Read ``statute/article`` or ``statute@version/article`` without looking anything up.

    Raises:
        BadCitation: It has another form.
    """
    match = _CITATION.fullmatch(source)
    if match is None:
        raise BadCitation(
            f"{source!r} is no citation: write statute/article, such as cpl/25, or statute@version/article"
        )
    return Citation(match["statute"], match["article"], match["version"])


def _close(name: str, known: Iterable[str]) -> list[str]:
    return ranked(name, known)[:3]


def _nearest_numbers(number: str, known: Iterable[str]) -> list[str]:
    def distance(other: str) -> tuple[int, int]:
        return abs(int(other.partition("-")[0]) - int(number.partition("-")[0])), int(other.partition("-")[0])

    return sorted(known, key=distance)[:3]
