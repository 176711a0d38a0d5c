"""A power cut on order: tests that prove no submission is lost or doubled end the process here."""

import itertools
import os

_committed = itertools.count(1)


def submission_committed() -> None:
    """Ends the process after the n-th commit and before its answer, when a test asked for that."""
    if os.environ.get("HANDBOOK_TEST") != "1":
        return
    wanted = os.environ.get("HANDBOOK_TEST_EXIT_AFTER_COMMIT")
    if wanted and next(_committed) == int(wanted):
        os._exit(9)
