"""Errors a person can meet. Each says in Vietnamese what happened and what to do next; the rest are bugs."""

from enum import StrEnum


class Fault(StrEnum):
    """Who has to act before the thing can succeed."""

    PERSON = "person"  # the one at the screen: a wrong password, a missing answer
    COMPUTER = "computer"  # this PC: disk, clock, keyring, another running program
    NETWORK = "network"  # the line or the server's reachability
    SERVER = "server"  # the server answered, but wrongly
    CONTENT = "content"  # published material that cannot be trusted or read


class Expected(Exception):
    """A failure that was foreseen. `message` says what happened, `advice` what to do next (may be empty)."""

    fault = Fault.PERSON
    code = "expected"

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()


class BadInput(Expected):
    """What was typed or given cannot be used as it is."""

    code = "bad-input"


class SignInFailed(Expected):
    """A password, code or token was not accepted. Never retried without the person."""

    code = "sign-in-failed"


class NotAllowed(Expected):
    """The account has no duty that permits the action."""

    code = "not-allowed"


class NotFound(Expected):
    """The thing asked for does not exist, or not any more."""

    code = "not-found"


class Recalled(NotFound):
    """The document was published and has been recalled since. `replaced_by` is the id of another, or ''."""

    code = "recalled"

    def __init__(self, message: str, advice: str, replaced_by: str) -> None:
        super().__init__(message, advice)
        self.replaced_by = replaced_by


class Conflict(Expected):
    """The server holds another text under the same identity; both texts are kept."""

    code = "conflict"


class Offline(Expected):
    """No answer from the server. Work goes on; what is owed is sent later."""

    fault = Fault.NETWORK
    code = "offline"


class Unreachable(Offline):
    """No connection came about: certainly nothing has left this PC."""


class ProxyProblem(Offline):
    """The proxy that the line goes through lets nobody pass: it is not there, or it wants a password."""

    code = "proxy"


class ServerBroken(Expected):
    """The server answered, but not as its protocol promises."""

    fault = Fault.SERVER
    code = "server-broken"


class TooBusy(Expected):
    """The server asked to come back later. `retry_after` is in seconds."""

    fault = Fault.SERVER
    code = "too-busy"

    def __init__(self, message: str, advice: str = "", retry_after: float = 0.0) -> None:
        super().__init__(message, advice)
        self.retry_after = retry_after


class Untrusted(Expected):
    """Content or a receipt whose signature, hash or age does not hold. Never retried quietly, never shown."""

    fault = Fault.CONTENT
    code = "untrusted"


class Outdated(Untrusted):
    """Signed well, but older than what this PC has taken in before."""


class Lapsed(Untrusted):
    """Signed well, but for a time that has ended."""


class Altered(Untrusted):
    """Not the bytes that were signed."""


class WrongClock(Expected):
    """This PC's clock is so far off that signatures cannot be judged."""

    fault = Fault.COMPUTER
    code = "wrong-clock"


class ProfileInUse(Expected):
    """Another running program holds the profile."""

    fault = Fault.COMPUTER
    code = "profile-in-use"


class NewerData(Expected):
    """The database was written by a newer version of the program."""

    fault = Fault.COMPUTER
    code = "newer-data"


class Locked(Expected):
    """The encrypted profile needs its passphrase."""

    code = "locked"


class DiskProblem(Expected):
    """The disk is full, read-only or damaged."""

    fault = Fault.COMPUTER
    code = "disk-problem"
